"""What a check looks at: the whole table, the business dates that changed since the check before, or nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from lakehouse.storage.gates import Gate

Changed = Mapping[str, set[dt.date] | None]
"""Business dates that changed, by table; None for a table that changed and has no dates to tell."""


@dataclass(frozen=True)
class Scope:
    """``dates``: None for the whole table. No dates at all: only rules over the whole table have work to do."""

    dates: tuple[dt.date, ...] | None

    @property
    def is_whole(self) -> bool:
        """Whether the whole table is looked at."""
        return self.dates is None


WHOLE = Scope(None)


def scope_of(gate: Gate | None, rules_id: str, table_name: str, changed: Changed) -> Scope | None:
    """The scope of the next check; None when nothing has changed and the verdict stands.

    ``changed`` holds the table and the tables that its rules read; those that did not change have an empty set.
    What closed a gate is looked at again until it is mended, whether files touched it or not.
    """
    if gate is None or gate.rules_id != rules_id:
        return WHOLE
    own = changed[table_name]
    if own is None or (not gate.is_open and gate.scope_dates is None):
        return WHOLE
    if gate.is_open and all(dates == set() for dates in changed.values()):
        return None
    dates = set().union(*(dates for dates in changed.values() if dates))
    if not gate.is_open:
        dates |= set(gate.scope_dates or ())
    return Scope(tuple(sorted(dates)))
