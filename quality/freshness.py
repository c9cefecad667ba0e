"""How old the newest sale was when a layer showed it: commits of a table as arrivals, arrivals as rows of ops.freshness.

Read from the Delta logs alone: a commit tells when it was made, and its files' statistics the bounds of what it
brought. So it costs the stream nothing and reads no data.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from lakehouse.rules.canary import CANARY_STORE
from lakehouse.settings import Layer
from lakehouse.storage.delta_commits import Commit, DataFile

# The table of each layer that every sale passes. Silver and gold know when a sale was sent; bronze holds bytes.
SALES_TABLES: Mapping[Layer, str] = {"bronze": "sales_data", "silver": "receipts", "gold": "fct_receipts"}
_MINUTE = dt.timedelta(minutes=1)

Row = dict[str, Any]


@dataclass(frozen=True)
class Newest:
    """The newest sale of a commit: when it was sent (UTC instant), and whether only canaries came."""

    produced_at: dt.datetime
    is_canary: bool


@dataclass(frozen=True)
class Arrival:
    """A commit that brought sales to a layer."""

    layer: str
    committed_at: dt.datetime
    newest: Newest

    @property
    def lag(self) -> dt.timedelta:
        """Age of the newest sale when it could be read; negative where clocks disagree."""
        return self.committed_at - self.newest.produced_at


def newest_of(commit: Commit) -> Newest | None:
    """The newest sale that a commit appended; None for one that brought none, or rewrote files."""
    if commit.removed or not commit.added:
        return None
    real = [file for file in commit.added if not _is_canary(file)]
    sent = [at for file in real or commit.added if (at := _sent_at(file)) is not None]
    return Newest(max(sent), is_canary=not real) if sent else None


def arrival(layer: str, commit: Commit, newest: Newest | None) -> Arrival | None:
    """The commit as an arrival; ``newest`` as a later layer knows it, else as the commit itself tells."""
    found = newest if newest is not None and not commit.removed else newest_of(commit)
    if found is None or not commit.millis:
        return None
    return Arrival(layer, dt.datetime.fromtimestamp(commit.millis / 1000, dt.UTC), found)


def minute_of(instant: dt.datetime) -> dt.datetime:
    """Beginning of the minute."""
    return instant.replace(second=0, microsecond=0)


def freshness(arrivals: Iterable[Arrival], known: Mapping[str, dt.datetime], now: dt.datetime) -> list[Row]:
    """Rows of ops.freshness for the minutes that are over; ``known``: the newest minute of a layer that has its row."""
    ended = [
        each
        for each in arrivals
        if each.committed_at < minute_of(now)
        and (each.layer not in known or minute_of(each.committed_at) > known[each.layer])
    ]
    ordered = sorted(ended, key=lambda each: (each.layer, each.committed_at, each.newest.produced_at))
    by_minute = groupby(ordered, key=lambda each: (each.layer, minute_of(each.committed_at)))
    return [_row(layer, minute, list(group)) for (layer, minute), group in by_minute]


def _row(layer: str, minute: dt.datetime, arrivals: list[Arrival]) -> Row:
    real = [each for each in arrivals if not each.newest.is_canary]
    counted = real or arrivals
    last = counted[-1]
    return {
        "layer": layer,
        "minute_at": minute,
        "newest_produced_at": last.newest.produced_at,
        "committed_at": last.committed_at,
        "lag_millis": _millis(last.lag),
        "slowest_lag_millis": max(_millis(each.lag) for each in counted),
        "commit_count": len(counted),
        "is_canary": not real,
    }


def _millis(lag: dt.timedelta) -> int:
    return lag // dt.timedelta(milliseconds=1)


def _is_canary(file: DataFile) -> bool:
    return file.lowest.get("store_id") == file.highest.get("store_id") == CANARY_STORE


def _sent_at(file: DataFile) -> dt.datetime | None:
    """When the newest sale of a file was sent. A till whose clock is ahead is believed up to its arrival."""
    told = [file.highest[name] for name in ("produced_at", "received_at") if name in file.highest]
    return min(map(_instant, told)) if told else None


def _instant(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC)
