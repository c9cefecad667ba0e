"""The calendar: ISO weeks belong to the year of their Thursday."""

from __future__ import annotations

import datetime as dt

import pytest

from lakehouse.contracts import load_contract
from lakehouse.gold.dim_date import dim_date
from lakehouse.schema.arrow_schema import arrow_schema

pytestmark = pytest.mark.check

EXPECTED_WEEKS = {
    dt.date(2023, 1, 29): (2022, 4, 12, 52),
    dt.date(2023, 1, 30): (2023, 1, 1, 1),
    dt.date(2023, 2, 26): (2023, 1, 1, 4),
    dt.date(2023, 2, 27): (2023, 1, 2, 5),
    dt.date(2023, 4, 30): (2023, 1, 3, 13),
    dt.date(2023, 5, 1): (2023, 2, 4, 14),
    dt.date(2024, 1, 28): (2023, 4, 12, 52),
    dt.date(2024, 1, 29): (2024, 1, 1, 1),
    dt.date(2025, 2, 2): (2024, 4, 12, 53),
}
FIRST, LAST = dt.date(2019, 12, 25), dt.date(2025, 1, 2)


def test_every_day_is_as_the_iso_calendar_says() -> None:
    table = dim_date(FIRST, LAST, fiscal_month=1)
    assert table.schema == arrow_schema(load_contract("gold", "dim_date").table.columns)
    rows = table.to_pylist()
    days = [FIRST + dt.timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    assert [row["business_date"] for row in rows] == days
    for row, day in zip(rows, days, strict=True):
        iso = day.isocalendar()
        assert (row["iso_year"], row["iso_week"], row["iso_day_of_week"]) == (iso.year, iso.week, iso.weekday)
        # A 4-4-5 year that begins nearest to the first of January is the ISO year.
        assert (row["fiscal_year"], row["fiscal_week"]) == (iso.year, iso.week)
        assert (row["year"], row["month"], row["day_of_month"]) == (day.year, day.month, day.day)
        assert (row["quarter"], row["is_weekend"]) == ((day.month + 2) // 3, iso.weekday >= 6)


def test_weeks_around_new_year_and_english_names() -> None:
    table = dim_date(dt.date(2020, 12, 31), dt.date(2024, 12, 30), 2)
    rows = {row["business_date"]: row for row in table.to_pylist()}
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


def test_a_retail_year_has_quarters_of_four_four_and_five_weeks_and_may_have_a_week_53() -> None:
    """Years begin on 30 January 2023, 29 January 2024 and 3 February 2025, so that of 2024 has 53 weeks."""
    rows = dim_date(dt.date(2023, 1, 29), dt.date(2025, 2, 10), 2).to_pylist()
    by_day = {row["business_date"]: row for row in rows}
    names = ("fiscal_year", "fiscal_quarter", "fiscal_month", "fiscal_week")
    seen = {day: tuple(by_day[day][name] for name in names) for day in EXPECTED_WEEKS}
    assert seen == EXPECTED_WEEKS
    weeks = {
        (row["fiscal_year"], row["fiscal_month"], row["fiscal_week"])
        for row in rows
        if row["fiscal_year"] == 2023
    }
    assert [sum(month == each for _, month, _ in weeks) for each in range(1, 13)] == [4, 4, 5] * 4
