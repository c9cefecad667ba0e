"""Stock and customers of a simulated chain equal books kept in plain Python over the chain's own event files."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ingestion.events import TOPICS
from ingestion.replay import send_messages
from ingestion.simulator.chain import ChainPlan
from ingestion.simulator.event_files import write_event_files
from ingestion.simulator.week import chain_week
from lakehouse.contracts import load_contract
from lakehouse.storage.customer_tables import analyse_customers
from lakehouse.storage.lake_reader import lake_reader
from lakehouse.storage.stock import refresh_stock
from tests.journey import expected_customers
from tests.journey.expected_events import expected_events
from tests.journey.expected_sales import FCT_SALES_LINES
from tests.journey.expected_stock import expected_stock

pytestmark = [pytest.mark.stack, pytest.mark.long]
Row = dict[str, Any]
LAST_DIGIT = Decimal("0.000001")


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
    secret = lake.settings.customer_secret.get_secret_value()
    pepper = f"customerpepper{hashlib.sha256(secret.encode()).hexdigest()}"
    stock, receipts = expected_stock(events), expected_customers.receipts_of(events, pepper)
    ((as_of,),) = events.execute(f"SELECT max(business_date) FROM ({FCT_SALES_LINES})").fetchall()
    expected = {
        "fct_inventory_movements": stock.movements,
        "fct_inventory_daily": stock.days,
        "inventory_now": stock.now,
        "customer_rfm": expected_customers.customer_rfm(receipts, as_of),
        "customer_cohorts": expected_customers.customer_cohorts(receipts),
        "basket_pairs": expected_customers.basket_pairs(events, pepper, as_of),
    }
    found = {name: differences(lake.settings, name, rows) for name, rows in expected.items()}
    assert not {name: told for name, told in found.items() if told}
    assert any(row["count_variance"] for row in stock.movements), "the run tries what it is for"


def differences(settings: Any, name: str, rows: Iterable[Row]) -> list[str]:
    """Rows of the table that are not the expected ones, a few of them, by their keys."""
    shape = load_contract("gold", name).table
    columns = [column for column in shape.column_names if column != "received_at"]
    seen = lake_reader(settings).rows("gold", name, columns)
    assert seen is not None
    held = keyed(seen.to_pylist(), shape.primary_key)
    wanted = keyed(rows, shape.primary_key)
    told = [f"{key}: {'too much' if key in held else 'missing'}" for key in held.keys() ^ wanted.keys()]
    for key in held.keys() & wanted.keys():
        off = [column for column in columns if not same(held[key][column], wanted[key].get(column))]
        told += [
            f"{key}: {column} is {held[key][column]}, expected {wanted[key].get(column)}" for column in off
        ]
    return sorted(told)[:8] + ([f"{len(told)} in all"] if told else [])


def keyed(rows: Iterable[Row], key: tuple[str, ...]) -> dict[tuple[Any, ...], Row]:
    return {tuple(row[name] for name in key): row for row in rows}


def same(seen: Any, expected: Any) -> bool:
    """Equal; a quotient to its last digit, an instant whatever its zone."""
    if isinstance(seen, dt.datetime) and isinstance(expected, dt.datetime):
        return seen.replace(tzinfo=None) == expected.replace(tzinfo=None)
    if isinstance(seen, Decimal) and isinstance(expected, Decimal):
        return abs(seen - expected) <= LAST_DIGIT
    return bool(seen == expected)
