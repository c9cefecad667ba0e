"""What the driver remembers of accepted events, so that a small batch needs no join over history.

Whole business dates are remembered, loaded from silver when a batch first touches them, so an answer is
always complete. The least recently touched dates are forgotten when there are too many events.
"""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lakehouse.silver.identity import DUPLICATE, QUARANTINED
from lakehouse.silver.judged_events import CONFLICT

# About 150 bytes an event.
MOST_EVENTS = 1_000_000

Exceptional = tuple[int, int, str, list[str]]
"""One row of lakehouse.silver.identity.EXCEPTION."""


@dataclass(frozen=True)
class Verdict:
    """What the rules say of one record of a batch."""

    partition: int
    offset: int
    event_id: str
    business_date: dt.date
    content_hash: int
    rule_ids: list[str]


@dataclass
class RecentEvents:
    """Ids and contents of the accepted events of some business dates."""

    most_events: int = MOST_EVENTS
    _dates: OrderedDict[dt.date, dict[str, int]] = field(default_factory=OrderedDict)

    def missing(self, dates: Iterable[dt.date]) -> list[dt.date]:
        """The dates that are not remembered."""
        return sorted(set(dates) - self._dates.keys())

    def remember(self, date: dt.date, contents: Mapping[str, int]) -> None:
        """Take in all accepted events of a date."""
        self._dates[date] = dict(contents)

    def forget(self, dates: Iterable[dt.date]) -> None:
        """Let go of dates that are no longer remembered whole."""
        for date in dates:
            self._dates.pop(date, None)

    def forget_oldest(self) -> None:
        """Let go of the dates touched longest ago until the rest is few enough."""
        total = sum(len(contents) for contents in self._dates.values())
        while len(self._dates) > 1 and total > self.most_events:
            _, contents = self._dates.popitem(last=False)
            total -= len(contents)

    def date_of(self, event_id: str, date: dt.date, days_apart: int) -> dt.date:
        """The first date so many days around ``date`` under which the event was accepted; ``date`` if none."""
        around = (date + dt.timedelta(days) for days in range(-days_apart, days_apart + 1))
        return next((each for each in around if event_id in self._dates.get(each, ())), date)

    def exceptions(self, verdicts: Iterable[Verdict]) -> list[Exceptional]:
        """Records that are not accepted; the others are remembered.

        Every date of a good verdict must be remembered beforehand. Same rules as identity.exceptions, to which
        a test holds it.
        """
        found: list[Exceptional] = []
        for verdict in sorted(verdicts, key=lambda v: (v.partition, v.offset)):
            at = (verdict.partition, verdict.offset)
            if verdict.rule_ids:
                found.append((*at, QUARANTINED, verdict.rule_ids))
                continue
            self._dates.move_to_end(verdict.business_date)
            known = self._dates[verdict.business_date]
            accepted = known.get(verdict.event_id)
            if accepted is None:
                known[verdict.event_id] = verdict.content_hash
            elif accepted == verdict.content_hash:
                found.append((*at, DUPLICATE, []))
            else:
                found.append((*at, QUARANTINED, [CONFLICT.id]))
        return found
