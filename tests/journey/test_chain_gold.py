"""Gold of a simulated chain equals an independent computation over the chain's own event files."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]
import pytest

from ingestion.events import TOPICS
from ingestion.replay import send_messages
from ingestion.simulator.chain import ChainPlan
from ingestion.simulator.event_files import write_event_files
from ingestion.simulator.week import Week, chain_week
from tests.journey.expected_events import expected_events
from tests.journey.expected_gold import SALES_TABLES, comparisons
from tests.journey.gold_tables import differences, take_gold

pytestmark = [pytest.mark.stack, pytest.mark.long]

DST_WEEKEND = ChainPlan(date(2025, 10, 25), seed=7, days=2, receipts_per_day=8, late=0.1, duplicates=0.1)
"""Its night is the one in which clocks go back; one till is offline on its first day."""


def walked(lake, week: Week, parts: int) -> dict[str, int]:
    """Send the week in as many parts, and bring each to gold before the next is sent; event -> its first part."""
    messages = [message for message in week.messages if message.topic in TOPICS]
    size = -(-len(messages) // parts)
    found: dict[str, int] = {}
    for part in range(parts):
        some = messages[part * size : (part + 1) * size]
        send_messages(lake.settings, some)
        lake.walk()
        found = {message.event_id: part for message in some} | found
    return found


def compared(lake, week: Week, folder: Path, parts: dict[str, int]) -> duckdb.DuckDBPyConnection:
    write_event_files(week, folder)
    connection = expected_events(folder, lake.settings.default_currency, lake.settings.default_zone)
    connection.register("parts", pa.table({"event_id": list(parts), "part": list(parts.values())}))
    connection.execute("CREATE TABLE part AS SELECT * FROM parts")
    take_gold(connection, lake.settings, SALES_TABLES)
    take_gold(connection, lake.settings, ("restatements",), "ops")
    return connection


@pytest.fixture
def old_lake(lake):
    """A lake that takes sales of any year."""
    return replace(lake, settings=lake.settings.model_copy(update={"max_days_back": 36_500}))


def test_a_weekend_with_late_repeated_broken_and_offline_events(old_lake, tmp_path):
    gold_is_expected(old_lake, chain_week(DST_WEEKEND), tmp_path, parts=2)


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_a_week_of_each_seed(old_lake, tmp_path, seed):
    gold_is_expected(old_lake, chain_week(ChainPlan(date(2025, 10, 20), seed=seed)), tmp_path, parts=3)


def gold_is_expected(lake, week: Week, folder: Path, parts: int) -> None:
    connection = compared(lake, week, folder, walked(lake, week, parts))
    found = {
        name: differences(connection, expected, seen) for name, expected, seen in comparisons(lake.settings)
    }
    assert not {name: told for name, told in found.items() if told}
    assert {"CERTIFIED", "PROVISIONAL"} <= values(connection, "state", "gold.fct_till_sessions")
    reasons = {"LATE_RECEIPT", "PRODUCT_CHANGE"}
    assert reasons <= values(connection, "reason", "gold.restatements"), "the run tries what it is for"


def values(connection: duckdb.DuckDBPyConnection, column: str, table: str) -> set[str]:
    return {row[0] for row in connection.execute(f"SELECT DISTINCT {column} FROM {table}").fetchall()}
