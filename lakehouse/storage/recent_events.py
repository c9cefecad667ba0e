"""What the driver remembers of accepted events, so that a small batch needs no join over history.

Whole business dates are remembered, loaded from silver when a batch first touches them, so an answer is
always complete. The least recently touched dates are forgotten when there are too many events; the one touched last is
kept however many it holds.
"""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from numpy.typing import NDArray

from lakehouse.silver.identity import DUPLICATE, QUARANTINED
from lakehouse.silver.judged_events import CONFLICT
from lakehouse.storage.accepted_events import AcceptedEvents

# 24 bytes an event.
MOST_EVENTS = 10_000_000

Exceptional = tuple[int, int, str, list[str]]
"""One row of lakehouse.silver.identity.EXCEPTION."""


VERDICTS = pa.schema(
    {
        "partition": pa.int32(),
        "offset": pa.int64(),
        "event_id": pa.string(),
        "business_date": pa.date32(),
        "content_hash": pa.int64(),
        "rule_ids": pa.list_(pa.string()),
    }
)
"""What the rules say of each record of a batch; date and hash may be null where there are rule_ids."""


@dataclass
class RecentEvents:
    """Ids and contents of the accepted events of some business dates."""

    most_events: int = MOST_EVENTS
    _dates: OrderedDict[dt.date, AcceptedEvents] = field(default_factory=OrderedDict)

    def missing(self, dates: Iterable[dt.date]) -> list[dt.date]:
        """The dates that are not remembered."""
        return sorted(set(dates) - self._dates.keys())

    def remember(
        self, date: dt.date, event_ids: Sequence[str] = (), contents: Sequence[int] | NDArray[np.int64] = ()
    ) -> None:
        """Take in accepted events of a date, ids and content hashes; all of them, in one call or several, each once."""
        self._dates.setdefault(date, AcceptedEvents()).add(event_ids, contents)

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

    def exceptions(self, verdicts: pa.Table) -> list[Exceptional]:
        """Records that are not accepted; the others are remembered. ``verdicts``: at least the columns of VERDICTS.

        Every date of a good verdict must be remembered beforehand. Same rules as identity.exceptions, to which
        a test holds it.
        """
        in_order = verdicts.select(VERDICTS.names).sort_by(
            [("partition", "ascending"), ("offset", "ascending")]
        )
        is_refused = pc.greater(pc.list_value_length(in_order["rule_ids"]), 0)
        refused = in_order.select(["partition", "offset", "rule_ids"]).filter(is_refused).to_pydict()
        found: list[Exceptional] = [
            (partition, offset, QUARANTINED, rules)
            for partition, offset, rules in zip(*refused.values(), strict=True)
        ]
        for date, records in each_date(in_order.filter(pc.invert(is_refused))):
            found += self._met_again(date, records)
        return sorted(found, key=lambda each: each[:2])

    def _met_again(self, date: dt.date, records: pa.Table) -> list[Exceptional]:
        """The good records of a date, in order, whose id was accepted before."""
        event_ids = records["event_id"].to_numpy()
        contents = records["content_hash"].to_numpy()
        events = self._dates[date]
        self._dates.move_to_end(date)
        known = events.find(event_ids)
        ids = pd.Series(event_ids)
        is_doubtful = (ids.duplicated(keep=False) | ids.isin(list(known))).to_numpy()
        is_new = ~is_doubtful
        found: list[Exceptional] = []
        for place in map(int, np.flatnonzero(is_doubtful)):
            at = records["partition"][place].as_py(), records["offset"][place].as_py()
            event_id, content = event_ids[place], int(contents[place])
            if event_id not in known:
                known[event_id], is_new[place] = content, True
            elif known[event_id] == content:
                found.append((*at, DUPLICATE, []))
            else:
                found.append((*at, QUARANTINED, [CONFLICT.id]))
        events.add(event_ids[is_new], contents[is_new])
        return found


def each_date(records: pa.Table) -> Iterator[tuple[dt.date, pa.Table]]:
    """The records of each business date, in their order."""
    for date in pc.unique(records["business_date"]):
        yield date.as_py(), records.filter(pc.equal(records["business_date"], date))
