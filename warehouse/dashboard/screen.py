"""How a figure is written on the page, and a table in the file that a reader takes away. Pure."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from lakehouse.contracts.kpis import Kpi

NOTHING = "–"
# A spreadsheet takes a text that begins so for a formula (OWASP, CSV Injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Row = Mapping[str, Any]


def written(figure: Kpi, value: Decimal | int | None, currency: str) -> str:
    """A figure with its unit; a dash where there is none. Shares in percent, money with two digits."""
    if value is None:
        return NOTHING
    number = Decimal(value)
    if figure.unit == "share":
        return f"{number * 100:,.1f} %"
    if figure.unit == "currency":
        return f"{number:,.2f} {currency}"
    if figure.unit == "days":
        return f"{number:,.1f} days"
    if number == number.to_integral_value():
        return f"{number:,.0f}"
    return f"{number:,.2f}"


def instant(at: dt.datetime | None) -> str:
    """An instant in UTC, to the second."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "not yet"


def period(first: dt.date, last: dt.date) -> str:
    """Business dates from first to last."""
    return f"{first:%Y-%m-%d}" if first == last else f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"


def csv_text(rows: Sequence[Row]) -> str:
    """Rows as CSV. Numbers exact; a text that a spreadsheet would calculate begins with an apostrophe."""
    if not rows:
        return ""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return format(value, "f") if isinstance(value, Decimal) else value
