"""Corrections of what gold holds already: voids, late receipts, and changes of master data that came late.

Gold is corrected in an order in which every step may be repeated: first the restatements are written, once per
batch; then rows are marked or keyed anew, which changes nothing the second time; then the hours of the touched days
are counted again; what tells whether a correction was made is written last, so that a batch that comes again finds
all that is left to do.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame, SparkSession

from lakehouse.gold.agg_sales_hourly import agg_sales_hourly
from lakehouse.gold.versions import Known
from lakehouse.settings import Settings
from lakehouse.storage.batches import Batch, append, date_in, overwrite, stamped
from lakehouse.storage.crash_points import reached
from lakehouse.storage.delta_tables import lake_table
from lakehouse.storage.few_rows import rows_of_days


@dataclass(frozen=True)
class Correction:
    """``moved``: rows of ops.restatements without their batch; ``apply`` brings it into the facts; ``hours_of``: business
    dates whose hours must be counted again; ``seal`` writes what tells that the correction was made."""

    moved: DataFrame | None
    apply: Callable[[], None]
    hours_of: frozenset[dt.date]
    seal: Callable[[], None] = lambda: None


def correct(
    spark: SparkSession, corrections: Iterable[Correction], batch: Batch, settings: Settings, known: Known
) -> None:
    """Make the corrections of a batch, after everything else of it was written."""
    found = list(corrections)
    moved = [each.moved for each in found if each.moved is not None]
    if moved:
        rows = stamped(reduce(DataFrame.unionByName, moved), batch)
        append(rows.coalesce(1), lake_table(settings, "ops", "restatements"), batch)
    for each in found:
        each.apply()
    dates = sorted(set().union(*[each.hours_of for each in found]))
    if dates:
        _count_hours(spark, dates, settings, known, batch)
    for each in found:
        each.seal()


def _count_hours(
    spark: SparkSession, dates: list[dt.date], settings: Settings, known: Known, batch: Batch
) -> None:
    of_dates = rows_of_days(spark, lake_table(settings, "gold", "fct_sales_lines"), dates)
    hours = lake_table(settings, "gold", "agg_sales_hourly")
    again = agg_sales_hourly(of_dates, settings.default_zone, known.stores)
    overwrite(again.coalesce(1), hours, date_in(dates), batch)
    reached(f"after:restated.{hours.name}")
