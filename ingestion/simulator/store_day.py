"""One business day of one store: deliveries, sales, returns, voids, counts, and the tills' Z-reports."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from ingestion.events import Receipt, TransactionType
from ingestion.simulator.assortment import Goods
from ingestion.simulator.baskets import Shelf, bought_lines, returned
from ingestion.simulator.chain import Store
from ingestion.simulator.people import Customer, cashier
from ingestion.simulator.sent import Sent, movement_sent, receipt_sent, session_sent
from ingestion.simulator.stockroom import Stockroom
from ingestion.simulator.till import Rung, Till

_KINDS: tuple[TransactionType, ...] = ("SALE", "RETURN", "EXCHANGE", "POST_VOID", "CANCELLED")
_WEIGHTS = (82, 7, 4, 3, 4)
_MEMBER_SHARE = 0.6
_OVER_SHORT_SHARE = 0.1
_RETURNABLE = 200


@dataclass(frozen=True)
class Van:
    """Goods on the way from one store to another."""

    goods: Goods
    thousandths: int
    leaves_on: date
    document: str


@dataclass
class Branch:
    """A store in a run: its tills, its stockroom, its customers and what may still come back."""

    store: Store
    tills: list[Till]
    stockroom: Stockroom
    members: list[Customer]
    returnable: deque[Receipt] = field(default_factory=lambda: deque(maxlen=_RETURNABLE))
    voidable: dict[str, Receipt] = field(default_factory=dict)
    arriving: list[Van] = field(default_factory=list)


@dataclass(frozen=True)
class TillDay:
    """How a till's day goes wrong: ``is_offline``, it delivers all of it the next day; ``loses``, one receipt is in the
    Z-report and never sent."""

    is_offline: bool = False
    loses: bool = False


def serve(branch: Branch, till: Till, shelf: Shelf, rng: Random) -> Receipt:
    """One customer at a till: mostly a sale; a return, an exchange or a void where there is something to undo."""
    kind = rng.choices(_KINDS, _WEIGHTS)[0]
    operator_id = cashier(branch.store, rng)
    if kind == "POST_VOID" and till.register in branch.voidable:
        voided = branch.voidable.pop(till.register)
        branch.stockroom.sell(voided, 1)
        branch.returnable = deque((r for r in branch.returnable if r is not voided), maxlen=_RETURNABLE)
        return till.void(voided, operator_id, shelf.at, rng)
    if kind == "CANCELLED":
        return till.ring(Rung("CANCELLED", (), operator_id), shelf.at, rng)
    if kind in {"RETURN", "EXCHANGE"} and branch.returnable:
        return _took_back(branch, till, shelf, kind, rng)
    member = _member(branch, rng)
    customer_id = member.customer_id if member else None
    lines = bought_lines(shelf, rng, member is not None)
    receipt = till.ring(Rung("SALE", lines, operator_id, customer_id), shelf.at, rng)
    branch.stockroom.sell(receipt)
    branch.voidable[till.register] = receipt
    if any(line["line_type"] == "ITEM" and not line["is_void"] for line in lines):
        branch.returnable.append(receipt)
    return receipt


def sales_day(
    branch: Branch, goods: list[Goods], day: date, plan: tuple[int, dict[str, TillDay]], rng: Random
) -> Iterator[Sent]:
    """What a store's tills send of a business day, in the order in which it happens; ``plan`` is (receipts, what goes
    wrong by register)."""
    count, troubles = plan
    store = branch.store
    opens_at, closes_at = store.at(day, store.opens), store.at(day, store.closes)
    online_at = store.at(day + timedelta(days=1), store.opens + 1.0)
    for till in branch.tills:
        till.open(day, opens_at)
    branch.voidable.clear()
    for number, at in enumerate(_moments(opens_at, closes_at, count, rng)):
        till = branch.tills[number % len(branch.tills)]
        trouble = troubles[till.register]
        receipt = serve(branch, till, Shelf(goods, day, at), rng)
        if trouble.loses and number // len(branch.tills) == 1:
            branch.voidable.pop(till.register, None)
            continue
        late_at = online_at + timedelta(milliseconds=number)
        yield receipt_sent(receipt, at, late_at if trouble.is_offline else _soon(at, rng))
    closed_at = closes_at + timedelta(minutes=5)
    for till in branch.tills:
        difference = Decimal(rng.choice((-1_000, -500, -35, 20, 500))).scaleb(-2)
        is_wrong = rng.random() < _OVER_SHORT_SHARE
        report = till.close(closed_at, cashier(store, rng), difference if is_wrong else Decimal(0))
        late_at = online_at + timedelta(milliseconds=count)
        is_offline = troubles[till.register].is_offline
        yield session_sent(report, closed_at, late_at if is_offline else _soon(closed_at, rng))


def stock_day(branch: Branch, goods: list[Goods], day: date) -> Iterator[Sent]:
    """Before the store opens: deliveries, and what other stores sent the day before."""
    at = branch.store.at(day, branch.store.opens - 2)
    for movement in branch.stockroom.deliver(goods, at):
        yield movement_sent(movement, at, at + timedelta(minutes=3))
    at += timedelta(hours=1)
    due = [van for van in branch.arriving if van.leaves_on < day]
    branch.arriving = [van for van in branch.arriving if van.leaves_on >= day]
    for van in due:
        movement = branch.stockroom.move("TRANSFER_IN", van.goods, van.thousandths, at, van.document)
        yield movement_sent(movement, at, at + timedelta(minutes=2))


def transfer(giver: Branch, taker: Branch, van: Van) -> Sent:
    """Goods leave one store when its day begins; they arrive at the other the next morning."""
    at = giver.store.at(van.leaves_on, giver.store.opens)
    taker.arriving.append(van)
    movement = giver.stockroom.move("TRANSFER_OUT", van.goods, -van.thousandths, at, van.document)
    return movement_sent(movement, at, at + timedelta(minutes=2))


def stock_night(branch: Branch, goods: list[Goods], day: date, rng: Random) -> Iterator[Sent]:
    """After closing: what is spoilt, broken, sent back or found, then the count of some goods."""
    store, room = branch.store, branch.stockroom
    at = store.at(day, store.closes) + timedelta(minutes=20)
    food = [each for each in goods if each.product.uom == "KG"]
    movements = [room.move("WRITE_OFF", rng.choice(food), -rng.randint(200, 1_500), at)] if food else []
    if rng.random() < 0.25:
        movements.append(room.move("RETURN_TO_VENDOR", rng.choice(goods), -2_000, at))
    if rng.random() < 0.25:
        movements.append(room.move("ADJUSTMENT", rng.choice(goods), rng.choice((-1_000, 1_000)), at))
    for movement in movements:
        yield movement_sent(movement, at, at + timedelta(minutes=1))
    counted_at = at + timedelta(minutes=15)
    for movement in room.count(goods, counted_at, rng):
        yield movement_sent(movement, counted_at, counted_at + timedelta(minutes=1))


def _took_back(branch: Branch, till: Till, shelf: Shelf, kind: TransactionType, rng: Random) -> Receipt:
    original = rng.choice(branch.returnable)
    branch.returnable = deque((r for r in branch.returnable if r is not original), maxlen=_RETURNABLE)
    lines = returned(original["lines"], rng)
    if kind == "EXCHANGE":
        lines += bought_lines(shelf, rng, "customer_id" in original)
        for line_seq, line in enumerate(lines, 1):
            line["line_seq"] = line_seq
    branch.voidable = {register: sold for register, sold in branch.voidable.items() if sold is not original}
    rung = Rung(
        kind, lines, cashier(branch.store, rng), original.get("customer_id"), original["transaction_id"]
    )
    receipt = till.ring(rung, shelf.at, rng)
    branch.stockroom.sell(receipt)
    return receipt


def _member(branch: Branch, rng: Random) -> Customer | None:
    if not branch.members or rng.random() >= _MEMBER_SHARE:
        return None
    return rng.choices(branch.members, [each.weight for each in branch.members])[0]


def _moments(opens_at: datetime, closes_at: datetime, count: int, rng: Random) -> list[datetime]:
    seconds = (closes_at - opens_at).total_seconds()
    return [
        opens_at + timedelta(milliseconds=round(moment * 1_000))
        for moment in sorted(rng.uniform(60, seconds - 60) for _ in range(count))
    ]


def _soon(at: datetime, rng: Random) -> datetime:
    return at + timedelta(milliseconds=rng.randint(200, 4_000))
