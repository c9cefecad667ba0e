"""The typed row of UCI Online Retail and how a cell of any file type becomes it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache, partial
from zoneinfo import ZoneInfo

from ingestion.events import amount

LONDON = ZoneInfo("Europe/London")

COLUMNS = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)
_MOST_DIGITS = 28
_VARIANTS = {"invoice": "invoiceno", "price": "unitprice"}


class UciFileError(ValueError):
    """The file is not UCI Online Retail, or a line of it cannot be read without guessing."""


@dataclass(frozen=True, slots=True)
class UciRow:
    """One line of the file. ``invoice_date`` is shop wall time (Europe/London) without offset, price is GBP."""

    line: int
    invoice: str
    stock_code: str
    description: str | None
    quantity: Decimal
    invoice_date: datetime
    unit_price: Decimal
    customer_id: str | None
    country: str


def column_positions(header: Sequence[str]) -> list[int]:
    """Position of each of COLUMNS in the header, whatever its order, case and spaces."""
    seen = [_column_key(name) for name in header]
    wanted = [_column_key(name) for name in COLUMNS]
    missing = [name for name, key in zip(COLUMNS, wanted, strict=True) if seen.count(key) != 1]
    if missing:
        raise UciFileError(
            f"expected each of the columns {', '.join(COLUMNS)} once; "
            f"missing or repeated: {', '.join(missing)}; seen: {', '.join(header) or 'nothing'}"
        )
    return [seen.index(key) for key in wanted]


def _column_key(name: str) -> str:
    key = re.sub(r"[^a-z]", "", name.lower())
    return _VARIANTS.get(key, key)


def _refuse_nested(cells: Sequence[object]) -> None:
    for column, cell in zip(COLUMNS, cells, strict=True):
        if isinstance(cell, list | dict | bytes):
            raise UciFileError(f"{column}: expected a text, a number or a date, seen {type(cell).__name__}")


def typed_rows(lines: Iterable[tuple[int, Sequence[object]]]) -> list[UciRow]:
    """Rows of (line number, cells in the order of COLUMNS). Dates written as text are read by one format
    that fits all of them."""
    numbered = list(lines)
    parse_date = date_parser([cells[4] for _, cells in numbered if isinstance(cells[4], str)])
    rows = []
    for number, cells in numbered:
        try:
            rows.append(_row(number, cells, parse_date))
        except UciFileError as error:
            raise UciFileError(f"line {number}: {error}; mend or remove the line") from None
    return rows


def _row(number: int, cells: Sequence[object], parse_date: Callable[[str], datetime]) -> UciRow:
    _refuse_nested(cells)
    return UciRow(
        line=number,
        invoice=_required("InvoiceNo", _code(cells[0])),
        stock_code=_required("StockCode", _code(cells[1])),
        description=_text(cells[2]),
        quantity=_decimal("Quantity", cells[3]),
        invoice_date=_wall_time(cells[4], parse_date),
        unit_price=_decimal("UnitPrice", cells[5]),
        customer_id=_code(cells[6]),
        country=_required("Country", _text(cells[7])),
    )


def _required(column: str, value: str | None) -> str:
    if value is None:
        raise UciFileError(f"{column} is empty")
    return value


def _text(cell: object) -> str | None:
    if isinstance(cell, str):
        return cell.strip() or None
    return None if cell is None else _code(cell)


@lru_cache(maxsize=65_536, typed=True)
def _code(cell: object) -> str | None:
    """A code as text: spreadsheets and data frames turn 17850 into 17850.0."""
    text = "" if cell is None else str(cell).strip()
    return re.sub(r"^(\d+)\.0+$", r"\1", text) or None


@lru_cache(maxsize=65_536, typed=True)
def _decimal(column: str, cell: object) -> Decimal:
    """Exact: the shortest text of a float (2.55) is what the shop typed."""
    try:
        number = Decimal(str(cell).strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(cell, bool) or not number.is_finite() or not _is_kept(number):
        raise UciFileError(f"{column}: expected a number such as 6 or 2.55, seen {cell!r:.60}")
    return amount(number)


def _is_kept(number: Decimal) -> bool:
    """Whether Python's arithmetic keeps all digits; 1e400 and texts of more digits than that are no amount."""
    return number.adjusted() < _MOST_DIGITS and len(number.as_tuple().digits) <= _MOST_DIGITS


def _wall_time(cell: object, parse_date: Callable[[str], datetime]) -> datetime:
    if isinstance(cell, datetime):
        moment = cell
    elif isinstance(cell, str) and cell.strip():
        moment = parse_date(cell.strip())
    else:
        raise UciFileError(f"InvoiceDate: expected a date and time, seen {cell!r}")
    try:
        return moment.astimezone(LONDON).replace(tzinfo=None) if moment.tzinfo else moment
    except OverflowError as error:
        raise UciFileError(f"InvoiceDate: expected a date within the calendar, seen {cell!r}") from error


_DAY_FIRST = ("%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%d/%m/%y %H:%M")
_MONTH_FIRST = ("%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%m/%d/%y %H:%M")


def date_parser(texts: Sequence[str]) -> Callable[[str], datetime]:
    """The reader for all dates of one file: ISO 8601, or day/month or month/day where some date of the file
    tells which (13/01 or 01/13). Raises UciFileError when none does, or when they contradict each other."""
    slashed = {text.strip()[:10].replace("-", "/") for text in texts if re.match(r"\s*\d{1,2}[/-]\d", text)}
    pairs = [tuple(int(part) for part in day.split("/")[:2]) for day in slashed if day.count("/") >= 1]
    day_first = any(first > 12 for first, _ in pairs)
    month_first = any(second > 12 for _, second in pairs)
    if pairs and day_first == month_first:
        why = (
            "both day/month and month/day occur" if day_first else "day/month and month/day are both possible"
        )
        raise UciFileError(
            f"InvoiceDate: {why}, for example {min(slashed)!r}; write the dates as 2010-12-01 08:26:00"
        )
    formats = (_DAY_FIRST if day_first else _MONTH_FIRST) if pairs else ()
    readers: list[Callable[[str], datetime]] = [
        datetime.fromisoformat,
        *(partial(_by_format, form) for form in formats),
    ]

    @lru_cache(maxsize=65_536)
    def parse(text: str) -> datetime:
        for read in readers:
            with suppress(ValueError):
                return read(text)
        raise UciFileError(f"InvoiceDate: expected a date such as 2010-12-01 08:26:00, seen {text!r}")

    return parse


def _by_format(form: str, text: str) -> datetime:
    return datetime.strptime(text.replace("-", "/"), form)  # noqa: DTZ007 - shop wall time
