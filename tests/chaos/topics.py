"""What the broker holds, read by a consumer of the tests' own."""

from __future__ import annotations

from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaError, TopicPartition

from lakehouse.settings import Settings

_QUIET_SECONDS = 30.0


@dataclass(frozen=True)
class Record:
    """One record on the broker; ``topic`` without the prefix of the run."""

    topic: str
    partition: int
    offset: int
    value: bytes | None


def read_topics(settings: Settings) -> list[Record]:
    """All records of all topics of the run, from the first to the last there is now."""
    consumer = Consumer(
        {"bootstrap.servers": settings.bootstrap, "group.id": "chaos", "enable.auto.commit": False,
         "enable.partition.eof": True, "fetch.message.max.bytes": 16 * 1024 * 1024}
    )  # fmt: skip
    try:
        topics = {
            name: topic
            for name, topic in consumer.list_topics(timeout=20).topics.items()
            if name.startswith(settings.topic_prefix)
        }
        waiting = {(name, number) for name, topic in topics.items() for number in topic.partitions}
        consumer.assign([TopicPartition(name, number, 0) for name, number in waiting])
        records: list[Record] = []
        while waiting:
            message = consumer.poll(_QUIET_SECONDS)
            assert message is not None, f"the broker is silent on {waiting}"
            place = (str(message.topic()), int(message.partition() or 0))
            if error := message.error():
                assert error.code() == KafkaError._PARTITION_EOF, error
                waiting.discard(place)
                continue
            topic = place[0].removeprefix(settings.topic_prefix)
            records.append(Record(topic, place[1], int(message.offset() or 0), message.value()))
        return records
    finally:
        consumer.close()
