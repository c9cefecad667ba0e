"""A topic that was deleted, or made again, is another one, however many records it holds by then."""

from __future__ import annotations

import time

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from ingestion.kafka_clients import client_config
from ingestion.kafka_offsets import TopicChanged, check_topics, topic_positions
from ingestion.topics import ensure_topics
from lakehouse.settings import Settings

pytestmark = pytest.mark.stack


def produce(settings: Settings, topic: str, count: int) -> None:
    producer = Producer(client_config(settings))
    for number in range(count):
        producer.produce(topic, value=str(number).encode(), partition=0)
    assert producer.flush(30) == 0


def test_a_topic_made_again_is_told_even_where_it_has_outgrown_the_old_one(stack_settings: Settings) -> None:
    topic = stack_settings.topic("stores")
    ensure_topics(stack_settings, ("stores",))
    produce(stack_settings, topic, 3)
    ids = topic_positions(stack_settings, [topic]).topic_ids
    admin = AdminClient(client_config(stack_settings))
    check_topics(admin, ids)
    admin.delete_topics([topic])[topic].result(30)
    deadline = time.monotonic() + 30
    while topic in admin.list_topics(timeout=10).topics:
        assert time.monotonic() < deadline, "the topic does not go"
    for asked in (lambda: check_topics(admin, ids), lambda: topic_positions(stack_settings, [topic])):
        with pytest.raises(TopicChanged, match=f"topic {topic} is gone from the broker"):
            asked()
    ensure_topics(stack_settings, ("stores",))
    produce(stack_settings, topic, 5)
    with pytest.raises(TopicChanged, match=f"topic {topic} was deleted and made again"):
        check_topics(admin, ids)
