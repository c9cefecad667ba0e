"""Ids and contents of many accepted events, packed: 24 bytes an event, where a dictionary takes some 200.

An id is kept as two hashes of 64 bits, with keys drawn at each start, so that nobody can make up ids that meet in them.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from pandas.util import hash_array

_KEYS = secrets.token_hex(8), secrets.token_hex(8)  # SipHash takes 16 characters


@dataclass(frozen=True)
class _Run:
    """Events sorted by the first hash of their id."""

    ids: NDArray[np.uint64]
    checks: NDArray[np.uint64]
    contents: NDArray[np.int64]


@dataclass
class AcceptedEvents:
    """Events that were accepted, each id once.

    They lie in runs of which each is at least twice as long as the next, so adding and finding cost a logarithm.
    """

    _runs: list[_Run] = field(default_factory=list)

    def __len__(self) -> int:
        """How many events."""
        return sum(len(run.ids) for run in self._runs)

    def add(self, event_ids: Sequence[str], contents: Sequence[int] | NDArray[np.int64]) -> None:
        """Take in events that are not among these: ids, each once, and their content hashes."""
        if not len(event_ids):
            return
        ids, checks = _hashes(event_ids)
        self._runs.append(_sorted(ids, checks, np.asarray(contents, np.int64)))
        while len(self._runs) > 1 and len(self._runs[-2].ids) < 2 * len(self._runs[-1].ids):
            self._runs[-2:] = [_joined(*self._runs[-2:])]

    def find(self, event_ids: Sequence[str]) -> dict[str, int]:
        """Content hash of each of these ids that is among the events."""
        found: dict[str, int] = {}
        if not len(event_ids) or not self._runs:
            return found
        ids, checks = _hashes(event_ids)
        for run in self._runs:
            first, end = (np.searchsorted(run.ids, ids, side) for side in ("left", "right"))
            for asked in map(int, np.flatnonzero(end > first)):
                for place in range(first[asked], end[asked]):
                    if run.checks[place] == checks[asked]:
                        found[event_ids[asked]] = int(run.contents[place])
        return found


def _hashes(event_ids: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    texts = np.array(event_ids, dtype=object)
    first, second = (hash_array(texts, hash_key=key, categorize=False) for key in _KEYS)
    return first, second


def _joined(one: _Run, other: _Run) -> _Run:
    return _sorted(
        np.concatenate([one.ids, other.ids]),
        np.concatenate([one.checks, other.checks]),
        np.concatenate([one.contents, other.contents]),
    )


def _sorted(ids: NDArray[np.uint64], checks: NDArray[np.uint64], contents: NDArray[np.int64]) -> _Run:
    order = np.argsort(ids)
    return _Run(ids[order], checks[order], contents[order])
