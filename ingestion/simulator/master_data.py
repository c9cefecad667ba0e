"""Master data of a run as its systems send it: mostly in time, some days late, some out of order, some never.

What a record says is valid from its ``effective_at``, whenever it arrives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from ingestion.events import (
    CUSTOMERS,
    PRODUCTS,
    STORES,
    CustomerRecord,
    ProductRecord,
    StoreRecord,
    utc_text,
)
from ingestion.shop import pounds
from ingestion.simulator import chain
from ingestion.simulator.assortment import Goods, Version, midnight
from ingestion.simulator.chain import MASTER_SINCE, SIMULATED, ChainPlan, Store
from ingestion.simulator.people import Customer
from ingestion.simulator.sent import Sent

_LATE_SHARE = 0.3
_BRANDS = ("Hearth & Home", "Oakline", "Bluebird")
_LATE_STORE, _RENAMED_STORE = "S06", "S02"


def product_records(plan: ChainPlan, goods: Iterable[Goods], rng: Random) -> Iterator[Sent]:
    """Every version of every product. A late one comes a day or two after it is valid; of two changes the second
    may come first."""
    for each in (each for each in goods if each.has_master):
        for number, version in enumerate(each.versions, 1):
            is_first = number == 1 and each.launched_on == plan.start
            sent_at = before_start(plan) if is_first else version.effective_at - timedelta(hours=9)
            if not is_first and rng.random() < _LATE_SHARE:
                sent_at = version.effective_at + timedelta(hours=rng.choice((5, 26, 40)))
            event = product_record(plan.run_id, each, number, version)
            yield Sent(sent_at, PRODUCTS, each.product_id, event, version.effective_at)


def store_records(plan: ChainPlan) -> Iterator[Sent]:
    """Every store; one is made known a day late, one moves to another region in the middle of the run."""
    since = midnight(plan.start) - MASTER_SINCE
    for store in chain.STORES:
        sent_at = before_start(plan)
        if store.store_id == _LATE_STORE:
            sent_at += timedelta(days=min(2, plan.days))
        event = store_record(plan.run_id, store, 1, since)
        yield Sent(sent_at, STORES, store.store_id, event, since)
        if store.store_id == _RENAMED_STORE:
            moved_at = midnight(plan.start + timedelta(days=plan.days // 2))
            moved = replace(store, region="Midlands")
            event = store_record(plan.run_id, moved, 2, moved_at)
            yield Sent(moved_at + timedelta(hours=30), STORES, store.store_id, event, moved_at)


def customer_records(plan: ChainPlan, people: Iterable[Customer]) -> Iterator[Sent]:
    """Every member that agreed or refused; some change their mind in the middle of the run."""
    since = midnight(plan.start) - MASTER_SINCE
    turns_at = midnight(plan.start + timedelta(days=plan.days // 2)) + timedelta(hours=11)
    for each in people:
        if each.consent == "unknown":
            continue
        states = [since, turns_at] if each.consent in {"withdrawn", "given"} else [since]
        for number, at in enumerate(states, 1):
            sent_at = before_start(plan) if number == 1 else at
            event = customer_record(plan.run_id, each, number, at, each.has_consent(at, turns_at))
            yield Sent(sent_at, CUSTOMERS, each.customer_id, event, at)


def before_start(plan: ChainPlan) -> datetime:
    """When the first state of everything is sent: before any store opens."""
    return midnight(plan.start) - timedelta(hours=12)


def product_record(run_id: str, goods: Goods, number: int, version: Version) -> ProductRecord:
    """The state of a product; ``number`` counts its versions in the run."""
    product = goods.product
    is_food = product.uom == "KG"
    record: ProductRecord = {
        "event_id": f"{SIMULATED}{run_id}:product:{goods.product_id}:{number}",
        "schema_version": 1,
        "product_id": goods.product_id,
        "description": product.description,
        "category": product.description.split()[0 if is_food else 1],
        "department": "Food" if is_food else "Home",
        "brand": _BRANDS[sum(goods.product_id.encode()) % len(_BRANDS)],
        "uom": product.uom,
        "list_price": pounds(version.price),
        "currency": goods.currency,
        "lead_time_days": 1 if is_food else 3,
        "safety_stock": Decimal(5),
        "is_active": version.is_active,
        "effective_at": utc_text(version.effective_at),
    }
    if version.cost is not None:
        record["unit_cost"] = pounds(version.cost)
    return record


def store_record(run_id: str, store: Store, number: int, at: datetime) -> StoreRecord:
    """The state of a store."""
    return {
        "event_id": f"{SIMULATED}{run_id}:store:{store.store_id}:{number}",
        "schema_version": 1,
        "store_id": store.store_id,
        "store_name": store.name,
        "region": store.region,
        "country": store.country,
        "zone": store.zone,
        "currency": store.currency,
        "closing_hour": store.closing_hour,
        "effective_at": utc_text(at),
    }


def customer_record(
    run_id: str, customer: Customer, number: int, at: datetime, has_consent: bool
) -> CustomerRecord:
    """The state of a customer: an invented name, and an address that no mail reaches."""
    return {
        "event_id": f"{SIMULATED}{run_id}:customer:{customer.customer_id}:{number}",
        "schema_version": 1,
        "customer_id": customer.customer_id,
        "name": customer.name,
        "email": f"{customer.customer_id.lower()}@example.com",
        "phone": f"+44 20 7946 {int(customer.customer_id[1:]):04d}",
        "postcode": customer.postcode,
        "segment": customer.segment,
        "has_consent": has_consent,
        "effective_at": utc_text(at),
    }
