"""A whole run of the chain, day by day: the same plan makes the same events, in the order in which they are sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from ingestion.events import SALES_DATA, Message, SaleLine, utc_text
from ingestion.faults import FaultPlan, FaultRecord, damage, inject, shuffled_kinds
from ingestion.shop import line_ids, pounds
from ingestion.simulator.assortment import Goods, assortment, sold_in
from ingestion.simulator.chain import SIMULATED, STORES, ChainPlan
from ingestion.simulator.master_data import customer_records, product_records, store_records
from ingestion.simulator.people import customers
from ingestion.simulator.sent import Sent, message
from ingestion.simulator.stockroom import Stockroom
from ingestion.simulator.store_day import Branch, TillDay, Van, sales_day, stock_day, stock_night, transfer
from ingestion.simulator.till import Till

_PLAIN_LINES_A_DAY = 4
_OFFLINE, _LOSES = ("S05", "R2", 0), ("S02", "R1", 1)
_OFFLINE_SHARE = 0.04
_LATE_BY = timedelta(days=2)


@dataclass(frozen=True)
class Week:
    """Messages in sending order, and what was done to them."""

    messages: list[Message]
    faults: FaultRecord = field(default_factory=FaultRecord)


def chain_week(plan: ChainPlan) -> Week:
    """All messages of a plan, with its late, repeated and broken ones."""
    ordered = sorted(chain_events(plan), key=lambda sent: (sent.send_at, sent.topic, sent.key))
    source = f"simulator:{plan.seed}"
    sound, corrupted = _with_damage(plan, [message(sent, source) for sent in ordered])
    faults = FaultPlan(plan.seed, redeliver=plan.duplicates, late=plan.late, late_by=_LATE_BY)
    messages, record = inject(sound, faults)
    return Week(messages, FaultRecord(corrupted, record.redelivered, record.late))


def chain_events(plan: ChainPlan) -> Iterator[Sent]:
    """All events of a plan, without faults of the way."""
    rng = Random(plan.run)
    goods, people = assortment(plan, rng), customers()
    yield from store_records(plan)
    yield from customer_records(plan, people)
    yield from product_records(plan, goods, rng)
    branches = [
        Branch(
            store,
            [Till(store, register, plan.run_id) for register in store.tills],
            Stockroom(store, plan.run_id),
            [each for each in people if each.home == store],
        )
        for store in STORES
    ]
    for number in range(plan.days):
        yield from _day(plan, branches, goods, number, rng)
        yield from _plain_lines(plan, goods, number, rng)


def _day(
    plan: ChainPlan, branches: list[Branch], goods: tuple[Goods, ...], number: int, rng: Random
) -> Iterator[Sent]:
    """A day of the chain. A van takes something from one store to another of the same currency."""
    day = plan.start + timedelta(days=number)
    giver = rng.choice(branches)
    taker = rng.choice([b for b in branches if b is not giver and b.store.currency == giver.store.currency])
    for branch in branches:
        sold = sold_in(goods, branch.store.currency, day)
        yield from stock_day(branch, sold, day)
        if branch is giver:
            document = f"{SIMULATED}transfer:{giver.store.store_id}-{taker.store.store_id}:{day.isoformat()}"
            yield transfer(giver, taker, Van(rng.choice(sold), rng.randint(2, 5) * 1_000, day, document))
        count = max(2 * len(branch.tills), round(plan.receipts_per_day * rng.uniform(0.6, 1.4)))
        yield from sales_day(branch, sold, day, (count, _troubles(branch, number, rng)), rng)
        yield from stock_night(branch, sold, day, rng)


def _troubles(branch: Branch, number: int, rng: Random) -> dict[str, TillDay]:
    places = {till.register: (branch.store.store_id, till.register, number) for till in branch.tills}
    return {
        register: TillDay(place == _OFFLINE or rng.random() < _OFFLINE_SHARE, place == _LOSES)
        for register, place in places.items()
    }


def _plain_lines(plan: ChainPlan, goods: tuple[Goods, ...], number: int, rng: Random) -> Iterator[Sent]:
    """A market stall still sends plain lines."""
    for line_id in line_ids(plan.run, number * _PLAIN_LINES_A_DAY, _PLAIN_LINES_A_DAY):
        at = STORES[0].at(plan.start + timedelta(days=number), rng.uniform(8, 20))
        each = rng.choice(goods)
        line: SaleLine = {
            "id": line_id,
            "product": each.product_id,
            "quantity": pounds(100 * rng.randint(1, 4)),
            "price": pounds(each.version_at(at).price),
            "sales_time": utc_text(at),
        }
        yield Sent(at + timedelta(seconds=1), SALES_DATA, str(line_id), line, at)


def _with_damage(plan: ChainPlan, messages: list[Message]) -> tuple[list[Message], dict[str, str]]:
    """Some sales arrive broken. A broken one is lost: its sound form is never sent."""
    rng = Random(f"{plan.run}|damage")
    sales = [index for index, each in enumerate(messages) if b'"lines":[{' in (each.value or b"")]
    broken = rng.sample(sales, round(plan.broken * len(sales)))
    kinds = dict(zip(broken, shuffled_kinds(rng, len(broken)), strict=True))
    damaged = [
        damage(rng, each, kinds[index]) if index in kinds else each for index, each in enumerate(messages)
    ]
    return damaged, {messages[index].event_id: kind for index, kind in kinds.items()}
