"""A refused record goes back to its topic as it was, or corrected, and says where it comes from."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest

from ingestion.events import Message
from ingestion.kafka_producer import EventSender
from ingestion.requeue import Correction, RefusedRecord, replays_on_their_way, requeued, send_again
from ingestion.topics import ensure_topics
from lakehouse.settings import Settings

AT = dt.datetime(2026, 11, 23, 10, 0, tzinfo=dt.UTC)
RECORD = RefusedRecord(
    "sales_data-1-7",
    "sales_data",
    b"S1|R1",
    b'{"id":1,"price":NaN}',
    (("source", b"file:a.csv"), ("x", None)),
    AT,
)


def headers(message: Message) -> dict[str, bytes | None]:
    return dict(message.headers)


@pytest.mark.check
def test_without_a_correction_value_key_and_headers_are_the_same_bytes() -> None:
    message = requeued(RECORD, None)
    assert (message.topic, message.key, message.value) == ("sales_data", RECORD.key, RECORD.value)
    assert headers(message) == {
        "source": b"file:a.csv",
        "x": None,
        "replay_of": b"sales_data-1-7",
        "patch_sha256": b"none",
        "first_received_at": b"2026-11-23T10:00:00+00:00",
    }


@pytest.mark.check
def test_a_correction_is_known_by_the_hash_of_its_file() -> None:
    fixed = b'{"id":1,"price":1}'
    message = requeued(RECORD, Correction("replace", fixed))
    assert message.value == fixed
    assert headers(message)["patch_sha256"] == hashlib.sha256(fixed).hexdigest().encode()


@pytest.mark.check
def test_a_replay_replayed_again_hands_on_its_first_arrival_and_names_its_own_parent() -> None:
    first = requeued(RECORD, None)
    later = RefusedRecord(
        "sales_data-1-9", "sales_data", first.key, first.value, first.headers, AT + dt.timedelta(days=500)
    )
    again = requeued(later, None)
    names = [name for name, _ in again.headers]
    assert len(names) == len(set(names))
    assert headers(again)["replay_of"] == b"sales_data-1-9"
    assert headers(again)["first_received_at"] == b"2026-11-23T10:00:00+00:00"


@pytest.mark.check
def test_a_first_arrival_that_no_replay_set_is_not_believed() -> None:
    forged = RefusedRecord(
        "s-0-1", "sales_data", None, b"x", (("first_received_at", b"1990-01-01T00:00:00Z"),), AT
    )
    assert headers(requeued(forged, None))["first_received_at"] == b"2026-11-23T10:00:00+00:00"


@pytest.mark.stack
def test_replays_that_no_batch_has_taken_are_found_in_kafka_and_only_they(stack_settings: Settings) -> None:
    ensure_topics(stack_settings)
    with EventSender(stack_settings) as sender:
        sender.send_pairs("sales_data", [(b"S1|R1", b"plain")])
    assert replays_on_their_way(stack_settings, {}) == []
    assert send_again(stack_settings, [requeued(RECORD, None)]) == 1
    (found,) = replays_on_their_way(stack_settings, {})
    topic, partition, offset = found.place
    assert (found.replay_of, topic, offset) == (RECORD.quarantine_id, stack_settings.topic("sales_data"), 1)
    assert replays_on_their_way(stack_settings, {(topic, partition): offset + 1}) == []
