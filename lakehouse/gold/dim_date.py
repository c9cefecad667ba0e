"""The calendar."""

from __future__ import annotations

import datetime as dt

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F


def dim_date(spark: SparkSession, first: dt.date, last: dt.date) -> DataFrame:
    """Rows of gold.dim_date for each date from ``first`` to ``last``."""
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
    )
