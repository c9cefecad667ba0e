"""A producer partitions as every other client does, and nothing is lost in silence."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest
from kafka import KafkaProducer  # type: ignore[import-untyped]

from ingestion.broker import BrokerUnreachable
from ingestion.events import SALES_DATA, Message
from ingestion.kafka_producer import MAX_MESSAGE_BYTES, DeliveryError, EventSender
from ingestion.sales_consumer import Reading, read_records
from ingestion.topics import ensure_topics
from lakehouse.settings import Settings

pytestmark = pytest.mark.stack


def message(key: bytes, value: bytes | None) -> Message:
    return Message(SALES_DATA, key, value, (), "", datetime(2026, 11, 23, tzinfo=UTC))


def test_both_clients_put_a_key_on_the_same_partition(stack_settings: Settings) -> None:
    ensure_topics(stack_settings)
    keys = [f"S{n:02d}|R{n % 3}".encode() for n in range(30)] + [b"536365", "Köln|1".encode()]
    with EventSender(stack_settings) as sender:
        for key in keys:
            sender.send(message(key, b"confluent"))
    other = KafkaProducer(bootstrap_servers=stack_settings.bootstrap, max_request_size=MAX_MESSAGE_BYTES)
    for key in keys:
        other.send(stack_settings.topic(SALES_DATA), key=key, value=b"kafka-python")
    other.close()
    placed: dict[bytes | None, set[int]] = {}
    for record in read_records(stack_settings, SALES_DATA, Reading(limit=2 * len(keys))):
        placed.setdefault(record.key, set()).add(record.partition)
    assert len(placed) == len(keys)
    assert all(len(partitions) == 1 for partitions in placed.values())
    assert len(set.union(*placed.values())) == 3


def test_a_value_that_is_too_large_is_named_with_size_and_limit_and_the_others_arrive(
    stack_settings: Settings,
) -> None:
    ensure_topics(stack_settings)
    client_limit, broker_limit = os.urandom(MAX_MESSAGE_BYTES + 1), os.urandom(MAX_MESSAGE_BYTES - 20)
    fits = os.urandom(MAX_MESSAGE_BYTES - 10_000)
    sender = EventSender(stack_settings)
    for number, value in enumerate([b"first", client_limit, broker_limit, fits, None, b"", b"last"]):
        sender.send(message(b"%d" % number, value))
    with pytest.raises(
        DeliveryError, match=r"2 messages .* 5 were: .*8,388,609 bytes: larger than the limit of 8,388,608"
    ) as refused:
        sender.flush()
    assert {failure.value_bytes for failure in refused.value.failures} == {
        len(client_limit),
        len(broker_limit),
    }
    assert sender.delivered == {SALES_DATA: 5}
    arrived = list(read_records(stack_settings, SALES_DATA, Reading(limit=5)))
    assert {record.value for record in arrived} == {b"first", fits, None, b"", b"last"}


def test_a_broker_that_never_acknowledges_is_an_error_and_not_a_loss_in_silence(
    stack_settings: Settings,
) -> None:
    ensure_topics(stack_settings)
    sender = EventSender(stack_settings)
    sender.send(message(b"k", b"v"))
    with pytest.raises(BrokerUnreachable, match="1 messages stayed without acknowledgement"):
        sender.flush(timeout_seconds=-1)  # the least that librdkafka needs is longer than the time given
    sender.flush()
    assert sender.delivered == {SALES_DATA: 1}
