"""Receipts that move figures of a business day which gold held already when the day was over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.gold.late_receipts import late_receipts
from lakehouse.gold.restatements import of_late_receipts
from lakehouse.gold.versions import Known
from lakehouse.settings import Settings
from lakehouse.storage.corrections import Correction
from lakehouse.storage.delta_tables import LakeTable, lake_table
from lakehouse.storage.few_rows import few_rows_of_days, rows_of_days

_DAY = ("business_date", "store_id", "currency")
# What is asked of a line.
_LINE = (*_DAY, "event_id", "received_at", "is_void", "quantity", "net_amount")


def late_correction(receipts: DataFrame, settings: Settings, known: Known) -> Correction | None:
    """What the late ones among the receipts of a batch (rows of silver.receipts, in gold by now) moved.

    A day of a store counts as published if an earlier batch brought receipts of it.
    """
    spark = receipts.sparkSession
    late = late_receipts(receipts, settings.default_zone, known.stores).select("event_id", *_DAY).toArrow()
    if not late.num_rows:
        return None
    dates = sorted(pc.unique(late["business_date"]).to_pylist())
    came = _few_came(receipts, late, dates, settings)
    if came is not None and not came.num_rows:
        return None
    moved = of_late_receipts(
        spark.createDataFrame(came) if came is not None else _came(receipts, late, dates, settings)
    )
    found = moved.toArrow()
    if not found.num_rows:
        return None
    return Correction(spark.createDataFrame(found, moved.schema), lambda: None, frozenset())


def _few_came(
    receipts: DataFrame, late: pa.Table, dates: Collection[dt.date], settings: Settings
) -> pa.Table | None:
    """_LINE of the late receipts' lines on days that were published; None where the days hold more than a few rows."""
    facts = few_rows_of_days(_facts(settings), dates, ("event_id", *_DAY))
    lines = few_rows_of_days(_lines(settings), dates, _LINE)
    if facts is None or lines is None:
        return None
    own = receipts.where(F.col("business_date").isin(dates)).select("event_id").toArrow()["event_id"]
    before = facts.filter(pc.invert(pc.is_in(facts["event_id"], value_set=own.combine_chunks())))
    published = pc.unique(_days(before))
    mine = lines.filter(pc.is_in(lines["event_id"], value_set=late["event_id"].combine_chunks()))
    return mine.filter(pc.is_in(_days(mine), value_set=published))


def _days(rows: pa.Table) -> pa.ChunkedArray:
    """_DAY of each row as one text; ids and codes hold no control character."""
    date, *ids = (rows[name] for name in _DAY)
    return pc.binary_join_element_wise(pc.cast(date, pa.string()), *ids, "\x00")


def _came(receipts: DataFrame, late: pa.Table, dates: Collection[dt.date], settings: Settings) -> DataFrame:
    """The same, of any number of rows."""
    spark = receipts.sparkSession
    own = receipts.where(F.col("business_date").isin(dates)).select("event_id")
    facts = rows_of_days(spark, _facts(settings), dates)
    published = facts.join(own, "event_id", "left_anti").select(*_DAY).distinct()
    ids = spark.createDataFrame(late.select(["event_id"]))
    mine = rows_of_days(spark, _lines(settings), dates).join(F.broadcast(ids), "event_id", "left_semi")
    return mine.join(F.broadcast(published), [*_DAY], "left_semi").select(*_LINE)


def _facts(settings: Settings) -> LakeTable:
    return lake_table(settings, "gold", "fct_receipts")


def _lines(settings: Settings) -> LakeTable:
    return lake_table(settings, "gold", "fct_sales_lines")
