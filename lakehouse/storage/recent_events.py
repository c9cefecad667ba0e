"""What the driver remembers of accepted events, so that a small batch needs no join over history.

Whole business dates are remembered, loaded from silver when a batch first touches them, so an answer is
always complete. The least recently touched dates are forgotten when there are too many events; the one touched last is
kept however many it holds.
"""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lakehouse.silver.identity import DUPLICATE, QUARANTINED
from lakehouse.silver.judged_events import CONFLICT
from lakehouse.storage.accepted_events import AcceptedEvents

# 24 bytes an event.
MOST_EVENTS = 10_000_000

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
    _dates: OrderedDict[dt.date, AcceptedEvents] = field(default_factory=OrderedDict)

    def missing(self, dates: Iterable[dt.date]) -> list[dt.date]:
        """The dates that are not remembered."""
        return sorted(set(dates) - self._dates.keys())

    def remember(self, date: dt.date, contents: Mapping[str, int]) -> None:
        """Take in accepted events of a date, content hashes by id; all of them, in one call or several, each once."""
        self._dates.setdefault(date, AcceptedEvents()).add(contents)

    def forget(self, dates: Iterable[dt.date]) -> None:
        """Let go of dates that are no longer remembered whole."""
        for date in dates:
            self._dates.pop(date, None)

    def forget_oldest(self) -> None:
        """Let go of the dates touched longest ago until the rest is few enough."""
        total = sum(map(len, self._dates.values()))
        while len(self._dates) > 1 and total > self.most_events:
            _, events = self._dates.popitem(last=False)
            total -= len(events)

    def dates_of(self, events: Sequence[tuple[str, dt.date]], days_apart: int) -> list[dt.date]:
        """Of each event (id, date) the first date so many days around its own under which it was accepted, else its own."""
        days = [dt.timedelta(number) for number in range(-days_apart, days_apart + 1)]
        touched = {date + each for _, date in events for each in days} & self._dates.keys()
        ids = [event_id for event_id, _ in events]
        found = {date: self._dates[date].find(ids) for date in touched}
        return [
            next((date + each for each in days if event_id in found.get(date + each, {})), date)
            for event_id, date in events
        ]

    def exceptions(self, verdicts: Iterable[Verdict]) -> list[Exceptional]:
        """Records that are not accepted; the others are remembered.

        Every date of a good verdict must be remembered beforehand. Same rules as identity.exceptions, to which
        a test holds it.
        """
        found: list[Exceptional] = []
        in_order = sorted(verdicts, key=lambda v: (v.partition, v.offset))
        asked: defaultdict[dt.date, list[str]] = defaultdict(list)
        for verdict in in_order:
            if not verdict.rule_ids:
                asked[verdict.business_date].append(verdict.event_id)
        before = {date: self._dates[date].find(ids) for date, ids in asked.items()}
        accepted: defaultdict[dt.date, dict[str, int]] = defaultdict(dict)
        for verdict in in_order:
            at, event_id, date = (verdict.partition, verdict.offset), verdict.event_id, verdict.business_date
            if verdict.rule_ids:
                found.append((*at, QUARANTINED, verdict.rule_ids))
                continue
            self._dates.move_to_end(date)
            known = before[date].get(event_id, accepted[date].get(event_id))
            if known is None:
                accepted[date][event_id] = verdict.content_hash
            elif known == verdict.content_hash:
                found.append((*at, DUPLICATE, []))
            else:
                found.append((*at, QUARANTINED, [CONFLICT.id]))
        for date, contents in accepted.items():
            self._dates[date].add(contents)
        return found
