"""Where topics stand, and whether a stream's position still fits them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from confluent_kafka import Consumer, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient

from ingestion.broker import require_broker
from ingestion.kafka_clients import client_config
from lakehouse.settings import Settings

Partition = tuple[str, int]
_TIMEOUT = 20.0


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
    """Ask the broker where the topics stand; they must exist."""
    require_broker(settings.bootstrap)
    names = list(topics)
    admin = AdminClient(client_config(settings))
    described = admin.describe_topics(TopicCollection(names), request_timeout=_TIMEOUT)
    ids, firsts, nexts = {}, {}, {}
    consumer = Consumer(
        client_config(settings) | {"group.id": "retail-positions", "enable.auto.commit": False}
    )
    try:
        for name, future in described.items():
            description = future.result()
            ids[name] = str(description.topic_id)
            for info in description.partitions:
                key = (name, info.id)
                firsts[key], nexts[key] = consumer.get_watermark_offsets(
                    TopicPartition(*key), timeout=_TIMEOUT
                )
    finally:
        consumer.close()
    return TopicPositions(ids, firsts, nexts)


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
        told = [f"topic {name} was deleted and made again (another topic id)" for name in changed] + shorter
        told += [f"partition {name} is gone" for name in absent]
        raise TopicChanged(
            f"the checkpoint does not fit its topic: {'; '.join(told)}. Expected the topic that the checkpoint was "
            "made for. Bring that topic back, or move the checkpoint away and run `retail process --start-from lake`, "
            "which keeps what the tables hold and reads the new topic from its beginning"
        )
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
