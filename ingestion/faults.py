"""What a bad day does to a list of messages: repeats, delays, damage, disorder. Pure and seeded.

It says what it did to which event, so that a test knows the outcome to expect.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random

from ingestion.corruption import CORRUPTIONS
from ingestion.events import Message


@dataclass(frozen=True)
class FaultPlan:
    """Shares of all messages, 0 to 1. A corrupted message is neither repeated nor late."""

    seed: int = 0
    redeliver: float = 0.0
    late: float = 0.0
    late_by: timedelta = timedelta(days=3)
    corrupt: float = 0.0
    shuffle: bool = False

    def __post_init__(self) -> None:
        shares = {"redeliver": self.redeliver, "late": self.late, "corrupt": self.corrupt}
        wrong = {name: share for name, share in shares.items() if not 0 <= share <= 1}
        if wrong or self.corrupt + max(self.redeliver, self.late) > 1:
            raise ValueError(
                f"shares lie between 0 and 1, corrupt and the larger other one together too; seen {shares}"
            )


@dataclass(frozen=True)
class FaultRecord:
    """What was done: ``corrupted`` event id -> kind (the event itself is then missing from the stream),
    ``redelivered`` and ``late`` event ids (they may overlap)."""

    corrupted: dict[str, str] = field(default_factory=dict)
    redelivered: tuple[str, ...] = ()
    late: tuple[str, ...] = ()


def inject(messages: Sequence[Message], plan: FaultPlan) -> tuple[list[Message], FaultRecord]:
    """The stream of a bad day, and the record of its faults. The same plan gives the same day.

    A late message arrives after everything that occurred up to ``late_by`` after it. Shuffled, the stream has
    no order to be late in: lateness then moves a message by as many places.
    """
    rng = Random(plan.seed)
    count = len(messages)
    order = rng.sample(range(count), count)
    broken = order[: round(plan.corrupt * count)]
    whole = order[len(broken) :]
    repeated = rng.sample(whole, round(plan.redeliver * count))
    late = rng.sample(whole, round(plan.late * count))

    places = [float(place) for place in (rng.sample(range(count), count) if plan.shuffle else range(count))]
    for index, delay in zip(late, delays(messages, late, plan.late_by), strict=True):
        places[index] += delay
    kinds = shuffled_kinds(rng, len(broken))
    damaged = dict(zip(broken, kinds, strict=True))
    stream = [
        (places[index], damage(rng, message, damaged[index]) if index in damaged else message)
        for index, message in enumerate(messages)
    ]
    stream += [(rng.uniform(0, count), messages[index]) for index in repeated]
    record = FaultRecord(
        corrupted={messages[index].event_id: kind for index, kind in damaged.items()},
        redelivered=tuple(messages[index].event_id for index in repeated),
        late=tuple(messages[index].event_id for index in late),
    )
    return [message for _, message in sorted(stream, key=lambda placed: placed[0])], record


def delays(messages: Sequence[Message], late: Sequence[int], late_by: timedelta) -> list[float]:
    """Places by which each late message moves, so that it stands behind ``late_by`` of later sales."""
    times = sorted(message.occurred_at for message in messages)
    found = []
    for index in late:
        occurred_at = messages[index].occurred_at
        found.append(bisect_right(times, occurred_at + late_by) - bisect_right(times, occurred_at) + 0.5)
    return found


def damage(rng: Random, message: Message, kind: str) -> Message:
    """The message with its value broken in the given way; key, headers and topic stay."""
    return replace(message, value=CORRUPTIONS[kind](rng, message.value or b""))


def shuffled_kinds(rng: Random, count: int) -> list[str]:
    """That many kinds of damage, each as often as any other, give or take one."""
    names = list(CORRUPTIONS)
    kinds = [names[index % len(names)] for index in range(count)]
    rng.shuffle(kinds)
    return kinds
