"""The tables of the stock, brought up to what movements, sales and products say now.

A refresh looks at the days whose files changed since the versions that the last one noted, and writes the books of
the stores and products of those days again from their first changed day. Only days that then differ are replaced, so
repeating it writes nothing. It may run beside a stream: the sources are read at fixed versions, and nobody else writes
these tables. Days of fct_inventory_daily are written after those of fct_inventory_movements, and the note comes
last with inventory_now: whatever a crash leaves undone is found again by the days that fct_inventory_daily holds.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.contracts import load_contract
from lakehouse.gold.fct_inventory_daily import fct_inventory_daily
from lakehouse.gold.fct_inventory_movements import fct_inventory_movements
from lakehouse.gold.inventory_now import inventory_now
from lakehouse.gold.stock_changes import (
    books_again,
    differing_days,
    repriced,
    since,
    touched_books,
    untouched,
)
from lakehouse.gold.stock_ledger import PAIR, STATE, stock_events, stock_ledger
from lakehouse.schema.spark_ddl import columns_ddl
from lakehouse.settings import Settings
from lakehouse.storage.batches import date_in
from lakehouse.storage.concurrently import concurrently
from lakehouse.storage.crash_points import reached
from lakehouse.storage.delta_tables import LakeTable, ensure_tables, lake_table, rows_of
from lakehouse.storage.lake_reader import LakeReader, lake_reader
from lakehouse.storage.source_versions import Noted, newest_versions, note, noted, rows_at
from lakehouse.storage.versions import Versions, changed_dates

MOVED, SOLD, PRICED = "silver.inventory_movements", "gold.fct_sales_lines", "gold.dim_product"
SOURCES = (MOVED, SOLD, PRICED)
_BOOKS = ("fct_inventory_movements", "fct_inventory_daily")
TABLES = (*_BOOKS, "inventory_now")


@dataclass(frozen=True)
class _Sources:
    """Rows of the sources at the versions of this refresh."""

    movements: DataFrame
    lines: DataFrame
    products: DataFrame

    def of_days(self, dates: set[dt.date]) -> tuple[DataFrame, DataFrame]:
        """Movements and lines of these days."""
        return self.movements.where(_on(dates)), self.lines.where(_on(dates))


def tables(settings: Settings) -> list[LakeTable]:
    """The tables that a refresh writes."""
    return [lake_table(settings, "gold", name) for name in TABLES]


def refresh_stock(
    spark: SparkSession,
    settings: Settings,
    turn: AbstractContextManager[object] | None = None,
    *,
    is_whole: bool = False,
) -> str:
    """Bring the tables up to date and say what was done. ``is_whole``: make all of them anew, whatever has changed.

    ``turn``: held while versions are read, so that they fit together (``Lease.turn``); None when nobody writes.
    """
    lake = lake_reader(settings)
    with turn or nullcontext():
        now = newest_versions(lake, SOURCES)
    if len(now) < len(SOURCES):
        return "nothing to do: no sales yet"
    ensure_tables(spark, tables(settings))
    last = None if is_whole else noted(lake, "gold.inventory_now")
    if last and last.versions == now:
        return "nothing has changed"
    sources = _Sources(*(rows_at(spark, settings, name, now[name]) for name in SOURCES))
    before = last.versions if last and _can_look_back(last, settings) else {}
    dates = _touched_dates(lake, before, now)
    if dates is None:
        written = _write_all(spark, settings, sources)
    else:
        prices = _repriced_days(spark, settings, sources, before, now)
        held = newest_versions(lake, [f"gold.{name}" for name in _BOOKS])
        books = {name: rows_at(spark, settings, f"gold.{name}", held[f"gold.{name}"]) for name in _BOOKS}
        written = _write_touched(
            settings,
            sources,
            books,
            touched_books(*sources.of_days(dates), books["fct_inventory_daily"].where(_on(dates)), *prices),
        )
    _write_now(spark, settings, sources, now)
    looked = "all days" if dates is None else f"{len(dates)} changed days"
    return f"{looked} looked at, {written} written"


def made_at_once(movements: DataFrame, lines: DataFrame, products: DataFrame) -> dict[str, DataFrame]:
    """The three tables made of all rows of their sources, for whoever compares."""
    ledger = stock_ledger(stock_events(movements, lines, products), _no_books(movements.sparkSession))
    made = _made(ledger)
    as_of = _newest_day(movements, lines)
    return {**made, "inventory_now": inventory_now(made["fct_inventory_daily"], products, as_of)}


def _can_look_back(last: Noted, settings: Settings) -> bool:
    """Whether VACUUM has left what stood in the tables then."""
    return dt.datetime.now(dt.UTC) - last.at < dt.timedelta(hours=settings.retention_hours)


def _on(dates: set[dt.date]) -> str:
    return date_in(sorted(dates)) if dates else "false"


def _touched_dates(lake: LakeReader, before: Versions, now: Versions) -> set[dt.date] | None:
    """Days whose movements or sales changed; None when that cannot be told."""
    found = [changed_dates(lake, name, before.get(name), now[name]) for name in (MOVED, SOLD)]
    told = [dates for dates in found if dates is not None]
    return set().union(*told) if len(told) == len(found) else None


def _repriced_days(
    spark: SparkSession, settings: Settings, sources: _Sources, before: Versions, now: Versions
) -> list[DataFrame]:
    """Sale lines of products whose cost changed: one frame, or none."""
    if before[PRICED] == now[PRICED]:
        return []
    keys = repriced(rows_at(spark, settings, PRICED, before[PRICED]), sources.products)
    return [] if keys.isEmpty() else [sources.lines.join(F.broadcast(keys), "product_key", "left_semi")]


def _write_all(spark: SparkSession, settings: Settings, sources: _Sources) -> str:
    """Write the two tables of the books whole; side by side, since most of the time goes into files of single days."""
    events = stock_events(sources.movements, sources.lines, sources.products)
    ledger = stock_ledger(events, _no_books(spark)).persist()

    def write(name: str, rows: DataFrame) -> None:
        days = rows.repartition("business_date")
        days.write.format("delta").mode("overwrite").save(lake_table(settings, "gold", name).path)

    concurrently(partial(write, name, rows) for name, rows in _made(ledger).items())
    ledger.unpersist()
    return "all"


def _write_touched(
    settings: Settings, sources: _Sources, held: Mapping[str, DataFrame], touched: DataFrame
) -> str:
    """Write the touched books again and replace the days that differ from what is held."""
    touched.persist()
    first = touched.agg(F.min("since_date")).collect()[0][0]
    if first is None:
        return "none"
    later = F.col("business_date") >= first
    read = (sources.movements.where(later), sources.lines.where(later), sources.products)
    ledger = books_again(read, held["fct_inventory_daily"], touched).persist()
    replaced = set[dt.date]()
    for name, again in _made(ledger).items():
        old = held[name].where(later)
        days = {row[0] for row in differing_days(since(old, touched), again).collect()}
        if days:
            kept = untouched(old.where(_on(days)), touched)
            rows = kept.unionByName(again.where(_on(days)))
            _replace_days(rows, lake_table(settings, "gold", name), sorted(days))
        replaced |= days
    ledger.unpersist()
    touched.unpersist()
    return f"{len(replaced)} days"


def _made(ledger: DataFrame) -> Mapping[str, DataFrame]:
    """The two tables of the books, in the order in which they are written."""
    return {
        "fct_inventory_movements": fct_inventory_movements(ledger),
        "fct_inventory_daily": fct_inventory_daily(ledger),
    }


def _replace_days(rows: DataFrame, table: LakeTable, days: list[dt.date]) -> None:
    laid = rows.repartition("business_date") if len(days) > 1 else rows.coalesce(1)
    writer = laid.write.format("delta").mode("overwrite").option("replaceWhere", date_in(days))
    writer.save(table.path)
    reached(f"after:{table.name}")


def _write_now(spark: SparkSession, settings: Settings, sources: _Sources, versions: Versions) -> None:
    """Write gold.inventory_now whole, with the versions that all three tables are made from."""
    days = rows_of(spark, lake_table(settings, "gold", "fct_inventory_daily"))
    as_of = _newest_day(sources.movements, sources.lines)
    table = lake_table(settings, "gold", "inventory_now")
    rows = inventory_now(days, sources.products, as_of).coalesce(1)
    rows.write.format("delta").mode("overwrite").option("userMetadata", note(versions)).save(table.path)
    reached(f"after:{table.name}")


def _newest_day(*sources: DataFrame) -> dt.date:
    """The newest business day of the lake; the first of 1970 where there is none."""
    newest = [rows.agg(F.max("business_date")).collect()[0][0] for rows in sources]
    return max((day for day in newest if day is not None), default=dt.date(1970, 1, 1))


def _no_books(spark: SparkSession) -> DataFrame:
    """What books hold before anything is known."""
    columns = load_contract("gold", "fct_inventory_daily").table
    return spark.createDataFrame([], columns_ddl([columns.column(name) for name in (*PAIR, *STATE)]))
