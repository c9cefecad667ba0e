"""Post-voids: what a query knows of them, and how it brings them into gold.

Gold is corrected in an order in which every step may be repeated: first the restatement is written, once per
batch; then receipts and lines are marked, which marks nothing the second time; then the hours of the touched
days are counted again.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.gold.agg_sales_hourly import agg_sales_hourly
from lakehouse.gold.restatements import restatements
from lakehouse.gold.voided import marked
from lakehouse.settings import Settings
from lakehouse.silver.post_voids import post_voids
from lakehouse.storage.batches import Batch, append, date_in, overwrite, stamped
from lakehouse.storage.crash_points import reached
from lakehouse.storage.delta_tables import LakeTable, lake_table, rows_of

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
            self._named = _collected(rows_of(spark, table))
        fresh = _collected(more) - self._named if more is not None else set()
        self._named |= fresh
        if self._named and (fresh or self._frame is None):
            columns = ", ".join(f"{name} STRING" for name in _NAMED)
            self._frame = spark.createDataFrame(sorted(self._named), columns)
        return self._frame


def restate(receipts: DataFrame, batch: Batch, settings: Settings) -> None:
    """Void in gold what the post-voids among the receipts of a batch (rows of silver.receipts) name."""
    spark, voids = receipts.sparkSession, post_voids(receipts).persist()
    facts = lake_table(settings, "gold", "fct_receipts")
    reach = voids.agg(F.min("business_date"), F.max("business_date")).first()
    if reach and reach[0]:
        days_back, days_ahead = dt.timedelta(settings.max_days_back), dt.timedelta(settings.max_days_ahead)
        in_reach = F.col("business_date").between(reach[0] - days_back, reach[1] + days_ahead)
        named = marked(rows_of(spark, facts).where(in_reach), voids)
        unmarked = named.where("is_voided AND NOT is_void").select("event_id", "business_date")
        originals = [(row[0], row[1]) for row in unmarked.collect()]
        if originals:
            _void(spark, voids, originals, batch, settings)
    voids.unpersist()


def _void(
    spark: SparkSession,
    voids: DataFrame,
    originals: list[tuple[str, dt.date]],
    batch: Batch,
    settings: Settings,
) -> None:
    dates = sorted({date for _, date in originals})
    ids = spark.createDataFrame([(event_id,) for event_id, _ in originals], "event_id STRING")
    table = lake_table(settings, "gold", "fct_sales_lines")
    lines = rows_of(spark, table).where(F.col("business_date").isin(dates))
    moved = restatements(lines.join(F.broadcast(ids), "event_id", "left_semi"), voids)
    append(stamped(moved, batch).coalesce(1), lake_table(settings, "ops", "restatements"), batch)
    for name in ("fct_sales_lines", "fct_receipts"):
        _mark(spark, lake_table(settings, "gold", name), ids, dates)
    hours = lake_table(settings, "gold", "agg_sales_hourly")
    again = agg_sales_hourly(
        rows_of(spark, table).where(F.col("business_date").isin(dates)), settings.default_zone
    )
    overwrite(again.coalesce(1), hours, date_in(dates))
    reached(f"after:restated.{hours.name}")


def _mark(spark: SparkSession, table: LakeTable, ids: DataFrame, dates: list[dt.date]) -> None:
    where = f"t.event_id = s.event_id AND {date_in(dates, 't.business_date')} AND NOT t.is_void"
    merge = DeltaTable.forPath(spark, table.path).alias("t").merge(F.broadcast(ids).alias("s"), where)
    merge.whenMatchedUpdate(set={"is_void": F.lit(True)}).execute()
    reached(f"after:restated.{table.name}")


def _collected(voids: DataFrame) -> set[tuple[str, str]]:
    return {(row[0], row[1]) for row in voids.select(*_NAMED).collect()}
