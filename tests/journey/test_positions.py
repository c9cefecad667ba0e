"""What a stream says when its position does not fit: expired records, another topic, a lost checkpoint."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from ingestion.kafka_offsets import OffsetsGone, TopicChanged
from ingestion.topics import ensure_topics
from lakehouse.storage.checkpoints import CheckpointError

pytestmark = pytest.mark.stack


def sale(number: int) -> bytes:
    now = datetime.now(UTC).isoformat()
    return json.dumps({"id": number, "product": "P", "quantity": 1, "price": 2, "sales_time": now}).encode()


def produce(lake, numbers, partition: int = 0) -> None:
    producer = Producer({"bootstrap.servers": lake.settings.bootstrap})
    for number in numbers:
        producer.produce(lake.settings.topic("sales_data"), value=sale(number), partition=partition)
    assert producer.flush(30) == 0


def lose_checkpoint(lake) -> None:
    shutil.rmtree(Path(lake.settings.checkpoint_path("medallion").removeprefix("file://")))


@pytest.fixture
def admin(stack_settings) -> AdminClient:
    """Kept for the whole test: its futures end only while it lives."""
    return AdminClient({"bootstrap.servers": stack_settings.bootstrap})


def test_a_stream_whose_records_expired_says_how_many_of_which_partition_are_gone(lake, admin):
    produce(lake, range(3))
    lake.walk()
    produce(lake, range(3, 10))
    topic = lake.settings.topic("sales_data")
    admin.delete_records([TopicPartition(topic, 0, 8)])[TopicPartition(topic, 0, 8)].result(30)
    with pytest.raises(OffsetsGone, match=rf"5 records of {topic}/0 \(offsets 3 to 7\)"):
        lake.walk()
    assert lake.ledger()["received"] == 3


def test_a_checkpoint_of_a_topic_that_was_made_again_says_so(lake, admin):
    produce(lake, range(3))
    lake.walk()
    topic = lake.settings.topic("sales_data")
    admin.delete_topics([topic])[topic].result(30)
    for _ in range(100):
        if topic not in admin.list_topics(timeout=10).topics:
            break
    ensure_topics(lake.settings)
    produce(lake, range(100, 110))
    with pytest.raises(TopicChanged, match=f"topic {topic} was deleted and made again"):
        lake.walk()
    lose_checkpoint(lake)
    lake.walk(start_from="lake")
    assert lake.ledger()["accepted"] == 13


def test_a_lost_checkpoint_is_refused_until_the_lake_is_named_as_the_start(lake):
    produce(lake, range(3))
    lake.walk()
    lose_checkpoint(lake)
    produce(lake, range(3, 5))
    with pytest.raises(CheckpointError, match="holds 3 records, but query medallion has no checkpoint"):
        lake.walk()
    lake.walk(start_from="lake")
    assert lake.ledger() == {
        "received": 5,
        "accepted": 5,
        "duplicate": 0,
        "quarantined": 0,
        "lines": 5,
        "gaps": 0,
    }


def test_aborted_and_committed_transactions_of_a_stranger_leave_counted_gaps_and_no_loss(lake):
    producer = Producer(
        {"bootstrap.servers": lake.settings.bootstrap, "transactional.id": lake.settings.lake_prefix}
    )
    producer.init_transactions(30)
    for numbers, commit in ((range(3), True), (range(50, 54), False), (range(3, 5), True)):
        producer.begin_transaction()
        for number in numbers:
            producer.produce(lake.settings.topic("sales_data"), value=sale(number), partition=1)
        producer.flush(30)
        producer.commit_transaction(30) if commit else producer.abort_transaction(30)
    lake.walk()
    # 4 aborted records and 3 transaction markers carry an offset and no record.
    assert lake.ledger() == {
        "received": 5,
        "accepted": 5,
        "duplicate": 0,
        "quarantined": 0,
        "lines": 5,
        "gaps": 7,
    }
