"""The tables of customers, made anew when sales or consent changed: scores, cohorts and pairs know no part of the whole."""

from __future__ import annotations

import datetime as dt
from contextlib import AbstractContextManager, nullcontext

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.gold.basket_pairs import basket_pairs
from lakehouse.gold.customer_cohorts import customer_cohorts
from lakehouse.gold.customer_receipts import customer_receipts
from lakehouse.gold.customer_rfm import customer_rfm
from lakehouse.settings import Settings
from lakehouse.storage.crash_points import reached
from lakehouse.storage.delta_tables import LakeTable, ensure_tables, lake_table
from lakehouse.storage.lake_reader import lake_reader
from lakehouse.storage.source_versions import newest_versions, note, noted, rows_at

SOLD, KNOWN = "gold.fct_sales_lines", "gold.dim_customer"
SOURCES = (SOLD, KNOWN)
TABLES = ("customer_rfm", "basket_pairs", "customer_cohorts")
"""In the order in which they are written; the last one has a row wherever there is a sale, and carries the note."""

_READ = (
    "event_id",
    "business_date",
    "transaction_type",
    "customer_key",
    "product_id",
    "line_type",
    "quantity",
    "currency",
    "net_amount",
    "is_void",
)


def tables(settings: Settings) -> list[LakeTable]:
    """The tables that the analysis writes."""
    return [lake_table(settings, "gold", name) for name in TABLES]


def analyse_customers(
    spark: SparkSession,
    settings: Settings,
    turn: AbstractContextManager[object] | None = None,
    *,
    is_whole: bool = False,
) -> str:
    """Make the tables anew if their sources have changed (``is_whole``: in any case), and say what was done.

    ``turn``: as of ``refresh_stock``.

    The note comes last, so what a crash left undone is done the next time.
    """
    lake = lake_reader(settings)
    with turn or nullcontext():
        now = newest_versions(lake, SOURCES)
    if len(now) < len(SOURCES):
        return "nothing to do: no sales yet"
    ensure_tables(spark, tables(settings))
    last = None if is_whole else noted(lake, f"gold.{TABLES[-1]}")
    if last and last.versions == now:
        return "nothing has changed"
    lines, customers = (rows_at(spark, settings, name, now[name]) for name in SOURCES)
    lines = lines.select(*_READ).persist()  # three tables read them, two of them twice
    made = made_at_once(lines, customers)
    for name in TABLES:
        table = lake_table(settings, "gold", name)
        rows = made[name].coalesce(1)
        rows.write.format("delta").mode("overwrite").option("userMetadata", note(now)).save(table.path)
        reached(f"after:{table.name}")
    lines.unpersist()
    return "made anew"


def made_at_once(lines: DataFrame, customers: DataFrame) -> dict[str, DataFrame]:
    """The three tables made of all rows of their sources."""
    as_of = lines.agg(F.max("business_date")).collect()[0][0] or dt.date(1970, 1, 1)
    receipts = customer_receipts(lines, customers)
    return {
        "customer_rfm": customer_rfm(receipts, as_of),
        "basket_pairs": basket_pairs(lines, customers, as_of),
        "customer_cohorts": customer_cohorts(receipts),
    }
