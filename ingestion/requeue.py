"""A refused record on its way back to its topic: as an ordinary new record that says which one it replays.

One road, one writer: the stream judges it like any other, and nothing is written to a table from here.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka import Message as Received

from ingestion.broker import BrokerUnreachable
from ingestion.events import Message
from ingestion.kafka_clients import client_config
from ingestion.kafka_offsets import Partition, topic_positions
from ingestion.kafka_producer import EventSender, Progress
from ingestion.merge_patch import patched
from lakehouse.contracts import contract_names
from lakehouse.rules.replayed import FIRST_RECEIVED_AT, HEADERS, PATCH_SHA256, REPLAY_OF, UNCHANGED
from lakehouse.settings import Settings
from lakehouse.storage.replays import Place, Replay, replay_of_headers

_POLL_SECONDS = 1.0
_SILENT_POLLS = 20


@dataclass(frozen=True)
class RefusedRecord:
    """A record as it stands in quarantine; ``topic`` is the contract's name, ``received_at`` in UTC."""

    quarantine_id: str
    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    received_at: dt.datetime


@dataclass(frozen=True)
class Correction:
    """How a value is changed: by a JSON Merge Patch (RFC 7396), or by a whole new value."""

    kind: Literal["patch", "replace"]
    content: bytes

    @property
    def sha256(self) -> str:
        """sha2-256 of the content, in hex."""
        return hashlib.sha256(self.content).hexdigest()


def requeued(record: RefusedRecord, correction: Correction | None) -> Message:
    """The message that replays the record; without a correction byte for byte.

    Key and headers stay; the headers of lakehouse.rules.replayed are set. A replay that is replayed again hands
    on when its first ancestor was received. Raises NotPatchable.
    """
    given = dict(record.headers)
    first = record.received_at.astimezone(dt.UTC).isoformat().encode()
    if REPLAY_OF in given:
        first = given.get(FIRST_RECEIVED_AT) or first
    kept = tuple((name, value) for name, value in record.headers if name not in HEADERS)
    own = (
        (REPLAY_OF, record.quarantine_id.encode()),
        (PATCH_SHA256, (correction.sha256 if correction else UNCHANGED).encode()),
        (FIRST_RECEIVED_AT, first),
    )
    return Message(
        topic=record.topic,
        key=record.key,
        value=_value(record, correction),
        headers=kept + own,
        event_id=record.quarantine_id,
        occurred_at=record.received_at,
    )


def send_again(settings: Settings, messages: Iterable[Message], progress: Progress | None = None) -> int:
    """Send the messages in their order; returns how many the broker has acknowledged.

    Raises BrokerUnreachable or DeliveryError; what was sent by then is found by ``replays_on_their_way``.
    """
    with EventSender(settings, progress) as sender:
        for message in messages:
            sender.send(message)
    return sum(sender.delivered.values())


def replays_on_their_way(settings: Settings, judged: Mapping[Partition, int]) -> list[Replay]:
    """Replays in Kafka that no batch has taken yet; ``judged``: offset after the last one taken, by partition.

    Raises BrokerUnreachable.
    """
    wire = [settings.topic(name) for name in contract_names("topics")]
    try:
        now = topic_positions(settings, wire)
        spans = {key: (max(judged.get(key, 0), now.firsts[key]), end) for key, end in now.nexts.items()}
        waiting = {key: span for key, span in spans.items() if span[0] < span[1]}
        return list(_replays(settings, waiting)) if waiting else []
    except KafkaException as error:
        raise BrokerUnreachable(settings.bootstrap, f"it does not tell its records: {error}") from error


def _value(record: RefusedRecord, correction: Correction | None) -> bytes | None:
    if correction is None:
        return record.value
    return correction.content if correction.kind == "replace" else patched(record.value, correction.content)


def _replays(settings: Settings, spans: Mapping[Partition, tuple[int, int]]) -> Iterator[Replay]:
    for message in records_of(settings, spans):
        # The client's types know headers as a list of pairs or as what a producer may give it.
        headers: list[Any] = list(message.headers() or ())
        pairs = [(str(name), value) for name, value in headers]
        replay = replay_of_headers(pairs, _place(message))
        if replay is not None:
            yield replay


def records_of(
    settings: Settings, spans: Mapping[Partition, tuple[int, int]], *, is_committed: bool = True
) -> Iterator[Received]:
    """Records of the spans [first, end) of each partition; committed ones only, as the stream reads them, or all."""
    consumer = Consumer(
        client_config(settings)
        | {
            "group.id": "retail-replays",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed" if is_committed else "read_uncommitted",
        }
    )
    try:
        consumer.assign([TopicPartition(*key, first) for key, (first, _) in spans.items()])
        unread, silent = set(spans), 0
        while unread and silent < _SILENT_POLLS:
            message = consumer.poll(_POLL_SECONDS)
            silent = 0 if message is not None else silent + 1
            if message is None:
                continue
            topic, partition, offset = _place(message)
            key, error = (topic, partition), message.error()
            if error is not None and error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 - public, named so by librdkafka
                raise KafkaException(error)
            if error is not None or offset >= spans[key][1] - 1:
                unread.discard(key)
            if error is None and offset < spans[key][1]:
                yield message
    finally:
        consumer.close()
    if unread:
        raise BrokerUnreachable(settings.bootstrap, f"it stopped telling the records of {sorted(unread)}")


def _place(message: Received) -> Place:
    """Where a received message, or the end of a partition, stands; the client's types leave room for unsent ones."""
    return message.topic() or "", message.partition() or 0, message.offset() or 0
