"""The audit: gold as it grew, batch by batch, equals gold made at once from silver.

Facts and hours are compared month by month with what silver's receipts make; the tables of stock and customers with
what their sources made at the versions that they note. A difference names table and days. Nothing is written.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from functools import partial

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.gold.stock_changes import differing_days
from lakehouse.settings import Settings
from lakehouse.storage import customer_tables, stock
from lakehouse.storage.delta_tables import lake_table, rows_of
from lakehouse.storage.lake_reader import lake_reader
from lakehouse.storage.rebuild import made_again
from lakehouse.storage.requests import Steps
from lakehouse.storage.source_versions import noted, rows_at

FACTS = ("fct_sales_lines", "fct_receipts", "agg_sales_hourly")
_SHOWN = 5


class GoldDiffers(RuntimeError):
    """Gold is not what its sources make; the message names table, days and remedy."""


def audit_steps(spark: SparkSession, settings: Settings) -> Steps:
    """One step for each month of sales, one for the stock, one for the customers. Each raises GoldDiffers."""
    found = {month: partial(_audit_month, spark, settings, month) for month in _months(spark, settings)}
    return {
        **found,
        "stock": partial(_audit_stock, spark, settings),
        "customers": partial(_audit_customers, spark, settings),
    }


def _months(spark: SparkSession, settings: Settings) -> list[str]:
    """Months of silver's receipts and of gold's facts, ``YYYY-MM``."""
    months = F.date_format("business_date", "yyyy-MM")
    tables = (lake_table(settings, "silver", "receipts"), lake_table(settings, "gold", "fct_receipts"))
    known = [table for table in tables if DeltaTable.isDeltaTable(spark, table.path)]
    return sorted(
        {row[0] for table in known for row in rows_of(spark, table).select(months).distinct().collect()}
    )


def _audit_month(spark: SparkSession, settings: Settings, month: str) -> str:
    first = dt.date.fromisoformat(f"{month}-01")
    last = (first + dt.timedelta(31)).replace(day=1) - dt.timedelta(1)
    where = f"business_date BETWEEN DATE'{first}' AND DATE'{last}'"
    for name, again in made_again(spark, settings, where).items():
        held = rows_of(spark, lake_table(settings, "gold", name)).where(where)
        _same_days(f"gold.{name}", held, again, "rebuild these days (DAG retail_backfill)")
    return f"{len(FACTS)} tables are what silver makes of them"


def _audit_stock(spark: SparkSession, settings: Settings) -> str:
    return _audit_derived(spark, settings, stock.TABLES, stock.SOURCES, stock.made_at_once)


def _audit_customers(spark: SparkSession, settings: Settings) -> str:
    return _audit_derived(
        spark, settings, customer_tables.TABLES, customer_tables.SOURCES, customer_tables.made_at_once
    )


def _audit_derived(
    spark: SparkSession,
    settings: Settings,
    names: tuple[str, ...],
    sources: tuple[str, ...],
    made: Callable[..., Mapping[str, DataFrame]],
) -> str:
    """Compare tables with what their sources make at the versions that the last of them notes."""
    last = noted(lake_reader(settings), f"gold.{names[-1]}")
    if last is None:
        return "never made: nothing to compare"
    again = made(*(rows_at(spark, settings, name, last.versions[name]) for name in sources))
    for name in names:
        held = rows_of(spark, lake_table(settings, "gold", name))
        if "business_date" in held.columns:
            _same_days(f"gold.{name}", held, again[name], _REMEDY)
        else:
            _same_rows(f"gold.{name}", held, again[name])
    return f"{len(names)} tables are what their sources make"


_REMEDY = "make them anew whole (refresh_stock.py or analyse_customers.py --whole)"


def _same_days(name: str, held: DataFrame, again: DataFrame, remedy: str) -> None:
    days = sorted(str(row[0]) for row in differing_days(held.select(*again.columns), again).collect())
    if days:
        more = f" and {len(days) - _SHOWN} more" if len(days) > _SHOWN else ""
        raise GoldDiffers(
            f"{name} is not what its sources make on {', '.join(days[:_SHOWN])}{more}: {remedy}, then audit again; "
            "until then do not trust these days"
        )


def _same_rows(name: str, held: DataFrame, again: DataFrame) -> None:
    rows = held.select(*again.columns)
    counts = rows.exceptAll(again).count(), again.exceptAll(rows).count()
    if any(counts):
        raise GoldDiffers(
            f"{name} holds {counts[0]} rows too many and lacks {counts[1]}: {_REMEDY}, then audit again"
        )
