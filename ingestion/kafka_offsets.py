"""Where topics stand, and whether a stream's position still fits them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient

from ingestion.broker import require_broker
from ingestion.kafka_clients import client_config
from lakehouse.settings import Settings

Partition = tuple[str, int]
_TIMEOUT = 20.0
_AS_SPARK_WAITS = 120.0  # for a record; a broker that stands still for less ends no stream
_REMEDY = (
    "Expected the topic that the checkpoint was made for. Bring that topic back, or move the checkpoint away and run "
    "`retail process --start-from lake`, which keeps what the tables hold and reads the new topic from its beginning"
)


class OffsetsGone(RuntimeError):
    """Records that were never read have left the topic; the message says how many of which partition."""


class TopicChanged(RuntimeError):
    """A checkpoint was made for another topic than the one that bears its name now."""


@dataclass(frozen=True)
class TopicPositions:
    """Broker-given topic ids, and first and next offset of each partition."""

    topic_ids: Mapping[str, str]
    firsts: Mapping[Partition, int]
    nexts: Mapping[Partition, int]


def topic_positions(settings: Settings, topics: Iterable[str]) -> TopicPositions:
    """Ask the broker where the topics stand; they must exist. Raises BrokerUnreachable or TopicChanged."""
    require_broker(settings.bootstrap)
    admin = AdminClient(client_config(settings))
    described = admin.describe_topics(TopicCollection(list(topics)), request_timeout=_TIMEOUT)
    ids, firsts, nexts = {}, {}, {}
    consumer = Consumer(
        client_config(settings) | {"group.id": "retail-positions", "enable.auto.commit": False}
    )
    try:
        for name, future in described.items():
            description = _description(name, future)
            ids[name] = str(description.topic_id)
            for info in description.partitions:
                key = (name, info.id)
                firsts[key], nexts[key] = consumer.get_watermark_offsets(
                    TopicPartition(*key), timeout=_TIMEOUT
                )
    finally:
        consumer.close()
    return TopicPositions(ids, firsts, nexts)


def check_topics(admin: AdminClient, topic_ids: Mapping[str, str]) -> None:
    """Raise TopicChanged unless each topic still has its id.

    Offsets alone do not tell: a topic that was made again may hold more records than the old one by the next batch, whose
    first records would be passed over.
    """
    described = admin.describe_topics(TopicCollection(list(topic_ids)), request_timeout=_AS_SPARK_WAITS)
    seen = {name: str(_description(name, future).topic_id) for name, future in described.items()}
    if changed := [name for name, topic_id in topic_ids.items() if seen[name] != topic_id]:
        raise TopicChanged(f"the checkpoint does not fit its topic: {_made_again(changed)}. {_REMEDY}")


def _description(name: str, future: Future[Any]) -> Any:
    """What the broker says of the topic. Raises TopicChanged where there is none."""
    try:
        return future.result()
    except KafkaException as error:
        if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
            raise
        raise TopicChanged(f"topic {name} is gone from the broker. {_REMEDY}") from error


def _made_again(names: Iterable[str]) -> str:
    return "; ".join(f"topic {name} was deleted and made again (another topic id)" for name in names)


def offsets_at(settings: Settings, partitions: Iterable[Partition], millis: int) -> dict[Partition, int]:
    """For each partition the offset after its last record from before the instant (milliseconds since 1970).

    By the broker's own clock where topics are stamped on arrival, as ours are: no later record can be older.
    """
    require_broker(settings.bootstrap)
    consumer = Consumer(
        client_config(settings) | {"group.id": "retail-positions", "enable.auto.commit": False}
    )
    try:
        asked = [TopicPartition(topic, number, millis) for topic, number in partitions]
        found = consumer.offsets_for_times(asked, timeout=_TIMEOUT) if asked else []
        return {
            (each.topic, each.partition): each.offset
            if each.offset >= 0
            else consumer.get_watermark_offsets(TopicPartition(each.topic, each.partition), timeout=_TIMEOUT)[
                1
            ]
            for each in found
        }
    finally:
        consumer.close()


def check_position(
    expected: Mapping[Partition, int], topic_ids: Mapping[str, str], now: TopicPositions
) -> None:
    """Raise unless every offset from ``expected`` (the next one to be read) on can still be read."""
    changed = [name for name, topic_id in topic_ids.items() if now.topic_ids.get(name, topic_id) != topic_id]
    shorter = [
        f"{topic}/{partition} ends at offset {now.nexts[topic, partition]}, the checkpoint stands at {offset}"
        for (topic, partition), offset in sorted(expected.items())
        if (topic, partition) in now.nexts and offset > now.nexts[topic, partition]
    ]
    absent = [
        f"{topic}/{partition}" for topic, partition in sorted(expected) if (topic, partition) not in now.nexts
    ]
    if changed or shorter or absent:
        told = [_made_again(changed)] if changed else []
        told += shorter + [f"partition {name} is gone" for name in absent]
        raise TopicChanged(f"the checkpoint does not fit its topic: {'; '.join(told)}. {_REMEDY}")
    gone = [
        f"{now.firsts[key] - offset} records of {key[0]}/{key[1]} (offsets {offset} to {now.firsts[key] - 1})"
        for key, offset in sorted(expected.items())
        if offset < now.firsts[key]
    ]
    if gone:
        raise OffsetsGone(
            f"records have expired before they were read: {'; '.join(gone)}. They are in no table. Send them again "
            "from their source (a record that did arrive is then a counted duplicate) and lengthen the topic's "
            "retention; to go on without them, move the checkpoint away and run `retail process --start-from lake`"
        )


def appended_at(settings: Settings, partition: Partition, offset: int) -> int | None:
    """When the broker appended the record at this offset, in milliseconds; None when it holds none there."""
    topic, number = partition
    consumer = Consumer(
        client_config(settings)
        | {
            "group.id": "retail-positions",
            "enable.auto.commit": False,
            "auto.offset.reset": "latest",
        }
    )
    try:
        consumer.assign([TopicPartition(topic, number, offset)])
        message = consumer.poll(_TIMEOUT / 4)
        if message is None or message.error() or message.offset() != offset:
            return None
        return int(message.timestamp()[1])
    finally:
        consumer.close()
