"""Post-voids: what a query knows of them, and how it brings them into gold."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import partial

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.gold.restatements import of_voids
from lakehouse.gold.voided import COUNTED_TYPES, marked
from lakehouse.settings import Settings
from lakehouse.silver.post_voids import post_voids
from lakehouse.storage.batches import Batch, date_in
from lakehouse.storage.corrections import Correction
from lakehouse.storage.crash_points import reached
from lakehouse.storage.delta_tables import LakeTable, is_empty, lake_table, rows_of, set_true
from lakehouse.storage.few_rows import few_rows, rows_of_days

_NAMED = ("store_id", "original_transaction_id")


@dataclass
class KnownVoids:
    """Receipts that were voided, by store and number: those of silver.post_voids at the start, and all since.

    A few per thousand receipts, so they are held in the driver.
    """

    _named: set[tuple[str, str]] | None = None
    _frame: DataFrame | None = None

    def learn(self, spark: SparkSession, table: LakeTable, more: DataFrame | None = None) -> DataFrame | None:
        """All voided receipts known now, _NAMED, with those of ``more`` (rows of silver.post_voids); None if none."""
        if self._named is None:
            self._named = set() if is_empty(table) else _collected(rows_of(spark, table))
        fresh = _collected(more) - self._named if more is not None else set()
        self._named |= fresh
        if self._named and (fresh or self._frame is None):
            columns = ", ".join(f"{name} STRING" for name in _NAMED)
            self._frame = spark.createDataFrame(sorted(self._named), columns)
        return self._frame


def void_correction(receipts: DataFrame, settings: Settings, batch: Batch) -> Correction | None:
    """What the post-voids among the receipts of a batch (rows of silver.receipts) void of what gold holds."""
    spark, told = receipts.sparkSession, post_voids(receipts)
    found = told.toArrow()
    if not found.num_rows:
        return None
    voids, facts = spark.createDataFrame(found, told.schema), lake_table(settings, "gold", "fct_receipts")
    few = _few_originals(found, settings)
    originals = few if few is not None else _originals(voids, found, settings)
    if not originals.num_rows:
        return None
    dates = sorted(set(originals["business_date"].to_pylist()))
    event_ids = originals["event_id"].to_pylist()
    ids = spark.createDataFrame([(event_id,) for event_id in event_ids], "event_id STRING")
    table = lake_table(settings, "gold", "fct_sales_lines")
    lines = rows_of_days(spark, table, dates)
    moved = of_voids(lines.join(F.broadcast(ids), "event_id", "left_semi"), voids)
    # The receipt is marked last: by it a batch that comes again sees whether lines and hours are done.
    return Correction(
        moved,
        partial(_mark, event_ids, dates, table, batch),
        frozenset(dates),
        partial(_mark, event_ids, dates, facts, batch),
    )


def _originals(voids: DataFrame, told: pa.Table, settings: Settings) -> pa.Table:
    """event_id and business_date of the receipts that are named by the voids and not marked yet."""
    in_reach = F.col("business_date").between(*_reach(told, settings))
    facts = rows_of(voids.sparkSession, lake_table(settings, "gold", "fct_receipts")).where(in_reach)
    unmarked = marked(facts, voids).where("is_voided AND NOT is_void")
    return unmarked.select("event_id", "business_date").toArrow()


def _few_originals(told: pa.Table, settings: Settings) -> pa.Table | None:
    """The same, of few receipts; None where those that may be named are many.

    Files whose statistics say that they hold no such number are left out, most of them where numbers run on.
    """
    stores, numbers = (told[name].combine_chunks() for name in _NAMED)
    span = pc.min_max(numbers)
    bounds = {"business_date": _reach(told, settings), "transaction_id": (span["min"], span["max"])}
    asked = ("event_id", "business_date", "store_id", "transaction_id", "transaction_type", "is_void")
    found = few_rows(lake_table(settings, "gold", "fct_receipts"), bounds, asked)
    if found is None:
        return None
    is_counted = pc.is_in(found["transaction_type"], pa.array(COUNTED_TYPES))
    unmarked = found.filter(pc.and_(is_counted, pc.invert(found["is_void"])))
    named = set(zip(stores.to_pylist(), numbers.to_pylist(), strict=True))
    each = zip(unmarked["store_id"].to_pylist(), unmarked["transaction_id"].to_pylist(), strict=True)
    return unmarked.filter(pa.array([receipt in named for receipt in each], pa.bool_()))


def _reach(told: pa.Table, settings: Settings) -> tuple[dt.date, dt.date]:
    """Business dates of the receipts that these voids may name."""
    span = pc.min_max(told["business_date"])
    back, ahead = dt.timedelta(settings.max_days_back), dt.timedelta(settings.max_days_ahead)
    return span["min"].as_py() - back, span["max"].as_py() + ahead


def _mark(event_ids: list[str], dates: list[dt.date], table: LakeTable, batch: Batch) -> None:
    where = f"{date_in(dates, 't.business_date')} AND NOT t.is_void"
    set_true(table, "is_void", pa.table({"event_id": event_ids}), where, batch.marker)
    reached(f"after:restated.{table.name}")


def _collected(voids: DataFrame) -> set[tuple[str, str]]:
    return {(row[0], row[1]) for row in voids.select(*_NAMED).collect()}
