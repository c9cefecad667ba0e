"""Receipts that move figures of a business day which gold held already when the day was over."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.gold.late_receipts import late_receipts
from lakehouse.gold.restatements import of_late_receipts
from lakehouse.gold.versions import Known
from lakehouse.settings import Settings
from lakehouse.storage.corrections import Correction
from lakehouse.storage.day_rows import rows_of_days
from lakehouse.storage.delta_tables import lake_table

_DAY = ("business_date", "store_id", "currency")


def late_correction(receipts: DataFrame, settings: Settings, known: Known) -> Correction | None:
    """What the late ones among the receipts of a batch (rows of silver.receipts, in gold by now) moved.

    A day of a store counts as published if an earlier batch brought receipts of it.
    """
    spark = receipts.sparkSession
    late = late_receipts(receipts, settings.default_zone, known.stores).select("event_id", *_DAY).toArrow()
    if not late.num_rows:
        return None
    dates = sorted(set(late["business_date"].to_pylist()))
    ids = spark.createDataFrame(late.select(["event_id"]))
    own = receipts.where(F.col("business_date").isin(dates)).select("event_id")
    facts = rows_of_days(spark, settings, lake_table(settings, "gold", "fct_receipts"), dates)
    published = facts.join(own, "event_id", "left_anti").select(*_DAY).distinct()
    lines = rows_of_days(spark, settings, lake_table(settings, "gold", "fct_sales_lines"), dates)
    came = lines.join(F.broadcast(ids), "event_id", "left_semi")
    moved = of_late_receipts(came.join(F.broadcast(published), [*_DAY], "left_semi"))
    found = moved.toArrow()
    if not found.num_rows:
        return None
    return Correction(spark.createDataFrame(found, moved.schema), lambda: None, frozenset())
