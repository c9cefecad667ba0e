"""Stock and customers of a simulated chain equal books kept in plain Python over the chain's own event files."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from ingestion.events import TOPICS
from ingestion.replay import send_messages
from ingestion.simulator.chain import ChainPlan
from ingestion.simulator.event_files import write_event_files
from ingestion.simulator.week import chain_week
from lakehouse.storage.customer_tables import analyse_customers
from lakehouse.storage.stock import refresh_stock
from tests.journey.expected_events import expected_events
from tests.journey.expected_gold import rows_that_differ, stock_and_customers

pytestmark = [pytest.mark.stack, pytest.mark.long]


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_a_week_that_comes_late_twice_and_in_parts(lake, tmp_path, seed):
    lake = replace(lake, settings=lake.settings.model_copy(update={"max_days_back": 36_500}))
    week = chain_week(ChainPlan(dt.date(2025, 10, 20), seed=seed, late=0.1, duplicates=0.1))
    messages = [message for message in week.messages if message.topic in TOPICS]
    for part in range(3):
        send_messages(lake.settings, messages[part::3])
        lake.walk()
        refresh_stock(lake.spark, lake.settings)
    analyse_customers(lake.spark, lake.settings)
    write_event_files(week, tmp_path)
    events = expected_events(tmp_path, lake.settings.default_currency, lake.settings.default_zone)
    expected = stock_and_customers(events, lake.settings)
    found = {name: rows_that_differ(lake.settings, name, rows) for name, rows in expected.items()}
    assert not {name: told for name, told in found.items() if told}
    assert any(row["count_variance"] for row in expected["fct_inventory_movements"]), (
        "the run tries what it is for"
    )
