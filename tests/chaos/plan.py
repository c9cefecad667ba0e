"""What goes wrong in which run: faults chosen from a seed. Pure.

The same seed and number give the same run. Over a series every process is struck in every way, and every crash
point is planned again and again: both lists are dealt like cards, shuffled anew for each round.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import Literal, TypeVar

Kind = Literal["kill", "pause", "crash", "disturb", "topic"]
T = TypeVar("T")
Card = tuple[Kind, str]

TABLES = (
    "bronze.sales_data",
    "silver.receipts",
    "ops.ledger",
    "gold.fct_sales_lines",
    "gold.fct_receipts",
    "gold.agg_sales_hourly",
)
CRASH_POINTS = (
    *(f"{when}:{table}" for table in TABLES for when in ("before", "after")),
    "before:checkpoint",
    "after:checkpoint",
    "before:export.*",
    "after:export.*",
    "after:refresh.*",
    "before:apply.*",
    "after:apply.*",
    "before:pipe.load",
    "after:pipe.load",
)
STRUCK: tuple[Card, ...] = (
    *(("kill", name) for name in ("producer", "kafka", "s3", "driver", "driver's python", "export")),
    *(("kill", name) for name in ("warehouse", "deployer", "observer", "supervisor", "run")),
    *(("pause", name) for name in ("producer", "kafka", "s3", "driver", "driver's python", "export")),
    *(("pause", name) for name in ("warehouse", "observer")),
)
# What stands between the house and the S3 server does to a share of all requests.
DISTURBED = ("s3 errors", "s3 slow", "s3 torn before", "s3 torn after")
TOPICS = ("partitions added", "recreated")
# How many crash points, struck processes and others a run has, in turn. Three together: most cost a driver's restart.
HANDS = ((2, 1, 0), (1, 1, 1))
_FIRST, _APART = 3.0, 18.0
_SHORT, _LONG = 3.0, 25.0
_SHARES = 0.05, 0.4


@dataclass(frozen=True)
class Fault:
    """One fault. ``at``: earliest second of the run; ``seconds`` that it lasts (a pause). ``target`` is a process or
    the name of a crash point. ``share`` of requests that are disturbed, 0 to 1."""

    kind: Kind
    target: str
    at: float
    seconds: float = 0.0
    share: float = 0.0

    @property
    def name(self) -> str:
        """For people and counts."""
        return f"{self.kind} {self.target}"


@dataclass(frozen=True)
class RunPlan:
    """One run: ``name`` is safe in topics, prefixes and databases; shares of events 0 to 1."""

    seed: int
    number: int
    faults: tuple[Fault, ...]
    duplicates: float
    late: float
    broken: float

    @property
    def name(self) -> str:
        """Topic and lake prefix of the run."""
        return f"chaos{self.seed}x{self.number}"


def series(seed: int, runs: int) -> list[RunPlan]:
    """The runs of a seed, the first one is number 0. A longer series begins with the shorter one."""
    others: list[Card] = [*(("disturb", name) for name in DISTURBED), *(("topic", name) for name in TOPICS)]
    crashes: list[Card] = [("crash", name) for name in CRASH_POINTS]
    decks = [
        _dealt(Random(f"crashes {seed}"), crashes),
        _dealt(Random(f"struck {seed}"), STRUCK),
        _dealt(Random(f"others {seed}"), others),
    ]
    plans = []
    for number in range(runs):
        hand = HANDS[number % len(HANDS)]
        cards = [card for deck, many in zip(decks, hand, strict=True) for card in islice(deck, many)]
        plans.append(_run(seed, number, cards))
    return plans


def counts(plans: Iterable[RunPlan]) -> Counter[str]:
    """How often each fault is planned."""
    return Counter(fault.name for plan in plans for fault in plan.faults)


def _run(seed: int, number: int, chosen: Sequence[Card]) -> RunPlan:
    rng = Random(f"run {seed} {number}")
    faults = []
    for place, (kind, target) in enumerate(rng.sample(chosen, len(chosen))):
        at = round(_FIRST + place * _APART + rng.uniform(0, _APART / 2), 1)
        seconds = round(rng.uniform(_SHORT, _LONG), 1) if kind in ("pause", "disturb") else 0.0
        share = round(rng.uniform(*_SHARES), 2) if kind == "disturb" else 0.0
        faults.append(Fault(kind, target, at, seconds, share))
    return RunPlan(
        seed, number, tuple(faults), rng.uniform(0, 0.1), rng.uniform(0, 0.05), rng.uniform(0, 0.02)
    )


def _dealt(rng: Random, cards: Sequence[T]) -> Iterator[T]:
    """The cards without end: each round holds every card once, in an order of its own."""
    while True:
        yield from rng.sample(cards, len(cards))
