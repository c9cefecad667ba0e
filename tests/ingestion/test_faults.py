"""Seeded damage, lateness and repetition: of every kind, at their rates, and known record by record."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.arrivals import judge
from ingestion.corruption import CORRUPTIONS
from ingestion.events import INVENTORY_MOVEMENTS, SALES_DATA, Message
from ingestion.faults import FaultPlan, inject
from ingestion.kafka_producer import MAX_MESSAGE_BYTES
from ingestion.replay import event_message
from ingestion.shop import Shop, ShopPlan
from ingestion.uci_online_retail import uci_events
from tests.ingestion.uci_samples import uci_row

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def sales(count: int) -> list[Message]:
    """One plain line an hour."""
    shop = Shop(ShopPlan(shape="v1"), NOON)
    values = [value for _, value in shop.batch(count, NOON)]
    return [
        Message(SALES_DATA, b"k", value, (), str(n), NOON + timedelta(hours=n))
        for n, value in enumerate(values)
    ]


def sound_values() -> dict[str, bytes]:
    """One sound value of each shape, by contract shape."""
    shop = Shop(ShopPlan(shape="v1"), NOON)
    receipt = shop.receipt(NOON, NOON)
    rows = [uci_row(2), uci_row(3, invoice="536367", quantity=-uci_row().quantity)]
    replayed = [event_message(event, "a.csv", NOON).value or b"" for event in uci_events(rows)]
    plain = shop.batch(1, NOON)[0][1] or b""
    assert receipt["schema_version"] == 2
    return {"sale_line_v1": plain, "receipt_v2": replayed[0], "inventory_movement_v1": replayed[1]}


@settings(max_examples=25, deadline=None)
@given(count=st.integers(0, 300), seed=st.integers(0, 99), shuffle=st.booleans())
def test_a_bad_day_loses_nothing_but_what_its_record_names(count: int, seed: int, shuffle: bool) -> None:
    messages = sales(count)
    plan = FaultPlan(seed=seed, redeliver=0.05, late=0.02, corrupt=0.1, shuffle=shuffle)
    stream, record = inject(messages, plan)
    arrived = Counter(message.event_id for message in stream)
    assert arrived == Counter([str(n) for n in range(count)]) + Counter(record.redelivered)
    sound = {message.event_id for message in stream if message in messages}
    assert sound == {str(n) for n in range(count)} - set(record.corrupted)
    assert not record.corrupted.keys() & {*record.redelivered, *record.late}
    assert inject(messages, plan) == (stream, record)


def test_a_late_sale_arrives_after_the_sales_of_three_more_days() -> None:
    stream, record = inject(sales(1_000), FaultPlan(seed=3, late=0.02))
    places = {message.event_id: place for place, message in enumerate(stream)}
    assert len(record.late) == 20
    on_time = [n for n in range(1_000) if str(n) not in record.late]
    for late in map(int, record.late):
        assert all(places[str(n)] < places[str(late)] for n in on_time if n <= late + 72)


def test_every_kind_of_damage_occurs_and_a_damaged_message_keeps_its_key() -> None:
    value = sound_values()["receipt_v2"]
    messages = [Message(SALES_DATA, b"k%d" % n, value, (), str(n), NOON) for n in range(100)]
    stream, record = inject(messages, FaultPlan(corrupt=0.5))
    assert set(record.corrupted.values()) == set(CORRUPTIONS)
    assert [message.key for message in stream] == [message.key for message in messages]


@pytest.mark.parametrize("kind", CORRUPTIONS)
@pytest.mark.parametrize("shape", ["sale_line_v1", "receipt_v2", "inventory_movement_v1"])
def test_each_damage_is_one_that_the_contract_forbids_and_the_broker_takes(kind: str, shape: str) -> None:
    value = sound_values()[shape]
    topic = INVENTORY_MOVEMENTS if shape == "inventory_movement_v1" else SALES_DATA
    assert judge(topic, value) == (shape, None)
    for seed in range(10):
        broken = CORRUPTIONS[kind](Random(seed), value)
        assert judge(topic, broken)[1] is not None
        assert len(broken or b"") < MAX_MESSAGE_BYTES


def test_shares_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="shares lie between 0 and 1"):
        FaultPlan(corrupt=0.7, redeliver=0.5)


def test_a_receipt_without_lines_can_be_damaged_too() -> None:
    void = {"event_id": "v", "occurred_at": "2026-11-23T12:00:00+00:00", "totals": {"net": "0"}, "lines": []}
    value = json.dumps(void, separators=(",", ":")).encode()
    assert all(damage(Random(1), value) != value for damage in CORRUPTIONS.values())
