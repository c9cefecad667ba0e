"""A made-up chain of shops: what its tills send. Pure: randomness from a seed, time as an argument.

The catalogue is the same for every seed, so that all runs describe the same products. Ids carry the run
(seed and start time): a restart, even with the same seed, never says something else under an old id.
Money is counted in pence and quantities in thousandths inside, and leaves as Decimal.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from random import Random
from typing import Literal

from ingestion.catalogue import PRODUCTS, Product
from ingestion.corruption import CORRUPTIONS
from ingestion.events import Receipt, ReceiptLine, Tender, date_text, encode, receipt_totals, utc_text

Shape = Literal["v1", "v2", "mixed"]
KeyedValue = tuple[bytes, bytes | None]

_RECENT = 1_000
_LINES_PER_BLOCK = 1 << 27
_MOST_LATE_MINUTES = 3 * 24 * 60
_RETURN_SHARE, _KNOWN_CUSTOMER_SHARE, _DISCOUNT_SHARE = 0.06, 0.6, 0.1


@dataclass(frozen=True)
class ShopPlan:
    """What the simulated tills do. ``late``, ``duplicates`` and ``broken`` are shares of all events, 0 to 1;
    ``mixed`` sends both shapes in equal parts."""

    seed: int = 1
    shape: Shape = "v2"
    late: float = 0.0
    duplicates: float = 0.0
    broken: float = 0.0
    stores: int = 8
    registers: int = 3
    customers: int = 2_000
    currency: str = "GBP"

    def __post_init__(self) -> None:
        shares = {"late": self.late, "duplicates": self.duplicates, "broken": self.broken}
        if any(not 0 <= share <= 1 for share in shares.values()) or min(self.stores, self.registers) < 1:
            raise ValueError(f"shares lie between 0 and 1, stores and registers are at least 1; seen {self}")


class Shop:
    """All tills of one run. ``counts`` tells what was made: events, lines, v1, v2, late, duplicates, broken."""

    def __init__(self, plan: ShopPlan, started_at: datetime) -> None:
        self.run = f"{plan.seed}|{started_at.isoformat()}"
        self.run_id = blake2b(self.run.encode(), digest_size=6).hexdigest()
        self.counts: Counter[str] = Counter()
        self._plan = plan
        self._rng = Random(self.run)
        self._v1_share = {"v1": 1.0, "v2": 0.0, "mixed": 0.5}[plan.shape]
        self._transaction_seqs: Counter[str] = Counter()
        self._recent: deque[KeyedValue] = deque(maxlen=_RECENT)
        self._returnable: deque[tuple[str, ReceiptLine]] = deque(maxlen=_RECENT)
        self._goods = [_v1_goods(self._rng.choice(PRODUCTS), self._rng) for _ in range(4_096)]

    def batch(self, count: int, now: datetime) -> list[KeyedValue]:
        """The next ``count`` events as (key, value) for `sales_data`, sold at ``now`` unless late."""
        self.counts["events"] += count
        plan = self._plan
        if plan.shape == "v1" and not (plan.late or plan.duplicates or plan.broken):
            return self._sale_lines(count, now)
        return [self._event(now) for _ in range(count)]

    def receipt(self, occurred_at: datetime, produced_at: datetime) -> Receipt:
        """The next v2 receipt of a random till: mostly a sale, else the return of something sold before."""
        rng, plan = self._rng, self._plan
        store = f"S{rng.randrange(plan.stores) + 1:02d}"
        register = f"R{rng.randrange(plan.registers) + 1}"
        till = f"{store}-{register}"
        self._transaction_seqs[till] = transaction_seq = self._transaction_seqs[till] + 1
        transaction_id = f"{till}-{self.run_id}-{transaction_seq}"
        returned = rng.choice(self._returnable) if self._returnable and rng.random() < _RETURN_SHARE else None
        lines = [returned_line(returned[1])] if returned else self._bought_lines(transaction_id)
        totals = receipt_totals(lines)
        event: Receipt = {
            "event_id": f"sim:{transaction_id}",
            "schema_version": 2,
            "transaction_id": transaction_id,
            "transaction_type": "RETURN" if returned else "SALE",
            "store_id": store,
            "register_id": register,
            "till_session_id": f"{till}-{self.run_id}",
            "transaction_seq": transaction_seq,
            "business_date": date_text(occurred_at.date()),
            "occurred_at": occurred_at.isoformat(timespec="milliseconds"),
            "produced_at": utc_text(produced_at),
            "operator_id": f"{store}-C{rng.randrange(6) + 1}",
            "currency": plan.currency,
            "channel": "store",
            "totals": totals,
            "lines": lines,
            "tenders": [self._tender(totals["total"])],
        }
        if plan.customers and rng.random() < _KNOWN_CUSTOMER_SHARE:
            event["customer_id"] = f"C{rng.randrange(plan.customers) + 1:05d}"
        if returned:
            event["original_transaction_id"] = returned[0]
        return event

    def _tender(self, paid: Decimal) -> Tender:
        kind = self._rng.choice(("CARD", "CARD", "CASH"))
        return {"seq": 1, "type": kind, "amount": paid, "currency": self._plan.currency}

    def _event(self, now: datetime) -> KeyedValue:
        rng, plan, counts = self._rng, self._plan, self.counts
        if self._recent and rng.random() < plan.duplicates:
            counts["duplicates"] += 1
            return rng.choice(self._recent)
        occurred_at = now
        if rng.random() < plan.late:
            counts["late"] += 1
            occurred_at = now - timedelta(minutes=rng.randint(1, _MOST_LATE_MINUTES))
        if rng.random() < self._v1_share:
            pair = self._sale_lines(1, occurred_at)[0]
        else:
            pair = self._keyed_receipt(occurred_at, now)
        if rng.random() < plan.broken:
            counts["broken"] += 1
            return pair[0], CORRUPTIONS[rng.choice(list(CORRUPTIONS))](rng, pair[1] or b"")
        self._recent.append(pair)
        return pair

    def _keyed_receipt(self, occurred_at: datetime, produced_at: datetime) -> KeyedValue:
        receipt = self.receipt(occurred_at, produced_at)
        self.counts["v2"] += 1
        self.counts["lines"] += len(receipt["lines"])
        return f"{receipt['store_id']}|{receipt['register_id']}".encode(), encode(receipt)

    def _sale_lines(self, count: int, sold_at: datetime) -> list[KeyedValue]:
        """V1 lines, joined from ready-made bytes: a JSON library would halve the rate."""
        first = self.counts["v1"]
        self.counts["v1"] += count
        self.counts["lines"] += count
        end = b',"sales_time":"%b"}' % utc_text(sold_at).encode()
        keys = [b"%d" % line_id for line_id in line_ids(self.run, first, count)]
        goods = self._rng.choices(self._goods, k=count)
        return [(key, b'{"id":' + key + sold + end) for key, sold in zip(keys, goods, strict=True)]

    def _bought_lines(self, transaction_id: str) -> list[ReceiptLine]:
        rng = self._rng
        count = min(1 + int(rng.expovariate(0.45)), 20)
        lines = [bought_line(seq, rng.choice(PRODUCTS), rng) for seq in range(1, count + 1)]
        self._returnable.extend((transaction_id, line) for line in lines[:1] if not line["discount"])
        return lines


def bought_line(line_seq: int, product: Product, rng: Random) -> ReceiptLine:
    """A sold line: whole units, or a weight to the gram; at times ten per cent off."""
    thousandths = rng.randint(100, 2_500) if product.uom == "KG" else 1_000 * (1 + int(rng.expovariate(1.1)))
    gross = (thousandths * product.pence + 500) // 1_000
    discount = (gross + 5) // 10 if rng.random() < _DISCOUNT_SHARE else 0
    net = gross - discount
    return {
        "line_seq": line_seq,
        "line_type": "ITEM",
        "product_id": product.product_id,
        "description": product.description,
        "quantity": Decimal(thousandths).scaleb(-3) if thousandths % 1_000 else Decimal(thousandths // 1_000),
        "uom": product.uom,
        "regular_unit_price": pounds(product.pence),
        "unit_price": pounds(product.pence),
        "discount": pounds(discount),
        "tax": pounds((net * product.tax_percent + 50) // 100),
        "net_amount": pounds(net),
        "is_void": False,
    }


def returned_line(bought: ReceiptLine) -> ReceiptLine:
    """The same goods going back: quantity and amounts with the ledger's sign."""
    line = bought.copy()
    line["line_seq"], line["line_type"], line["return_reason"] = 1, "RETURN", "unwanted"
    for amount in ("quantity", "tax", "net_amount"):
        line[amount] = -line[amount]
    return line


def line_ids(run: str, first: int, count: int) -> list[int]:
    """Ids of the run's v1 lines ``first`` to ``first + count - 1``, below 2**63.

    Each block of 2**27 lines has its own 36 random bits, from the run's name: two runs meet once in 10**10.
    """
    ids: list[int] = []
    while len(ids) < count:
        block, place = divmod(first + len(ids), _LINES_PER_BLOCK)
        digest = blake2b(f"{run}|{block}".encode(), digest_size=8).digest()
        start = (int.from_bytes(digest, "big") >> 28) * _LINES_PER_BLOCK + place
        ids.extend(range(start, start + min(count - len(ids), _LINES_PER_BLOCK - place)))
    return ids


def pounds(pence: int) -> Decimal:
    """Exact amount with two decimals."""
    return Decimal(pence).scaleb(-2)


def _v1_goods(product: Product, rng: Random) -> bytes:
    """The middle of a v1 line's JSON."""
    quantity = 1 + int(rng.expovariate(1.1))
    return f',"product":"{product.product_id}","quantity":{quantity},"price":{pounds(product.pence)}'.encode()
