"""Dimension members that the driver has merged lately, so that a batch merges only what is news."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import dataclass, field

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

_MOST_MEMBERS = 200_000
# Beyond this many candidates the MERGE itself is cheaper than collecting them.
_MOST_CANDIDATES = 50_000


@dataclass
class KnownMembers:
    """By table: when each member was first seen, as merged. Forgetting is safe; MERGE decides."""

    _first_seen: dict[str, dict[str, dt.datetime]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def news(self, table: str, candidates: DataFrame) -> DataFrame | None:
        """The candidates that are new or were seen earlier than known (ties included), or None.

        ``candidates``: the dimension's rows, its key first, with first_seen_at.
        """
        rows = candidates.limit(_MOST_CANDIDATES + 1).toArrow()
        if rows.num_rows > _MOST_CANDIDATES:
            return candidates
        keys, seen = rows.column(0).to_pylist(), rows.column("first_seen_at").to_pylist()
        with self._lock:
            known = self._first_seen.setdefault(table, {})
            fresh = [i for i, key in enumerate(keys) if key not in known or seen[i] <= known[key]]
            if len(known) > _MOST_MEMBERS:
                known.clear()
            known.update({keys[i]: seen[i] for i in fresh})
        if not fresh:
            return None
        return candidates.sparkSession.createDataFrame(rows.take(fresh), candidates.schema).select(
            *[F.col(name) for name in candidates.columns]
        )
