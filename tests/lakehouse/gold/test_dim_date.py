"""The calendar: ISO weeks belong to the year of their Thursday."""

from __future__ import annotations

import datetime as dt

from pyspark.sql import SparkSession

from lakehouse.gold.dim_date import dim_date
from tests.lakehouse.gold.receipt_rows import assert_fits_contract
from tests.lakehouse.sales_events import rows_of

FIRST, LAST = dt.date(2019, 12, 25), dt.date(2025, 1, 2)


def test_every_day_is_as_the_iso_calendar_says(spark: SparkSession) -> None:
    frame = dim_date(spark, FIRST, LAST)
    assert_fits_contract(frame, "dim_date")
    rows = sorted(rows_of(frame), key=lambda row: row["business_date"])
    days = [FIRST + dt.timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    assert [row["business_date"] for row in rows] == days
    for row, day in zip(rows, days, strict=True):
        iso = day.isocalendar()
        assert (row["iso_year"], row["iso_week"], row["iso_day_of_week"]) == (iso.year, iso.week, iso.weekday)
        assert (row["year"], row["month"], row["day_of_month"]) == (day.year, day.month, day.day)
        assert (row["quarter"], row["is_weekend"]) == ((day.month + 2) // 3, iso.weekday >= 6)


def test_weeks_around_new_year_and_english_names(spark: SparkSession) -> None:
    rows = {
        row["business_date"]: row
        for row in rows_of(dim_date(spark, dt.date(2020, 12, 31), dt.date(2024, 12, 30)))
    }
    seen = {
        day: (row["iso_year"], row["iso_week"], row["day_name"], row["month_name"])
        for day in (dt.date(2020, 12, 31), dt.date(2021, 1, 3), dt.date(2024, 12, 30))
        if (row := rows[day])
    }
    assert seen == {
        dt.date(2020, 12, 31): (2020, 53, "Thursday", "December"),
        dt.date(2021, 1, 3): (2020, 53, "Sunday", "January"),
        dt.date(2024, 12, 30): (2025, 1, "Monday", "December"),
    }
