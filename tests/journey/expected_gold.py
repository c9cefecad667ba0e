"""Every table of gold beside what it must be, from the tables of expected_events."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import duckdb

from lakehouse.contracts import load_contract
from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import lake_reader
from tests.journey import expected_customers, expected_members, expected_sales, expected_tills
from tests.journey.expected_sales import FCT_SALES_LINES
from tests.journey.expected_stock import expected_stock

Row = dict[str, Any]
LAST_DIGIT = Decimal("0.000001")
SALES_TABLES = (
    "fct_sales_lines", "fct_receipts", "fct_till_sessions", "agg_sales_hourly", "dim_product", "dim_store",
    "dim_customer",
)  # fmt: skip


def pepper(settings: Settings) -> str:
    """What stands before a customer's id when the pseudonym is made."""
    secret = settings.customer_secret.get_secret_value()
    return f"customerpepper{hashlib.sha256(secret.encode()).hexdigest()}"


def comparisons(settings: Settings, *, has_parts: bool = True) -> Iterator[tuple[str, str, str]]:
    """Name, expected query, query over gold; keys and columns that tell of the transport are left out.

    ``has_parts``: the table ``part`` tells which batch brought an event, so restatements are known too.
    """
    transport = "schema_version, produced_at, received_at, batch_id, store_key, customer_key"
    yield (
        "lines",
        expected_sales.FCT_SALES_LINES,
        f"SELECT * EXCLUDE ({transport}, product_key) FROM gold.fct_sales_lines",
    )
    yield "receipts", expected_sales.FCT_RECEIPTS, f"SELECT * EXCLUDE ({transport}) FROM gold.fct_receipts"
    hours = expected_sales.agg_sales_hourly(settings.default_zone)
    yield "hours", hours, "SELECT * FROM gold.agg_sales_hourly"
    yield "products", expected_members.DIM_PRODUCT, "SELECT * EXCLUDE (product_key) FROM gold.dim_product"
    yield "stores", expected_members.DIM_STORE, "SELECT * EXCLUDE (store_key) FROM gold.dim_store"
    yield "customers", expected_members.dim_customer(pepper(settings)), "SELECT * FROM gold.dim_customer"
    yield "versions of lines", expected_members.BOUND_LINES, expected_members.SEEN_BOUND_LINES
    yield "versions of receipts", expected_members.BOUND_RECEIPTS, expected_members.SEEN_BOUND_RECEIPTS
    told = "operator_id, opened_at, closed_at, received_at"
    seen = f"SELECT * EXCLUDE ({told}) FROM gold.fct_till_sessions"
    yield "till sessions", expected_tills.FCT_TILL_SESSIONS, seen
    if not has_parts:
        return
    told = "event_id, caused_by, received_at, checkpoint_id, batch_id"
    yield "restatements", expected_tills.RESTATEMENTS, f"SELECT * EXCLUDE ({told}) FROM gold.restatements"


def stock_and_customers(events: duckdb.DuckDBPyConnection, settings: Settings) -> dict[str, list[Row]]:
    """Rows of the tables of stock and customers by name."""
    stock, receipts = expected_stock(events), expected_customers.receipts_of(events, pepper(settings))
    ((as_of,),) = events.execute(f"SELECT max(business_date) FROM ({FCT_SALES_LINES})").fetchall()
    return {
        "fct_inventory_movements": stock.movements,
        "fct_inventory_daily": stock.days,
        "inventory_now": stock.now,
        "customer_rfm": list(expected_customers.customer_rfm(receipts, as_of)),
        "customer_cohorts": list(expected_customers.customer_cohorts(receipts)),
        "basket_pairs": list(expected_customers.basket_pairs(events, pepper(settings), as_of)),
    }


def rows_that_differ(settings: Settings, name: str, rows: Iterable[Row]) -> list[str]:
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
