"""Shapes of what we send to `sales_data` and `inventory_movements`, and their JSON.

The fields are those of the topic contracts (a test compares them). Money and quantity are Decimal: never
float, which has no exact 2.55.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Literal, NotRequired, TypedDict

SALES_DATA = "sales_data"
INVENTORY_MOVEMENTS = "inventory_movements"
TILL_SESSIONS = "till_sessions"
PRODUCTS, STORES, CUSTOMERS = "products", "stores", "customers"
TOPICS = (SALES_DATA, INVENTORY_MOVEMENTS, TILL_SESSIONS, PRODUCTS, STORES, CUSTOMERS)

TransactionType = Literal["SALE", "RETURN", "EXCHANGE", "POST_VOID", "CANCELLED", "ADJUSTMENT"]
LineType = Literal["ITEM", "RETURN", "FEE", "SHIPPING", "DEPOSIT", "GIFT_CARD"]
MovementType = Literal[
    "RECEIPT", "TRANSFER_IN", "TRANSFER_OUT", "ADJUSTMENT", "WRITE_OFF", "RETURN_TO_VENDOR", "COUNT"
]


class SaleLine(TypedDict):
    """v1, the plain line: a one-line receipt of store UNKNOWN in the default currency."""

    id: int
    product: str
    quantity: Decimal
    price: Decimal
    sales_time: str


class Totals(TypedDict):
    """Amounts of a receipt ex tax, and ``total`` = net + tax."""

    gross: Decimal
    discount: Decimal
    net: Decimal
    tax: Decimal
    total: Decimal


class ReceiptLine(TypedDict):
    """One line of a receipt; quantity and amounts carry the ledger's sign."""

    line_seq: int
    line_type: LineType
    product_id: str
    description: str | None
    quantity: Decimal
    uom: str
    regular_unit_price: Decimal
    unit_price: Decimal
    discount: Decimal
    tax: Decimal
    net_amount: Decimal
    is_void: bool
    return_reason: NotRequired[str]


class Tender(TypedDict):
    """One payment of a receipt."""

    seq: int
    type: str
    amount: Decimal
    currency: str


class Receipt(TypedDict):
    """v2, one transaction of a till. Times are ISO 8601, ``occurred_at`` with the store's offset."""

    event_id: str
    schema_version: Literal[2]
    transaction_id: str
    transaction_type: TransactionType
    store_id: str
    register_id: NotRequired[str]
    till_session_id: NotRequired[str]
    transaction_seq: NotRequired[int]
    business_date: str
    occurred_at: str
    produced_at: NotRequired[str]
    operator_id: NotRequired[str]
    customer_id: NotRequired[str]
    currency: str
    channel: str
    original_transaction_id: NotRequired[str]
    totals: Totals
    lines: list[ReceiptLine]
    tenders: list[Tender]


class InventoryMovement(TypedDict):
    """One movement of one product at one store; ``quantity`` is the signed change of stock."""

    event_id: str
    schema_version: Literal[1]
    movement_id: str
    movement_type: MovementType
    store_id: str
    product_id: str
    quantity: Decimal
    uom: str
    occurred_at: str
    business_date: str
    produced_at: NotRequired[str]
    reason: NotRequired[str]
    document_id: NotRequired[str]
    unit_cost: NotRequired[Decimal]
    currency: NotRequired[str]


class TillTender(TypedDict):
    """What a till took in by one kind of tender, and what was counted of it."""

    type: str
    amount: Decimal
    counted_amount: Decimal


class TillSession(TypedDict):
    """The Z-report of a till: the register's own account of one session."""

    event_id: str
    schema_version: Literal[1]
    till_session_id: str
    store_id: str
    register_id: str
    operator_id: NotRequired[str]
    business_date: str
    opened_at: str
    closed_at: str
    produced_at: NotRequired[str]
    currency: str
    first_transaction_seq: int
    last_transaction_seq: int
    receipt_count: int
    totals: Totals
    tenders: list[TillTender]
    over_short: Decimal


