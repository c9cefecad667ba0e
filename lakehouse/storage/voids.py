"""Post-voids: what a query knows of them, and how it brings them into gold."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import partial

import pyarrow as pa  # type: ignore[import-untyped]
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.gold.restatements import of_voids
from lakehouse.gold.voided import marked
from lakehouse.settings import Settings
from lakehouse.silver.post_voids import post_voids
from lakehouse.storage.batches import Batch, date_in
from lakehouse.storage.corrections import Correction
from lakehouse.storage.crash_points import reached
from lakehouse.storage.day_rows import rows_of_days
from lakehouse.storage.delta_tables import LakeTable, is_empty, lake_table, rows_of, set_true

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
    voids = spark.createDataFrame(told.toArrow(), told.schema)
    facts = lake_table(settings, "gold", "fct_receipts")
    reach = voids.agg(F.min("business_date"), F.max("business_date")).first()
    if not (reach and reach[0]):
        return None
    days_back, days_ahead = dt.timedelta(settings.max_days_back), dt.timedelta(settings.max_days_ahead)
    in_reach = F.col("business_date").between(reach[0] - days_back, reach[1] + days_ahead)
    named = marked(rows_of(spark, facts).where(in_reach), voids)
    unmarked = named.where("is_voided AND NOT is_void").select("event_id", "business_date")
    originals = [(row[0], row[1]) for row in unmarked.collect()]
    if not originals:
        return None
    dates = sorted({date for _, date in originals})
    event_ids = [event_id for event_id, _ in originals]
    ids = spark.createDataFrame([(event_id,) for event_id in event_ids], "event_id STRING")
    table = lake_table(settings, "gold", "fct_sales_lines")
    lines = rows_of_days(spark, settings, table, dates)
    moved = of_voids(lines.join(F.broadcast(ids), "event_id", "left_semi"), voids)
    # The receipt is marked last: by it a batch that comes again sees whether lines and hours are done.
    return Correction(
        moved,
        partial(_mark, event_ids, dates, table, batch),
        frozenset(dates),
        partial(_mark, event_ids, dates, facts, batch),
    )


def _mark(event_ids: list[str], dates: list[dt.date], table: LakeTable, batch: Batch) -> None:
    where = f"{date_in(dates, 't.business_date')} AND NOT t.is_void"
    set_true(table, "is_void", pa.table({"event_id": event_ids}), where, batch.marker)
    reached(f"after:restated.{table.name}")


def _collected(voids: DataFrame) -> set[tuple[str, str]]:
    return {(row[0], row[1]) for row in voids.select(*_NAMED).collect()}
