"""The calendar. Python's own, not Spark's: the first query of a fresh driver would take half a minute for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

from lakehouse.contracts import load_contract
from lakehouse.schema.arrow_schema import arrow_schema

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEK = dt.timedelta(weeks=1)


def dim_date(first: dt.date, last: dt.date, fiscal_month: int) -> pa.Table:
    """Rows of gold.dim_date for each date from ``first`` to ``last``, both not in the first or last year of Python's.

    The year of the 4-4-5 calendar begins on the Monday nearest to the first of ``fiscal_month`` (1 to 12); with 1
    it is the ISO year. Source of the form: National Retail Federation, 4-5-4 calendar, with quarters of 4-4-5.
    """
    columns = load_contract("gold", "dim_date").table.columns
    return pa.Table.from_pylist(list(_rows(first, last, fiscal_month)), arrow_schema(columns))


def _rows(first: dt.date, last: dt.date, fiscal_month: int) -> Iterator[dict[str, Any]]:
    for number in range((last - first).days + 1):
        date = first + dt.timedelta(number)
        iso = date.isocalendar()
        yield {
            "business_date": date,
            "year": date.year,
            "quarter": (date.month + 2) // 3,
            "month": date.month,
            "day_of_month": date.day,
            "month_name": _MONTHS[date.month - 1],
            "iso_year": iso.year,
            "iso_week": iso.week,
            "iso_day_of_week": iso.weekday,
            "day_name": _DAYS[iso.weekday - 1],
            "is_weekend": iso.weekday >= 6,
            **_fiscal(date, fiscal_month),
        }


def _fiscal(date: dt.date, month: int) -> dict[str, int]:
    """Year, quarter, month and week of the 4-4-5 calendar."""
    begun = (date.year + 1, date.year, date.year - 1)
    year = next(each for each in begun if _year_start(each, month) <= date)
    week = (date - _year_start(year, month)) // _WEEK + 1
    quarter = min(4, (week + 12) // 13)
    month_of_quarter = min(3, (week - 13 * (quarter - 1) + 3) // 4)
    return {
        "fiscal_year": year,
        "fiscal_quarter": quarter,
        "fiscal_month": 3 * (quarter - 1) + month_of_quarter,
        "fiscal_week": week,
    }


def _year_start(year: int, month: int) -> dt.date:
    """The Monday nearest to the first of the month: at most three days before it and three after."""
    first = dt.date(year, month, 1)
    after_monday = first.weekday()
    return first - dt.timedelta(after_monday if after_monday <= 3 else after_monday - 7)
