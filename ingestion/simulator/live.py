"""The chain on today's clock, at any rate: every event happens at the moment it is asked for.

Stores sell around the clock here, by day more than by night, so that there is always something to see.
"""

from __future__ import annotations

import heapq
from collections import Counter, deque
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from ingestion.events import SALES_DATA, Message
from ingestion.faults import damage, shuffled_kinds
from ingestion.simulator.assortment import assortment, sold_in
from ingestion.simulator.baskets import Shelf
from ingestion.simulator.chain import SIMULATED, STORES, ChainPlan, Store
from ingestion.simulator.master_data import customer_records, product_records, store_records
from ingestion.simulator.people import cashier, customers
from ingestion.simulator.sent import Sent, message, movement_sent, receipt_sent, session_sent
from ingestion.simulator.stockroom import Stockroom
from ingestion.simulator.store_day import Branch, serve
from ingestion.simulator.till import Till

_RECENT = 1_000
_RECEIPTS_A_SESSION = 150
_STOCK_SHARE, _COUNT_SHARE, _VAN_SHARE = 0.05, 0.01, 0.01
_VAN_TAKES = timedelta(minutes=3)
_MOST_LATE = timedelta(days=3)
_OFFLINE_TILL = "R9"


class LiveChain:
    """All stores of a running chain. ``counts`` tells what was made: events, lines, late, duplicates, broken."""

    def __init__(self, plan: ChainPlan, topics: tuple[str, ...], started_at: datetime) -> None:
        self.counts: Counter[str] = Counter()
        self._plan, self._topics = plan, topics
        self._rng = rng = Random(plan.run)
        self._goods = assortment(plan, rng)
        people = customers()
        self._branches = [
            Branch(
                store,
                [Till(store, register, plan.run_id) for register in (*store.tills, _OFFLINE_TILL)],
                Stockroom(store, plan.run_id),
                [each for each in people if each.home == store],
            )
            for store in STORES
        ]
        self._later: list[tuple[datetime, int, Sent]] = []
        self._queued = 0
        self._recent: deque[Message] = deque(maxlen=_RECENT)
        for sent in (
            *store_records(plan),
            *customer_records(plan, people),
            *product_records(plan, self._goods, rng),
        ):
            self._send_later(sent)
        for branch in self._branches:
            sold = sold_in(self._goods, branch.store.currency, branch.store.business_date(started_at))
            for movement in branch.stockroom.deliver(sold, started_at):
                self._send_later(movement_sent(movement, started_at, started_at))

    def batch(self, count: int, now: datetime) -> list[Message]:
        """The next ``count`` messages, made at ``now``."""
        made: list[Message] = []
        while len(made) < count:
            while not self._later or self._later[0][0] > now:
                self._happen(now)
            sent = heapq.heappop(self._later)[2]
            if sent.topic in self._topics:
                made += self._on_the_wire(sent, now)
        self.counts["events"] += len(made)
        return made

    def _happen(self, now: datetime) -> None:
        """One customer at one till, and at times something in the stockroom."""
        rng = self._rng
        branch = rng.choices(self._branches, [_busy(each.store, now) for each in self._branches])[0]
        store, at = branch.store, now
        is_late = rng.random() < self._plan.late
        till = branch.tills[-1] if is_late else rng.choice(branch.tills[:-1])
        if is_late:
            self.counts["late"] += 1
            at = now - rng.random() * _MOST_LATE
        day = store.business_date(at)
        if till.session and (is_late or till.session.day != day or till.session.count >= _RECEIPTS_A_SESSION):
            self._close(branch, till, now)
        if till.session is None:
            branch.voidable.pop(till.register, None)
            till.open(day, at)
        shelf = Shelf(sold_in(self._goods, store.currency, day), day, at)
        receipt = serve(branch, till, shelf, rng)
        self.counts["lines"] += len(receipt["lines"])
        self._send_later(receipt_sent(receipt, at, now))
        self._move_stock(branch, shelf, now)

    def _close(self, branch: Branch, till: Till, now: datetime) -> None:
        is_wrong = self._rng.random() < 0.1
        difference = Decimal(self._rng.choice((-500, -20, 100))).scaleb(-2) if is_wrong else Decimal(0)
        closed_at = now if till.register != _OFFLINE_TILL or till.session is None else till.session.opened_at
        report = till.close(closed_at, cashier(branch.store, self._rng), difference)
        self._send_later(session_sent(report, closed_at, now))

    def _move_stock(self, branch: Branch, shelf: Shelf, now: datetime) -> None:
        rng, room, goods = self._rng, branch.stockroom, list(shelf.goods)
        moved = room.deliver(goods, now) if rng.random() < _STOCK_SHARE else []
        if rng.random() < _COUNT_SHARE:
            moved += room.count(goods, now, rng)
        for movement in moved:
            self._send_later(movement_sent(movement, now, now))
        takers = [b for b in self._branches if b is not branch and b.store.currency == branch.store.currency]
        if rng.random() < _VAN_SHARE:
            self._drive(branch, rng.choice(takers), shelf, now)

    def _drive(self, giver: Branch, taker: Branch, shelf: Shelf, now: datetime) -> None:
        rng = self._rng
        document = f"{SIMULATED}transfer:{self._plan.run_id}:{self._queued}"
        each, quantity, there_at = rng.choice(shelf.goods), rng.randint(2, 5) * 1_000, now + _VAN_TAKES
        out = giver.stockroom.move("TRANSFER_OUT", each, -quantity, now, document)
        into = taker.stockroom.move("TRANSFER_IN", each, quantity, there_at, document)
        self._send_later(movement_sent(out, now, now))
        self._send_later(movement_sent(into, there_at, there_at))

    def _send_later(self, sent: Sent) -> None:
        self._queued += 1  # of two events of one instant the first made goes first
        heapq.heappush(self._later, (sent.send_at, self._queued, sent))

    def _on_the_wire(self, sent: Sent, now: datetime) -> list[Message]:
        rng, plan = self._rng, self._plan
        made = message(sent, f"simulator:{plan.seed}", now)
        if sent.topic == SALES_DATA and b'"lines":[{' in (made.value or b"") and rng.random() < plan.broken:
            self.counts["broken"] += 1
            return [damage(rng, made, shuffled_kinds(rng, 1)[0])]
        again = [rng.choice(self._recent)] if self._recent and rng.random() < plan.duplicates else []
        self.counts["duplicates"] += len(again)
        self._recent.append(made)
        return [made, *again]


def _busy(store: Store, now: datetime) -> float:
    """How many customers a store has at an instant."""
    hours = (now - store.at(store.business_date(now), 0)).total_seconds() / 3600
    return 1.0 if store.opens <= hours < store.closes else 0.1
