"""What every pipeline of the bench must arrive at: how many lines were accepted, what they sold for, and hour by hour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class Hour:
    """An hour of a day (UTC): its start, its lines, the units and the net amount sold."""

    starts_at: datetime
    lines: int
    units: Decimal
    net_amount: Decimal


@dataclass(frozen=True)
class Totals:
    """Accepted lines, their net amount, and its hours in order."""

    lines: int
    net_amount: Decimal
    hours: tuple[Hour, ...]


def totals(lines: int, net_amount: Decimal, hours: Iterable[Hour]) -> Totals:
    """Totals whose hours are in order and add up to the whole. Raises ValueError."""
    ordered = tuple(sorted(hours, key=lambda hour: hour.starts_at))
    if (lines, net_amount) != (summed := (sum(h.lines for h in ordered), sum(h.net_amount for h in ordered))):
        raise ValueError(f"the hours hold {summed}, the lines {(lines, net_amount)}")
    return Totals(lines, net_amount, ordered)


def need_the_same(found: Mapping[str, Totals], lines: int) -> None:
    """A pipeline that is fast and arrives at something else is worth nothing. Raises ValueError."""
    ours = next(iter(found.values()))
    if ours.lines != lines:
        raise ValueError(f"of {lines} lines {ours.lines} were accepted")
    for name, each in found.items():
        if each != ours:
            other = next(
                (pair for pair in zip(each.hours, ours.hours, strict=False) if pair[0] != pair[1]), ()
            )
            raise ValueError(
                f"{name} arrives at {each.lines} lines and {each.net_amount} in {len(each.hours)} hours, ours at "
                f"{ours.lines} and {ours.net_amount} in {len(ours.hours)}; the first hours that differ: {other}"
            )
