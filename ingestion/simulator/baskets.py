"""Lines of receipts: goods at the price of the moment, fees, deposits, vouchers, and goods going back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from random import Random

from ingestion.events import LineType, ReceiptLine
from ingestion.shop import pounds
from ingestion.simulator.assortment import Goods, promotion_price

_LOYALTY_PERCENT = 5
_VOID_LINE_SHARE, _FREE_SHARE, _EXTRA_SHARE = 0.03, 0.01, 0.12
_MOST_LINES = 8
_EXTRAS: tuple[tuple[LineType, str, str, int], ...] = (
    ("FEE", "BAG", "Carrier bag", 10),
    ("DEPOSIT", "BOTTLE", "Bottle deposit", 25),
    ("GIFT_CARD", "GIFT25", "Gift card 25", 2_500),
    ("SHIPPING", "SHIP", "Home delivery", 495),
)
_REASONS = ("unwanted", "damaged", "wrong size")


@dataclass(frozen=True)
class Shelf:
    """What a store can sell at a moment of a business day."""

    goods: Sequence[Goods]
    day: date
    at: datetime


def bought_lines(shelf: Shelf, rng: Random, is_member: bool) -> list[ReceiptLine]:
    """Lines of a sale: different goods, at times one that is voided or free, at times a bag or a voucher."""
    count = min(1 + int(rng.expovariate(0.5)), _MOST_LINES, len(shelf.goods))
    chosen = dict.fromkeys(rng.choices(shelf.goods, [_demand(each) for each in shelf.goods], k=count))
    lines = [_goods_line(shelf, goods, rng, is_member) for goods in chosen]
    if len(lines) > 1 and rng.random() < _VOID_LINE_SHARE * len(lines):
        lines[0]["is_void"] = True
    if rng.random() < _EXTRA_SHARE:
        lines.append(_extra_line(rng))
    for line_seq, line in enumerate(lines, 1):
        line["line_seq"] = line_seq
    return lines


def returned(lines: Sequence[ReceiptLine], rng: Random) -> list[ReceiptLine]:
    """The goods among a receipt's lines going back, all amounts with the ledger's sign."""
    back = [line.copy() for line in lines if line["line_type"] == "ITEM" and not line["is_void"]]
    back = back[: rng.randint(1, len(back))] if back else []
    reason = rng.choice(_REASONS)
    for line_seq, line in enumerate(back, 1):
        line["line_seq"], line["line_type"], line["return_reason"] = line_seq, "RETURN", reason
        for amount in ("quantity", "discount", "tax", "net_amount"):
            line[amount] = -line[amount]
    return back


def _goods_line(shelf: Shelf, goods: Goods, rng: Random, is_member: bool) -> ReceiptLine:
    regular = goods.version_at(shelf.at).price
    price = promotion_price(regular) if goods.promoted_on(shelf.day) else regular
    if rng.random() < _FREE_SHARE:
        price = 0
    is_weighed = goods.product.uom == "KG"
    thousandths = rng.randint(100, 2_500) if is_weighed else 1_000 * (1 + int(rng.expovariate(1.1)))
    gross = (thousandths * price + 500) // 1_000
    discount = gross * _LOYALTY_PERCENT // 100 if is_member else 0
    net = gross - discount
    return {
        "line_seq": 0,
        "line_type": "ITEM",
        "product_id": goods.product_id,
        "description": goods.product.description,
        "quantity": units(thousandths),
        "uom": goods.product.uom,
        "regular_unit_price": pounds(regular),
        "unit_price": pounds(price),
        "discount": pounds(discount),
        "tax": pounds((net * goods.product.tax_percent + 50) // 100),
        "net_amount": pounds(net),
        "is_void": False,
    }


def _extra_line(rng: Random) -> ReceiptLine:
    line_type, product_id, description, price = rng.choice(_EXTRAS)
    return {
        "line_seq": 0,
        "line_type": line_type,
        "product_id": product_id,
        "description": description,
        "quantity": Decimal(1),
        "uom": "EA",
        "regular_unit_price": pounds(price),
        "unit_price": pounds(price),
        "discount": Decimal(0),
        "tax": Decimal(0),
        "net_amount": pounds(price),
        "is_void": False,
    }


def units(thousandths: int) -> Decimal:
    """A quantity counted in thousandths, in its shortest form."""
    return Decimal(thousandths).scaleb(-3) if thousandths % 1_000 else Decimal(thousandths // 1_000)


def _demand(goods: Goods) -> float:
    """A few goods sell often, and what is scarce sells best of all."""
    return 4.0 if goods.is_scarce else 1.0 + 3.0 * (sum(goods.product_id.encode()) % 5 == 0)
