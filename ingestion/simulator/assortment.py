"""What the chain sells: goods of the catalogue with a price and cost history per run.

Goods are bought and priced in one currency, and sold in stores of that currency; a few travel to the others,
where the till charges another currency than the cost is in, so that no margin can be told there.
Prices are whole pence or cents ex tax.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from ingestion.catalogue import PRODUCTS, Product
from ingestion.simulator.chain import MASTER_SINCE, ChainPlan

_PER_CURRENCY = 30
_TRAVELLERS = 3
_CHANGED_SHARE, _DELISTED_SHARE = 0.3, 0.04
_PROMOTED_SHARE, _PROMOTION_PERCENT = 0.08, 20


@dataclass(frozen=True)
class Version:
    """A product's state from ``effective_at`` on; ``cost`` None = nobody knows it."""

    effective_at: datetime
    price: int
    cost: int | None
    is_active: bool = True


@dataclass(frozen=True)
class Goods:
    """One product of the chain. ``has_master`` False: the master data never names it."""

    product: Product
    currency: str
    versions: tuple[Version, ...]
    launched_on: date
    is_traveller: bool = False
    has_master: bool = True
    is_scarce: bool = False

    @property
    def product_id(self) -> str:
        """Its code."""
        return self.product.product_id

    def version_at(self, instant: datetime) -> Version:
        """What the till and the buyer know at an instant."""
        known = [version for version in self.versions if version.effective_at <= instant]
        return known[-1] if known else self.versions[0]

    def promoted_on(self, day: date) -> bool:
        """Whether it is on promotion that day: the same for every store and run."""
        return Random(f"promotion|{self.product_id}|{day.isoformat()}").random() < _PROMOTED_SHARE


def assortment(plan: ChainPlan, rng: Random) -> tuple[Goods, ...]:
    """All goods of a run, with their history from a month before its start."""
    chosen = Random("assortment").sample(PRODUCTS, 2 * _PER_CURRENCY)
    goods = [_goods(plan, rng, product, number) for number, product in enumerate(chosen)]
    goods[0] = replace(goods[0], has_master=False)
    goods[1] = replace(goods[1], versions=tuple(replace(v, cost=None) for v in goods[1].versions))
    for number in (2, 2 + _PER_CURRENCY):
        launch = plan.start + timedelta(days=min(2, plan.days - 1))
        first = replace(goods[number].versions[0], effective_at=midnight(launch))
        goods[number] = replace(goods[number], launched_on=launch, versions=(first,))
    return tuple(goods)


def sold_in(goods: tuple[Goods, ...], currency: str, day: date) -> list[Goods]:
    """What stores of a currency sell on a day."""
    return [
        each for each in goods if (each.currency == currency or each.is_traveller) and each.launched_on <= day
    ]


def midnight(day: date) -> datetime:
    """The first instant of a UTC day."""
    return datetime.combine(day, time(), UTC)


def promotion_price(price: int) -> int:
    """The price on promotion."""
    return price - price * _PROMOTION_PERCENT // 100


def _goods(plan: ChainPlan, rng: Random, product: Product, number: int) -> Goods:
    """Its history in the run: mostly one state; at times a new price and cost, at times two of them."""
    place = number % _PER_CURRENCY
    price = product.pence
    first = Version(midnight(plan.start) - MASTER_SINCE, price, price * rng.randint(45, 70) // 100)
    versions = [first]
    days = sorted(rng.sample(range(plan.days), min(plan.days, 2)))
    if rng.random() < _CHANGED_SHARE:
        for day in days[: rng.choice((1, 2))]:
            price = max(1, price * rng.choice((90, 95, 105, 110)) // 100)
            at = midnight(plan.start + timedelta(days=day)) + timedelta(hours=rng.choice((0, 6, 13)))
            cost = max(1, price * rng.randint(45, 70) // 100)
            versions.append(Version(at, price, cost, rng.random() >= _DELISTED_SHARE))
    return Goods(
        product=product,
        currency="GBP" if number < _PER_CURRENCY else "EUR",
        versions=tuple(versions),
        launched_on=plan.start,
        is_traveller=place >= _PER_CURRENCY - _TRAVELLERS,
        is_scarce=place in (4, 5),
    )
