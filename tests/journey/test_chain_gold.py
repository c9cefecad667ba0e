"""Gold of a simulated chain equals an independent computation over the chain's own event files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from ingestion.events import TOPICS
from ingestion.replay import send_messages
from ingestion.simulator.chain import ChainPlan
from ingestion.simulator.event_files import write_event_files
from ingestion.simulator.week import Week, chain_week
from tests.journey import expected_sales
from tests.journey.expected_events import expected_events
from tests.journey.gold_tables import differences, take_gold

pytestmark = [pytest.mark.stack, pytest.mark.long]

DST_WEEKEND = ChainPlan(date(2025, 10, 25), seed=7, days=2, receipts_per_day=8, late=0.1, duplicates=0.1)
"""Its night is the one in which clocks go back; one till is offline on its first day."""
TABLES = ("fct_sales_lines", "fct_receipts", "agg_sales_hourly")


def walked(lake, week: Week, parts: int) -> None:
    """Send the week in as many parts, and bring each to gold before the next is sent."""
    messages = [message for message in week.messages if message.topic in TOPICS]
    size = -(-len(messages) // parts)
    for part in range(parts):
        send_messages(lake.settings, messages[part * size : (part + 1) * size])
        lake.walk()


def compared(lake, week: Week, folder: Path) -> duckdb.DuckDBPyConnection:
    write_event_files(week, folder)
    connection = expected_events(folder, lake.settings.default_currency, lake.settings.default_zone)
    take_gold(connection, lake.settings, TABLES)
    return connection


@pytest.fixture
def old_lake(lake):
    """A lake that takes sales of any year."""
    return replace(lake, settings=lake.settings.model_copy(update={"max_days_back": 36_500}))


def test_a_weekend_with_late_repeated_broken_and_offline_events(old_lake, tmp_path):
    week = chain_week(DST_WEEKEND)
    walked(old_lake, week, parts=2)
    gold_is_expected(compared(old_lake, week, tmp_path))


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_a_week_of_each_seed(old_lake, tmp_path, seed):
    week = chain_week(ChainPlan(date(2025, 10, 20), seed=seed))
    walked(old_lake, week, parts=3)
    gold_is_expected(compared(old_lake, week, tmp_path))


def gold_is_expected(connection: duckdb.DuckDBPyConnection) -> None:
    found = {name: differences(connection, expected, seen) for name, expected, seen in comparisons()}
    assert not {name: told for name, told in found.items() if told}


def comparisons() -> Iterator[tuple[str, str, str]]:
    """Name, expected query, query over gold; columns that tell of the transport are left out."""
    transport = "schema_version, produced_at, received_at, batch_id"
    for name in ("FCT_SALES_LINES", "FCT_RECEIPTS"):
        seen = f"SELECT * EXCLUDE ({transport}, customer_key) FROM gold.{name.lower()}"
        yield name, getattr(expected_sales, name), seen
    # The local hour is still that of one zone for all stores; where hours begin does not depend on whole-hour zones.
    hours = "SELECT * EXCLUDE (local_hour) FROM gold.agg_sales_hourly"
    yield "AGG_SALES_HOURLY", expected_sales.agg_sales_hourly("UTC"), hours
