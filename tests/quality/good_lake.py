"""A small lake without a fault, as rows made from the contracts: two receipts of one store on two days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from lakehouse.contracts import Column, Contract, all_contracts, load_contract
from lakehouse.schema.spark_ddl import columns_ddl
from quality.quality_results import Verdict

Row = dict[str, Any]
Lake = dict[str, list[Row]]
Judged = Callable[..., Verdict]
"""The fixture that asks the rules of a table (TableRules) over a lake of rows or frames, in a scope."""
JUDGED = ("bronze", "silver", "gold", "ops")
NOW = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)
AT = dt.datetime(2026, 11, 24, 11, 55, tzinfo=dt.UTC)
DAYS = (dt.date(2026, 11, 23), dt.date(2026, 11, 24))
ORDINARY: Mapping[str, Any] = {
    "STRING": "x",
    "BINARY": b"x",
    "INT": 1,
    "BIGINT": 1,
    "BOOLEAN": False,
    "DATE": DAYS[0],
    "TIMESTAMP": AT,
    "ARRAY": [],
    "DECIMAL": Decimal(0),
}
# Topics of one record each, which gold does not count.
OTHERS = ("inventory_movements", "till_sessions", "products", "stores", "customers")
VERSION: Mapping[str, Any] = {"valid_from": AT, "is_current": True}
SPECIAL: Mapping[str, Any] = {"currency": "GBP", "schema_version": 2, "zone": "Europe/London"}


def judged_contracts() -> dict[str, Contract]:
    """The contract of every table that the checker looks at, by ``layer.table``."""
    return {f"{each.layer}.{each.name}": each for each in all_contracts() if each.layer in JUDGED}


def row(table: str, **values: Any) -> Row:
    """A row that keeps the row rules of its columns: ordinary where a value must stand, null elsewhere."""
    layer, _, name = table.partition(".")
    shape = load_contract(layer, name).table
    return {
        each.name: values.get(each.name, _ordinary(each) if each.required else None) for each in shape.columns
    }


def frame(spark: SparkSession, table: str, rows: list[Row]) -> DataFrame:
    """The rows as their contract types them; nulls are let through, for it is rules that must find them."""
    layer, _, name = table.partition(".")
    columns = load_contract(layer, name).table.columns
    values = [tuple(each[column.name] for column in columns) for each in rows]
    return spark.createDataFrame(values, columns_ddl(columns))


def line(line_seq: int = 1, **values: Any) -> Row:
    """A line of a receipt: 2 at 5."""
    return {
        "line_seq": line_seq,
        "line_type": "ITEM",
        "product_id": "A",
        "description": None,
        "quantity": Decimal(2),
        "uom": "EA",
        "regular_unit_price": None,
        "unit_price": Decimal(5),
        "discount": Decimal(0),
        "tax": Decimal(1),
        "net_amount": Decimal(10),
        "is_void": False,
        "return_reason": None,
    } | values


def totals(net: int = 10, tax: int = 1) -> Row:
    """Totals without discount."""
    parts = {"gross": net, "discount": 0, "net": net, "tax": tax, "total": net + tax}
    return {name: Decimal(value) for name, value in parts.items()}


def good_lake() -> Lake:
    """Rows of every table; all rules hold."""
    lake: Lake = {name: [] for name in judged_contracts()}
    for number, day in enumerate(DAYS):
        _sell(lake, number, day)
    lake["bronze.sales_data"].append(row("bronze.sales_data", topic="sales_data", offset=2))
    lake["gold.dim_store"] = [row("gold.dim_store", store_id="s1", store_key=1, **VERSION)]
    lake["gold.dim_product"] = [row("gold.dim_product", product_id="A", product_key=1, **VERSION)]
    lake["gold.dim_customer"] = [row("gold.dim_customer", customer_key="a" * 64)]
    for topic in OTHERS:
        event = {"event_id": "m1", "offset": 0, "schema_version": 1, "movement_type": "COUNT", "topic": topic}
        lake[f"bronze.{topic}"] = [row(f"bronze.{topic}", **event)]
        lake[f"silver.{topic}"] = [row(f"silver.{topic}", **event)]
    lake["silver.customers"][0]["has_consent"] = True
    lake["silver.till_sessions"][0]["totals"] = totals(0, 0)
    refused = {
        "quarantine_id": "sales_data-1-2",
        "rule_ids": ["price_digits"],
        "reasons": ["price_digits: …"],
    }
    lake["silver.quarantine"] = [row("silver.quarantine", topic="sales_data", offset=2, **refused)]
    _stock(lake)
    lake["ops.ledger"] = _ledger()
    lake["ops.freshness"] = [row("ops.freshness", layer="gold")]
    lake["ops.gates"] = [row("ops.gates", is_open=True)]
    lake["ops.quality_results"] = [row("ops.quality_results", failed_count=0)]
    for name, rows in lake.items():
        if not rows:
            rows.append(row(name))
    return lake


def _sell(lake: Lake, number: int, day: dt.date) -> None:
    """One receipt of a day: its record, its row of silver, and what gold makes of it."""
    at = AT - dt.timedelta(days=len(DAYS) - 1 - number)
    sale = {
        "event_id": f"e{number}",
        "business_date": day,
        "occurred_at": at,
        "offset": number,
        "store_id": "s1",
        "register_id": "r1",
        "customer_key": "a" * 64,
        "transaction_type": "SALE",
    }
    amounts = {"net": Decimal(10), "tax": Decimal(1), "total": Decimal(11), "units": Decimal(2)}
    hour = {"hour_start_at": at.replace(minute=0), "local_hour": 11, "net_amount": Decimal(10)}
    made: dict[str, Row] = {
        "bronze.sales_data": {"topic": "sales_data", "offset": number},
        "silver.receipts": sale | {"topic": "sales_data", "totals": totals(), "lines": [line()]},
        "gold.fct_receipts": sale | amounts,
        "gold.fct_sales_lines": sale | line(),
        "gold.agg_sales_hourly": sale | amounts | hour,
        "gold.dim_date": {"business_date": day},
    }
    for table, values in made.items():
        lake[table].append(row(table, **values))


def _stock(lake: Lake) -> None:
    """Two units sold on each of the two days of what nobody counted, and what is known of the customer."""
    for number, day in enumerate(DAYS):
        of_day = {"store_id": "s1", "product_id": "A", "business_date": day, "first_moved_date": DAYS[0]}
        moved = {"source_event_id": f"e{number}", "movement_type": "SALE", "quantity": Decimal(-2),
                 "on_hand": Decimal(-2 - 2 * number), "currency": "GBP", "net_amount": Decimal(10)}  # fmt: skip
        stock = {"opening": Decimal(-2 * number), "sold": Decimal(2), "closing": Decimal(-2 - 2 * number),
                 "is_negative": True}  # fmt: skip
        lake["gold.fct_inventory_movements"].append(row("gold.fct_inventory_movements", **of_day, **moved))
        lake["gold.fct_inventory_daily"].append(row("gold.fct_inventory_daily", **of_day, **stock))
    now = {"store_id": "s1", "product_id": "A", "on_hand": Decimal(-4), "is_negative": True}
    lake["gold.inventory_now"] = [row("gold.inventory_now", **now)]
    bought = {"customer_key": "a" * 64, "currency": "GBP", "first_purchase_date": DAYS[0], "last_purchase_date": DAYS[1],
              "as_of_date": DAYS[1], "recency_days": 0, "receipt_count": 2, "is_repeat": True}  # fmt: skip
    lake["gold.customer_rfm"] = [row("gold.customer_rfm", **bought)]
    lake["gold.customer_cohorts"] = [row("gold.customer_cohorts", month_number=0)]
    counts = dict.fromkeys(
        ("basket_count", "product_basket_count", "paired_basket_count", "total_basket_count"), 2
    )
    lake["gold.basket_pairs"] = [row("gold.basket_pairs", product_id="A", paired_product_id="B", **counts)]


def _ledger() -> list[Row]:
    """Three records of sales, one of them refused, and one of each other topic."""
    none = dict.fromkeys(("first_offset", "duplicate", "gaps", "with_warnings", "with_unknown_fields"), 0)
    sales = {"last_offset": 2, "received": 3, "accepted": 2, "quarantined": 1, "lines": 2}
    return [
        row("ops.ledger", **none, topic="sales_data", **sales),
        *(row("ops.ledger", **none, topic=topic, last_offset=0, quarantined=0) for topic in OTHERS),
    ]


def _ordinary(column: Column) -> Any:
    if column.rules:
        return column.rules[0].valid_values[0]
    if column.name in SPECIAL and column.physical_type in ("STRING", "INT"):
        return SPECIAL[column.name]
    return ORDINARY[column.physical_type.partition("(")[0]]
