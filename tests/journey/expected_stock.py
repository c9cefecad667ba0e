"""What gold must say of stock: the books kept event by event in plain Python, from the tables of expected_events."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import duckdb

from tests.journey.expected_members import versions
from tests.journey.expected_sales import FCT_SALES_LINES

Row = dict[str, Any]
Pair = tuple[str, str]
ZERO, PENNY, LAST_DIGIT = Decimal(0), Decimal("0.0001"), Decimal("0.000001")
FLOWS = {
    "received": ("RECEIPT", 1), "transferred_in": ("TRANSFER_IN", 1), "transferred_out": ("TRANSFER_OUT", -1),
    "sold": ("SALE", -1), "returned": ("RETURN", 1), "adjusted": ("ADJUSTMENT", 1), "written_off": ("WRITE_OFF", -1),
    "returned_to_vendor": ("RETURN_TO_VENDOR", -1),
}  # fmt: skip

_EVENTS = f"""
SELECT event_id AS source_event_id, 0 AS line_seq, business_date, store_id, product_id, occurred_at, movement_type,
  quantity, unit_cost, currency, NULL AS net_amount, reason FROM movement
UNION ALL BY NAME
SELECT l.event_id AS source_event_id, l.line_seq, l.business_date, l.store_id, l.product_id, l.occurred_at,
  if(l.line_type = 'RETURN', 'RETURN', 'SALE') AS movement_type, -l.quantity AS quantity,
  if(p.currency = l.currency, p.unit_cost, NULL) AS unit_cost, l.currency, l.net_amount
FROM ({FCT_SALES_LINES}) AS l
LEFT JOIN ({versions("product", "product_id")}) AS p ON p.product_id = l.product_id
  AND l.occurred_at >= p.valid_from AND (p.valid_to IS NULL OR l.occurred_at < p.valid_to)