class ProductRecord(TypedDict):
    """The whole state of a product from ``effective_at`` on."""

    event_id: str
    schema_version: Literal[1]
    product_id: str
    description: str
    category: str
    department: NotRequired[str]
    brand: NotRequired[str]
    uom: str
    unit_cost: NotRequired[Decimal]
    currency: NotRequired[str]
    list_price: NotRequired[Decimal]
    lead_time_days: NotRequired[int]
    safety_stock: NotRequired[Decimal]
    is_active: bool
    effective_at: str
    produced_at: NotRequired[str]


class StoreRecord(TypedDict):
    """The whole state of a store from ``effective_at`` on."""

    event_id: str
    schema_version: Literal[1]
    store_id: str
    store_name: str
    region: str
    country: str
    zone: str
    currency: str
    closing_hour: int
    effective_at: str
    produced_at: NotRequired[str]


class CustomerRecord(TypedDict):
    """The whole state of a customer from ``effective_at`` on."""

    event_id: str
    schema_version: Literal[1]
    customer_id: str
    name: NotRequired[str]
    email: NotRequired[str]
    phone: NotRequired[str]
    postcode: NotRequired[str]
    segment: NotRequired[str]
    has_consent: bool
    is_erased: NotRequired[bool]
    effective_at: str
    produced_at: NotRequired[str]


MasterRecord = ProductRecord | StoreRecord | CustomerRecord


@dataclass(frozen=True, slots=True)
class Message:
    """One Kafka message before it is sent. ``topic`` is the contract's name, without the settings' prefix.

    ``event_id`` and ``occurred_at`` describe the event inside; they are not sent.
    """

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    event_id: str
    occurred_at: datetime


def encode(event: Receipt | InventoryMovement | TillSession | MasterRecord) -> bytes:
    """UTF-8 JSON of an event; decimals as strings in plain form, so that no reader makes floats of them."""
    return json.dumps(event, default=_plain, ensure_ascii=False, separators=(",", ":")).encode()


def encode_sale_line(line: SaleLine) -> bytes:
    """UTF-8 JSON of a v1 line; its decimals are plain JSON numbers, as the simple producers write them."""
    text = {name: json.dumps(line[name], ensure_ascii=False) for name in ("id", "product", "sales_time")}
    return (
        f'{{"id":{text["id"]},"product":{text["product"]},"quantity":{plain(line["quantity"])},'
        f'"price":{plain(line["price"])},"sales_time":{text["sales_time"]}}}'
    ).encode()


def receipt_totals(lines: Sequence[ReceiptLine]) -> Totals:
    """Totals of a receipt from its lines, none of them void."""
    discount = sum((line["discount"] for line in lines), Decimal(0))
    net = sum((line["net_amount"] for line in lines), Decimal(0))
    tax = sum((line["tax"] for line in lines), Decimal(0))
    return {"gross": net + discount, "discount": discount, "net": net, "tax": tax, "total": net + tax}


def plain(number: Decimal) -> str:
    """A decimal without exponent: ``0.00001`` and not ``1E-5``."""
    return format(number, "f")


def amount(number: Decimal) -> Decimal:
    """The same number in its one shortest form: 2.5500 and 2.55 are one price, 1E+2 is 100."""
    short = number.normalize()
    return short if short.as_tuple().exponent in _FRACTIONS else short.quantize(Decimal(1))


def utc_text(instant: datetime) -> str:
    """ISO 8601 of an instant in UTC, to the millisecond: ``2026-11-23T10:15:00.000Z``."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


def date_text(day: date) -> str:
    """ISO 8601 of a day."""
    return day.isoformat()


_FRACTIONS = frozenset(range(-40, 1))


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    raise TypeError(f"events hold text, whole numbers, booleans and Decimal; seen {type(value).__name__}")
