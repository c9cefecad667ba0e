"""The chain on today's clock."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from ingestion.arrivals import judge
from ingestion.events import (
    CUSTOMERS,
    INVENTORY_MOVEMENTS,
    PRODUCTS,
    SALES_DATA,
    STORES,
    TILL_SESSIONS,
    Message,
)
from ingestion.simulator.chain import ChainPlan
from ingestion.simulator.live import LiveChain

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ALL = (SALES_DATA, INVENTORY_MOVEMENTS, TILL_SESSIONS, PRODUCTS, STORES, CUSTOMERS)
START = (NOW - timedelta(days=4)).date()


def sold(chain: LiveChain, batches: int) -> list[Message]:
    """Batches of 100 events, five seconds apart."""
    return [
        each for number in range(batches) for each in chain.batch(100, NOW + timedelta(seconds=5 * number))
    ]


def test_every_topic_is_fed_and_master_data_comes_first() -> None:
    made = sold(LiveChain(ChainPlan(START, late=0, broken=0, duplicates=0), ALL, NOW), 40)
    topics = [message.topic for message in made]
    assert set(topics) == set(ALL)
    assert topics.index(STORES) < topics.index(SALES_DATA)
    assert len({message.event_id for message in made}) == len(made)
    for message in made:
        if message.topic in {SALES_DATA, INVENTORY_MOVEMENTS}:
            assert judge(message.topic, message.value)[1] is None, message.value
        assert dict(message.headers)["source"] == b"simulator:1"


def test_sales_happen_now_unless_they_are_late_and_repeats_and_broken_ones_come_at_their_rates() -> None:
    chain = LiveChain(ChainPlan(START, late=0.1, duplicates=0.1, broken=0.05), ALL, NOW)
    made = sold(chain, 40)
    assert chain.counts["events"] == len(made)
    for kind, share in (("duplicates", 0.09), ("late", 0.07), ("broken", 0.035)):
        assert abs(chain.counts[kind] / len(made) - share) < 0.03
    ages = Counter((NOW - each.occurred_at).days > 0 for each in made if each.topic == SALES_DATA)
    assert ages[True] < ages[False] / 5


def test_what_does_not_exist_as_a_topic_is_not_sent() -> None:
    made = sold(LiveChain(ChainPlan(START), (SALES_DATA,), NOW), 3)
    assert {message.topic for message in made} == {SALES_DATA}


def test_a_till_closes_its_session_and_the_next_one_goes_on_counting() -> None:
    made = sold(LiveChain(ChainPlan(START, late=0, broken=0, duplicates=0), ALL, NOW), 60)
    reports: dict[str, list[dict[str, Any]]] = {}
    for message in made:
        if message.topic == TILL_SESSIONS:
            report = json.loads(message.value or b"")
            reports.setdefault(f"{report['store_id']}{report['register_id']}", []).append(report)
    twice = [each for each in reports.values() if len(each) > 1]
    assert twice
    for first, second, *_ in twice:
        assert second["first_transaction_seq"] == first["last_transaction_seq"] + 1
        assert second["till_session_id"] != first["till_session_id"]
