"""UCI Online Retail as till events: one v2 receipt per invoice, one inventory movement per stock adjustment.

Source: Chen, Sain, Guo 2012, "Data mining for the online retail industry". Pure; the meaning is DESIGN.md
section 3, "UCI mapping".
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from importlib import resources
from typing import Literal, cast, get_args

from ingestion.events import (
    InventoryMovement,
    LineType,
    Receipt,
    ReceiptLine,
    TransactionType,
    amount,
    date_text,
    receipt_totals,
)
from ingestion.uci_rows import LONDON, UciFileError, UciRow

CURRENCY = "GBP"
CHANNEL = "online"
UNIT = "EA"
_ZERO = Decimal(0)
_MONEY = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """A row and its place: ``position`` in the file, and ``line_seq``-th line of its invoice, from 1."""

    position: int
    line_seq: int
    row: UciRow


def uci_events(rows: Iterable[UciRow]) -> list[Receipt | InventoryMovement]:
    """All events of a file, in the order of their first lines.

    An invoice need not be contiguous, hence the whole file. Raises UciFileError when one invoice names two
    countries or two customers: choosing one would move money between stores or people.
    """
    receipts: dict[str, list[InvoiceLine]] = {}
    movements: list[InvoiceLine] = []
    line_counts: dict[str, int] = {}
    for position, row in enumerate(rows):
        line_counts[row.invoice] = line_seq = line_counts.get(row.invoice, 0) + 1
        line = InvoiceLine(position, line_seq, row)
        if is_stock_adjustment(row):
            movements.append(line)
        else:
            receipts.setdefault(row.invoice, []).append(line)
    ordered: list[tuple[int, Receipt | InventoryMovement]] = [
        (lines[0].position, receipt(lines)) for lines in receipts.values()
    ]
    ordered += [(line.position, movement(line)) for line in movements]
    return [event for _, event in sorted(ordered, key=lambda item: item[0])]


def is_stock_adjustment(row: UciRow) -> bool:
    """Negative quantity on an invoice that is neither a cancellation (C…) nor a bookkeeping one (A…)."""
    return row.quantity < 0 and transaction_type(row.invoice) == "SALE"


def transaction_type(invoice: str) -> TransactionType:
    """What the first letter of an invoice number says."""
    kinds: dict[str, TransactionType] = {"C": "RETURN", "A": "ADJUSTMENT"}
    return kinds.get(invoice[:1].upper(), "SALE")


def receipt(lines: Sequence[InvoiceLine]) -> Receipt:
    """The receipt of one invoice from its lines, in file order."""
    first = lines[0].row
    kind = transaction_type(first.invoice)
    receipt_lines = [receipt_line(line, kind) for line in lines]
    event: Receipt = {
        "event_id": f"uci:{first.invoice}",
        "schema_version": 2,
        "transaction_id": first.invoice,
        "transaction_type": kind,
        "store_id": _the_one("Country", [(line.row.country, line.row) for line in lines]) or first.country,
        "business_date": date_text(first.invoice_date.date()),
        "occurred_at": london_text(first.invoice_date),
        "currency": CURRENCY,
        "channel": CHANNEL,
        "totals": receipt_totals(receipt_lines),
        "lines": receipt_lines,
        "tenders": [],
    }
    customer = _the_one("CustomerID", [(line.row.customer_id, line.row) for line in lines])
    if customer is not None:
        event["customer_id"] = customer
    return event


def receipt_line(line: InvoiceLine, kind: TransactionType) -> ReceiptLine:
    """One line; what a cancellation gives back is RETURN, its fees and shipping keep their type."""
    row = line.row
    product = row.stock_code.upper()
    line_type = line_type_of(product)
    if kind == "RETURN" and line_type == "ITEM" and row.quantity < 0:
        line_type = "RETURN"
    return {
        "line_seq": line.line_seq,
        "line_type": line_type,
        "product_id": product,
        "description": row.description,
        "quantity": row.quantity,
        "uom": UNIT,
        "regular_unit_price": row.unit_price,
        "unit_price": row.unit_price,
        "discount": _ZERO,
        "tax": _ZERO,
        "net_amount": net_amount(row),
        "is_void": False,
    }


def net_amount(row: UciRow) -> Decimal:
    """Line value, quantity × unit price: exact for every real row, to 4 decimals where a made-up one has more."""
    exact = row.quantity * row.unit_price
    if cast(int, exact.as_tuple().exponent) < -4:
        exact = exact.quantize(_MONEY, ROUND_HALF_EVEN)
    return amount(exact)


def movement(line: InvoiceLine) -> InventoryMovement:
    """The stock movement of one adjustment line; the description is the clerk's reason ("damages")."""
    row = line.row
    number = f"{row.invoice}:{line.line_seq}"
    event: InventoryMovement = {
        "event_id": f"uci:{number}",
        "schema_version": 1,
        "movement_id": number,
        "movement_type": "ADJUSTMENT",
        "store_id": row.country,
        "product_id": row.stock_code.upper(),
        "quantity": row.quantity,
        "uom": UNIT,
        "occurred_at": london_text(row.invoice_date),
        "business_date": date_text(row.invoice_date.date()),
        "document_id": row.invoice,
    }
    if row.description is not None:
        event["reason"] = row.description
    return event


def london_text(wall_time: datetime) -> str:
    """ISO 8601 with London's offset. The hour that comes twice in October is read as its first pass (+01:00);
    a time in the hour that is skipped in March keeps the offset before it (+00:00)."""
    return wall_time.replace(tzinfo=LONDON).isoformat()


def line_type_of(product: str) -> LineType:
    """Line type of an upper-cased stock code by `uci_line_types.csv`; what is not listed there is merchandise."""
    types = line_types()
    if product.startswith("GIFT_"):
        return types["GIFT_*"]
    return types.get(product, "ITEM")


@cache
def line_types() -> dict[str, LineType]:
    """`uci_line_types.csv`: exact codes, and GIFT_* for the vouchers of every value."""
    text = resources.files("ingestion").joinpath("uci_line_types.csv").read_text(encoding="utf-8")
    found = {line["code"]: line["line_type"] for line in csv.DictReader(text.splitlines())}
    unknown = set(found.values()) - set(get_args(LineType))
    if unknown:
        raise ValueError(
            f"uci_line_types.csv: {sorted(unknown)} are no line types; they are {get_args(LineType)}"
        )
    return cast(dict[str, LineType], found)


def _the_one(
    column: Literal["Country", "CustomerID"], values: Sequence[tuple[str | None, UciRow]]
) -> str | None:
    """The only value that lines of an invoice name; None when none does."""
    named = {value: row for value, row in reversed(values) if value is not None}
    if len(named) > 1:
        where = "; ".join(
            f"line {row.line} {value!r}" for value, row in sorted(named.items(), key=lambda i: i[1].line)
        )
        raise UciFileError(
            f"invoice {values[0][1].invoice} names more than one {column}: {where}; mend the file"
        )
    return next(iter(named), None)
