"""Stock of one store as its movements make it. Quantities are counted in thousandths inside.

The shop floor loses things that no movement tells (shrink): a count finds out.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from random import Random

from ingestion.events import InventoryMovement, MovementType, Receipt, date_text
from ingestion.shop import pounds
from ingestion.simulator.assortment import Goods
from ingestion.simulator.baskets import units
from ingestion.simulator.chain import SIMULATED, Store

_ENOUGH, _FULL = 12_000, 40_000
_SCARCE, _MISSED = 6_000, -4_000
_COUNTED, _SHRINK_SHARE, _FOUND_SHARE = 6, 0.4, 0.08
_STOCK_LINES = ("ITEM", "RETURN")


class Stockroom:
    """On-hand of a store in a run, and the movements that made it."""

    def __init__(self, store: Store, run_id: str) -> None:
        self.store = store
        self.on_hand: dict[str, int] = {}
        self._run_id = run_id
        self._moved = 0

    def deliver(self, goods: Iterable[Goods], at: datetime) -> list[InventoryMovement]:
        """Fill up what runs low; of what is scarce too little comes, and only after it was missed."""
        moved = []
        for each in goods:
            enough, full = (_MISSED, _SCARCE) if each.is_scarce else (_ENOUGH, _FULL)
            seen = self.on_hand.get(each.product_id)
            if seen is None or seen < enough:
                moved.append(self.move("RECEIPT", each, full - (seen or 0), at))
        return moved

    def count(self, goods: list[Goods], at: datetime, rng: Random) -> list[InventoryMovement]:
        """Count some goods: mostly right, at times less than the books say, seldom more, never below none."""
        moved = []
        for each in rng.sample(goods, min(_COUNTED, len(goods))):
            seen = self.on_hand.get(each.product_id, 0)
            chance = rng.random()
            lost = rng.randint(1, 3) * 1_000 if chance < _SHRINK_SHARE else 0
            found = 1_000 if chance > 1 - _FOUND_SHARE else 0
            counted = max(0, seen - lost + found)
            moved.append(self._movement("COUNT", each, counted, at, "cycle count"))
            self.on_hand[each.product_id] = counted
        return moved

    def move(
        self, kind: MovementType, goods: Goods, thousandths: int, at: datetime, document: str | None = None
    ) -> InventoryMovement:
        """One movement by the signed change of stock."""
        self.on_hand[goods.product_id] = self.on_hand.get(goods.product_id, 0) + thousandths
        return self._movement(kind, goods, thousandths, at, document)

    def sell(self, receipt: Receipt, sign: int = -1) -> None:
        """Take what a receipt sold, or put it back with ``sign`` 1: receipts are movements of their own."""
        for line in receipt["lines"]:
            if line["line_type"] in _STOCK_LINES and not line["is_void"]:
                sold = int(line["quantity"].scaleb(3))
                self.on_hand[line["product_id"]] = self.on_hand.get(line["product_id"], 0) + sign * sold

    def _movement(
        self, kind: MovementType, goods: Goods, thousandths: int, at: datetime, document: str | None
    ) -> InventoryMovement:
        self._moved += 1
        movement_id = f"{self.store.store_id}-{self._run_id}-M{self._moved}"
        event: InventoryMovement = {
            "event_id": f"{SIMULATED}{movement_id}",
            "schema_version": 1,
            "movement_id": movement_id,
            "movement_type": kind,
            "store_id": self.store.store_id,
            "product_id": goods.product_id,
            "quantity": units(thousandths),
            "uom": goods.product.uom,
            "occurred_at": self.store.local(at),
            "business_date": date_text(self.store.business_date(at)),
            "reason": f"simulated {kind.lower().replace('_', ' ')}",
            "document_id": document or f"{SIMULATED}{movement_id}",
        }
        cost = goods.version_at(at).cost
        if cost is not None and goods.currency == self.store.currency and kind == "RECEIPT":
            event["unit_cost"], event["currency"] = pounds(cost), self.store.currency
        return event