WHERE NOT l.is_void AND l.line_type IN ('ITEM', 'RETURN') AND l.transaction_type <> 'ADJUSTMENT'
ORDER BY business_date, occurred_at, movement_type = 'COUNT', source_event_id, line_seq"""


@dataclass
class Book:
    """The stock of one product at one store, and its days."""

    on_hand: Decimal = ZERO
    is_tracked: bool = False
    last_counted_at: dt.datetime | None = None
    first_moved_date: dt.date | None = None
    cost: tuple[Decimal | None, str | None] = (None, None)
    days: dict[dt.date, Row] = field(default_factory=dict)

    def take(self, event: Row) -> Row:
        """Book an event; the row of fct_inventory_movements."""
        kind, told, before = event["movement_type"], event["quantity"], self.on_hand
        is_count, is_sale = kind == "COUNT", kind in ("SALE", "RETURN")
        self.on_hand = told if is_count else before + told
        moved, was_tracked = self.on_hand - before, self.is_tracked
        self.is_tracked = was_tracked or kind in ("COUNT", "RECEIPT", "TRANSFER_IN")
        self.first_moved_date = self.first_moved_date or event["business_date"]
        if is_count:
            self.last_counted_at = max(filter(None, (self.last_counted_at, event["occurred_at"])))
        if not is_sale and event["unit_cost"] is not None:
            self.cost = event["unit_cost"], event["currency"]
        cost = event["unit_cost"]
        row = {
            **event,
            "quantity": moved,
            "counted_quantity": told if is_count else None,
            "count_variance": moved if is_count and was_tracked else None,
            "on_hand": self.on_hand,
            "is_sold_while_out": kind == "SALE" and was_tracked and told < 0 and self.on_hand < 0,
            "is_phantom": is_count and told <= 0 and before > 0,
            "cost_amount": (-told * cost).quantize(PENNY, ROUND_HALF_UP)
            if is_sale and cost is not None
            else None,
        }
        self._close(row, before)
        return row

    def _close(self, row: Row, before: Decimal) -> None:
        """The row of fct_inventory_daily as it is after this movement."""
        start = dict.fromkeys((*FLOWS, "opened", "shrink"), ZERO) | {
            "opening": before, "movement_count": 0, "is_phantom": False, "is_sold_while_out": False,
        }  # fmt: skip
        day = self.days.setdefault(row["business_date"], start)
        for name, (kind, sign) in FLOWS.items():
            day[name] += row["quantity"] * sign if row["movement_type"] == kind else 0
        if row["movement_type"] == "COUNT":
            day["opened" if row["count_variance"] is None else "shrink"] += row["quantity"]
        cost, currency = self.cost
        day |= {
            "closing": self.on_hand,
            "movement_count": day["movement_count"] + 1,
            "is_tracked": self.is_tracked,
            "is_negative": self.on_hand < 0,
            "is_phantom": day["is_phantom"] or row["is_phantom"],
            "is_sold_while_out": day["is_sold_while_out"] or row["is_sold_while_out"],
            "last_counted_at": self.last_counted_at,
            "first_moved_date": self.first_moved_date,
            "unit_cost": cost,
            "currency": currency,
            "closing_value": None if cost is None else (self.on_hand * cost).quantize(PENNY, ROUND_HALF_UP),
        }


@dataclass(frozen=True)
class ExpectedStock:
    """Rows of the three tables."""

    movements: list[Row]
    days: list[Row]
    now: list[Row]


def expected_stock(connection: duckdb.DuckDBPyConnection) -> ExpectedStock:
    """The three tables from the tables of expected_events."""
    books: dict[Pair, Book] = defaultdict(Book)
    movements = [books[row["store_id"], row["product_id"]].take(row) for row in rows_of(connection, _EVENTS)]
    days = [
        {"store_id": store, "product_id": product, "business_date": day, **row}
        for (store, product), book in books.items()
        for day, row in book.days.items()
    ]
    lines = f"SELECT max(business_date) AS day FROM ({FCT_SALES_LINES})"
    newest = [
        next(rows_of(connection, sql))["day"]
        for sql in (lines, "SELECT max(business_date) AS day FROM movement")
    ]
    current = f"SELECT * FROM ({versions('product', 'product_id')}) WHERE is_current"
    products = {row["product_id"]: row for row in rows_of(connection, current)}
    return ExpectedStock(movements, days, list(_now(books, products, max(filter(None, newest)))))


def rows_of(connection: duckdb.DuckDBPyConnection, sql: str) -> Iterator[Row]:
    """Rows of a query by column."""
    found = connection.execute(sql)
    names = [column[0] for column in found.description or ()]
    for row in found.fetchall():
        yield dict(zip(names, row, strict=True))


def _now(books: dict[Pair, Book], products: dict[str, Row], as_of: dt.date) -> Iterable[Row]:
    for (store, product), book in books.items():
        known = products.get(product, {})
        recent = {day: row for day, row in book.days.items() if day > as_of - dt.timedelta(28)}
        last, newest = max(book.days), book.days[max(book.days)]
        assert book.first_moved_date is not None
        demand = max(sum((row["sold"] - row["returned"] for row in recent.values()), ZERO), ZERO)
        held = recent[min(recent)]["opening"] if recent else newest["closing"]
        came = sum((row["received"] + row["transferred_in"] + row["opened"] for row in recent.values()), ZERO)
        available, days = max(held, ZERO) + came, min(max((as_of - book.first_moved_date).days + 1, 1), 28)
        on_hand, in_stock, daily = (
            newest["closing"],
            max(newest["closing"], ZERO),
            (demand / days).quantize(LAST_DIGIT, ROUND_HALF_UP),
        )
        lead = known.get("lead_time_days")
        point = None if lead is None else daily * lead + (known.get("safety_stock") or 0)
        by_product = known.get("unit_cost") is not None
        cost = known["unit_cost"] if by_product else newest["unit_cost"]
        currency = known["currency"] if by_product else newest["currency"]
        yield {
            "store_id": store, "product_id": product, "as_of_date": as_of, "on_hand": on_hand,
            "is_tracked": newest["is_tracked"], "last_moved_date": last, "last_counted_at": newest["last_counted_at"],
            "demand_day_count": days, "demand": demand, "available": available, "daily_demand": daily,
            "days_of_supply": in_stock * days / demand if demand else None,
            "sell_through": demand / available if available > 0 else None,
            "is_stock_out": newest["is_tracked"] and on_hand <= 0, "lead_time_days": lead,
            "safety_stock": known.get("safety_stock"), "reorder_point": point,
            "is_below_reorder_point": None if point is None else on_hand <= point, "is_negative": on_hand < 0,
            "unit_cost": cost, "currency": None if cost is None else currency,
            "stock_value": None if cost is None else (in_stock * cost).quantize(PENNY, ROUND_HALF_UP),
        }  # fmt: skip
