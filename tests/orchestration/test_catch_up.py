"""Gold up to an instant: by the stream that holds the lake, or by whoever asks. Real broker, real lease."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from ingestion.kafka_offsets import topic_positions
from ingestion.kafka_producer import EventSender
from ingestion.topics import ensure_topics
from lakehouse.contracts import contract_names
from lakehouse.settings import Settings
from lakehouse.storage.lease import Lease
from orchestration.catch_up import StreamBehind, UnknownTime, brought_by_stream, instant
from orchestration.stream_watch import StreamSilent, watched


@pytest.fixture
def shop(stack_settings: Settings) -> Settings:
    """Topics with ten records, and little patience."""
    ensure_topics(stack_settings)
    with EventSender(stack_settings) as sender:
        sender.send_pairs("sales_data", [(None, b"{}")] * 10)
    return stack_settings.model_copy(
        update={"catch_up_seconds": 0.0, "stream_lag_seconds": 1.0, "lease_seconds": 2.0}
    )


def ends(settings: Settings) -> dict[tuple[str, int], int]:
    """Where the topics end."""
    topics = [settings.topic(name) for name in contract_names("topics")]
    return dict(topic_positions(settings, topics).nexts)


def wait_for_heartbeat(settings: Settings) -> None:
    time.sleep(settings.lease_seconds / 5 + 0.3)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@pytest.mark.check
@pytest.mark.parametrize("text", ["yesterday", "2026-11-23T10:00:00", "2026-11-23"])
def test_an_instant_without_an_offset_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(
        UnknownTime, match=r"expected an instant with its offset, such as 2026-11-23T10:00:00Z"
    ):
        instant(text)


@pytest.mark.check
def test_an_instant_is_read_in_any_offset() -> None:
    assert instant("2026-11-23T11:00:00+01:00") == dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)


@pytest.mark.stack
def test_where_nobody_writes_the_asker_may_drain(shop: Settings) -> None:
    assert brought_by_stream(shop, now(), print) is False


@pytest.mark.stack
def test_a_stream_that_has_passed_the_instant_leaves_nothing_to_do(shop: Settings) -> None:
    with Lease(shop, "run_medallion") as lease:
        lease.stands_at(ends(shop))
        wait_for_heartbeat(shop)
        assert brought_by_stream(shop, now(), print) is True
        assert watched(shop, now())["records"] == 0


@pytest.mark.stack
def test_records_from_after_the_instant_are_not_waited_for(shop: Settings) -> None:
    before, asked = ends(shop), now()
    time.sleep(0.05)
    with EventSender(shop) as sender:
        sender.send_pairs("sales_data", [(None, b"{}")] * 5)
    with Lease(shop, "run_medallion") as lease:
        lease.stands_at(before)
        wait_for_heartbeat(shop)
        assert brought_by_stream(shop, asked, print) is True
        with pytest.raises(StreamBehind, match=r"\d records of .*still wait"):
            brought_by_stream(shop, now(), print)


@pytest.mark.stack
def test_a_stream_that_does_not_arrive_is_named_with_its_lag(shop: Settings) -> None:
    with Lease(shop, "run_medallion") as lease:
        lease.stands_at(dict.fromkeys(ends(shop), 0))
        wait_for_heartbeat(shop)
        with pytest.raises(
            StreamBehind, match=r"run_medallion .* holds the lake.*records of .*sales_data/\d"
        ):
            brought_by_stream(shop, now(), print)
        time.sleep(1.0)
        with pytest.raises(
            StreamBehind, match=r"s behind, expected at most 1 s \(RETAIL_STREAM_LAG_SECONDS\)"
        ):
            watched(shop, now())


@pytest.mark.stack
def test_the_watchdog_names_who_holds_the_lake_in_place_of_a_stream(shop: Settings) -> None:
    with pytest.raises(StreamSilent, match="nobody holds it"):
        watched(shop, now())
    with Lease(shop, "refine_silver"), pytest.raises(StreamSilent, match="refine_silver"):
        watched(shop, now())
