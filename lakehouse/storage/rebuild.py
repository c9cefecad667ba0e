"""Gold of past business days made again from silver, day by day, as the stream would have made it.

Rows are replaced day by day (``replaceWhere``), so a day is the old one or the new one, and repeating it changes no
figure. Dimensions are left alone: their members only grow, and a rebuilt day names none that silver did not name.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import partial

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.gold.agg_sales_hourly import agg_sales_hourly
from lakehouse.gold.fct_receipts import fct_receipts
from lakehouse.gold.fct_sales_lines import fct_sales_lines
from lakehouse.gold.voided import marked
from lakehouse.settings import Settings
from lakehouse.storage.batches import date_in, overwrite
from lakehouse.storage.crash_points import reached
from lakehouse.storage.delta_tables import lake_table, rows_of
from lakehouse.storage.known_masters import KnownMasters
from lakehouse.storage.requests import Arguments, Steps


class WrongRange(ValueError):
    """The range names no days; the message says what was seen and how a range is written."""


def rebuild_steps(spark: SparkSession, settings: Settings, arguments: Arguments) -> Steps:
    """One step for each day of the range: ``from`` and ``to`` (dates, both included), or the days that the records
    ``from_offset`` to ``to_offset`` of ``topic`` / ``partition`` belong to.
    """
    days = (
        days_between(arguments)
        if "from" in arguments
        else _days_of_records(rows_of(spark, lake_table(settings, "silver", "receipts")), arguments)
    )
    return {day.isoformat(): partial(rebuild_day, spark, settings, day) for day in days}


def rebuild_day(spark: SparkSession, settings: Settings, day: dt.date) -> str:
    """Replace the day in facts and hours; says how many receipts and lines it has."""
    frames = made_again(spark, settings, date_in([day]))
    lines, receipts = frames["fct_sales_lines"].persist(), frames["fct_receipts"].persist()
    counts = (receipts.count(), lines.count())
    for name, rows in frames.items():
        table = lake_table(settings, "gold", name)
        overwrite(rows.coalesce(1), table, date_in([day]))
        reached(f"after:rebuilt.{table.name}")
    lines.unpersist()
    receipts.unpersist()
    return f"{counts[0]:,} receipts, {counts[1]:,} lines"


def made_again(spark: SparkSession, settings: Settings, where: str) -> dict[str, DataFrame]:
    """Facts and hours of the receipts that ``where`` keeps (SQL, by business date), by table, from silver alone."""
    voids = rows_of(spark, lake_table(settings, "silver", "post_voids"))
    receipts = marked(rows_of(spark, lake_table(settings, "silver", "receipts")).where(where), voids)
    known = KnownMasters().learn(spark, settings, {})
    lines = fct_sales_lines(receipts, known)
    return {
        "fct_sales_lines": lines,
        "fct_receipts": fct_receipts(receipts, known),
        "agg_sales_hourly": agg_sales_hourly(lines, settings.default_zone, known.stores),
    }


def days_between(arguments: Arguments) -> Iterable[dt.date]:
    """The days from ``from`` to ``to``, both included. Raises WrongRange."""
    try:
        first, last = dt.date.fromisoformat(arguments["from"]), dt.date.fromisoformat(arguments["to"])
    except (KeyError, ValueError) as error:
        raise WrongRange(f"expected from and to as YYYY-MM-DD, seen {dict(arguments)}") from error
    if last < first:
        raise WrongRange(f"expected a range that does not end before it begins, seen {first} to {last}")
    return [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]


def _days_of_records(receipts: DataFrame, arguments: Arguments) -> list[dt.date]:
    try:
        partition = int(arguments["partition"])
        first, last = int(arguments["from_offset"]), int(arguments["to_offset"])
        topic = arguments["topic"]
    except (KeyError, ValueError) as error:
        raise WrongRange(
            f"expected topic, partition, from_offset and to_offset, seen {dict(arguments)}"
        ) from error
    named = (F.col("topic") == topic) & (F.col("partition") == partition)
    rows = receipts.where(named & F.col("offset").between(first, last)).select("business_date").distinct()
    return sorted(row[0] for row in rows.collect())
