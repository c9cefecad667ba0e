"""The calendar."""

from __future__ import annotations

import datetime as dt

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F


def dim_date(spark: SparkSession, first: dt.date, last: dt.date, fiscal_month: int) -> DataFrame:
    """Rows of gold.dim_date for each date from ``first`` to ``last``.

    The year of the 4-4-5 calendar begins on the Monday nearest to the first of ``fiscal_month`` (1 to 12); with 1
    it is the ISO year. Source of the form: National Retail Federation, 4-5-4 calendar, with quarters of 4-4-5.
    """
    days = spark.range((last - first).days + 1).select(
        F.date_add(F.lit(first), F.col("id").cast("int")).alias("business_date")
    )
    date = F.col("business_date")
    day_of_week = F.weekday(date) + 1
    return days.select(
        date,
        F.year(date).alias("year"),
        F.quarter(date).alias("quarter"),
        F.month(date).alias("month"),
        F.dayofmonth(date).alias("day_of_month"),
        F.date_format(date, "MMMM").alias("month_name"),
        F.date_part(F.lit("YEAROFWEEK"), date).alias("iso_year"),
        F.weekofyear(date).alias("iso_week"),
        day_of_week.alias("iso_day_of_week"),
        F.date_format(date, "EEEE").alias("day_name"),
        (day_of_week >= 6).alias("is_weekend"),
        *_fiscal(date, fiscal_month),
    )


def _fiscal(date: Column, month: int) -> tuple[Column, ...]:
    """Year, quarter, month and week of the 4-4-5 calendar."""
    ahead, year = F.year(date) + 1, F.year(date)
    begun = [F.when(_year_start(each, month) <= date, each) for each in (ahead, year)]
    fiscal_year = F.coalesce(*begun, year - 1)
    week = F.floor(F.date_diff(date, _year_start(fiscal_year, month)) / 7) + 1
    quarter = F.least(F.lit(4), F.ceil(week / 13))
    month_of_quarter = F.least(F.lit(3), F.ceil((week - 13 * (quarter - 1)) / 4))
    return (
        fiscal_year.alias("fiscal_year"),
        quarter.cast("int").alias("fiscal_quarter"),
        (3 * (quarter - 1) + month_of_quarter).cast("int").alias("fiscal_month"),
        week.cast("int").alias("fiscal_week"),
    )


def _year_start(year: Column, month: int) -> Column:
    """The Monday nearest to the first of the month: at most three days before it and three after."""
    first = F.make_date(year, F.lit(month), F.lit(1))
    after_monday = F.weekday(first)
    return F.date_sub(first, F.when(after_monday <= 3, after_monday).otherwise(after_monday - 7))
