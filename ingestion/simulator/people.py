"""Loyalty customers and cashiers. Invented, and the same for every seed; who comes when is the run's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Literal

from ingestion.simulator.chain import STORES, Store

Consent = Literal["always", "never", "withdrawn", "given", "unknown"]

_CUSTOMERS = 90
_CASHIERS = 4
_FIRST = ("Ada", "Bruno", "Chloe", "Dimitri", "Elif", "Femi", "Greta", "Hana", "Igor", "Jun")
_LAST = ("Archer", "Baker", "Carter", "Draper", "Fisher", "Glover", "Hunter", "Mason", "Porter")
_SEGMENTS = ("family", "student", "senior", "single")
_CONSENTS: tuple[Consent, ...] = ("always",) * 14 + ("never",) * 3 + ("withdrawn", "given", "unknown")


@dataclass(frozen=True)
class Customer:
    """A member of the loyalty scheme. ``weight`` is how often they come; ``consent`` unknown = the master data never
    names them."""

    customer_id: str
    name: str
    segment: str
    postcode: str
    home: Store
    weight: float
    consent: Consent

    def has_consent(self, instant: datetime, turns_at: datetime) -> bool:
        """Whether they agree to be analysed; withdrawn and given change at ``turns_at``."""
        return self.consent in {"always", "withdrawn" if instant < turns_at else "given"}


def customers() -> tuple[Customer, ...]:
    """All members: few come often, many seldom."""
    rng = Random("people")
    return tuple(
        Customer(
            customer_id=f"C{number:05d}",
            name=f"{_FIRST[number % len(_FIRST)]} {_LAST[number % len(_LAST)]}",
            segment=rng.choice(_SEGMENTS),
            postcode=f"{rng.randint(10_000, 99_999)}",
            home=STORES[number % len(STORES)],
            weight=1 / (1 + number // len(STORES)) ** 0.7,
            consent=_CONSENTS[number % len(_CONSENTS)],
        )
        for number in range(1, _CUSTOMERS + 1)
    )


def cashier(store: Store, rng: Random) -> str:
    """One of the store's cashiers."""
    return f"{store.store_id}-C{rng.randint(1, _CASHIERS)}"
