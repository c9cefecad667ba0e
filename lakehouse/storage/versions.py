"""Which version of each table belongs to the last finished batch, and which business dates changed since another one.

A live batch commits its tables side by side, so the newest versions of two tables may be one batch apart. Every
commit of a batch carries checkpoint and batch id; the version before the unfinished batch is the settled one. The
writer's lease tells which batch is finished; where it does not, the newest of the ledger counts as unfinished for some
minutes. A checkpoint that the ledger does not know yet is that of a first batch, which has not written the ledger.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

from lakehouse.storage.lake_reader import LakeReader
from lakehouse.storage.lease import Holder

# A batch is one or two commits to a table; more than that since the unfinished one means maintenance.
_COMMITS_LOOKED_AT = 30
# After that long the newest batch is taken for finished: nothing has come since, and its commits last seconds.
_FINISHED_AFTER = dt.timedelta(minutes=5)

Versions = dict[str, int]
"""Version by ``layer.table``; a table that does not exist is left out."""


@dataclass(frozen=True)
class Unfinished:
    """The batch that may still be committing, by the ledger; ``at``: the ledger's newest commit, None without one.

    ``since``: what was committed before that instant is finished, whoever wrote it.
    """

    checkpoint: str
    batch_id: int
    at: dt.datetime | None
    since: dt.datetime

    def is_of(self, commit: Mapping[str, Any]) -> bool:
        """Whether the commit belongs to the batch, to one after it, or to one of a checkpoint new to the ledger."""
        checkpoint, batch_id = _marker(commit)
        if checkpoint == self.checkpoint:
            return bool(checkpoint) and batch_id >= self.batch_id
        at = _committed_at(commit)
        return bool(checkpoint) and at > self.since and (self.at is None or at > self.at)


def settled_versions(
    lake: LakeReader, names: Iterable[str], now: dt.datetime, writer: Holder | None
) -> Versions:
    """Versions that fit together at the instant ``now``. ``writer``: who writes, seen before; None when nobody does."""
    # Writer and ledger are asked before the tables, which can only be ahead of them.
    unfinished = None if writer is None else _unfinished(lake, now, writer)
    found = {}
    for name in names:
        version = _version(lake, name, unfinished)
        if version is not None:
            found[name] = version
    return found


def changed_dates(lake: LakeReader, name: str, since: int | None, until: int) -> set[dt.date] | None:
    """Business dates whose files differ between two versions; None when that cannot be told.

    Cannot be told: ``since`` is None (never looked at), the table has no business dates, or the log of the older version was cleaned away.
    """
    if since == until:
        return set()
    if since is None:
        return None
    layer, _, table = name.partition(".")
    before, after = (lake.files_at(layer, table, version) for version in (since, until))
    if before is None or after is None:
        return None
    return touched_dates(before, after)


def touched_dates(before: pa.Table, after: pa.Table) -> set[dt.date] | None:
    """Business dates of the files that stand in only one of two file lists; None for files without a date."""
    if "partition.business_date" not in after.schema.names:
        return None
    dates: dict[str, dt.date] = {}
    for files in (before, after):
        if files.num_rows:
            paths, values = files["path"].to_pylist(), files["partition.business_date"].to_pylist()
            dates.update(zip(paths, values, strict=True))
    differing = set(before["path"].to_pylist()) ^ set(after["path"].to_pylist())
    return {dates[path] for path in differing}


def unsettled(history: Iterable[Mapping[str, Any]], unfinished: Unfinished) -> int:
    """How many of the newest commits (newest first) belong to the unfinished batch or to one after it."""
    last = 0
    for number, commit in enumerate(history, 1):
        if unfinished.is_of(commit):
            last = number
        elif unfinished.checkpoint and _marker(commit)[0] == unfinished.checkpoint:
            break  # a batch before it; older ones are finished too
    return last


def _unfinished(lake: LakeReader, now: dt.datetime, writer: Holder) -> Unfinished:
    """The batch that may still be committing: the newest of the ledger, which every batch writes, unless it is known
    to be finished; then the next one.
    """
    since, ledger = now - _FINISHED_AFTER, lake.table("ops", "ledger")
    for commit in [] if ledger is None else ledger.history(_COMMITS_LOOKED_AT):
        checkpoint, batch_id = _marker(commit)
        if checkpoint:
            at = _committed_at(commit)
            told = checkpoint == writer.checkpoint and batch_id <= writer.batch_id
            return Unfinished(checkpoint, batch_id + (told or at < since), at, since)
    return Unfinished("", 0, None, since)


def _version(lake: LakeReader, name: str, unfinished: Unfinished | None) -> int | None:
    layer, _, table = name.partition(".")
    opened = lake.table(layer, table)
    if opened is None:
        return None
    newest = opened.version()
    if unfinished is None:
        return newest
    return max(0, newest - unsettled(opened.history(_COMMITS_LOOKED_AT), unfinished))


def _committed_at(commit: Mapping[str, Any]) -> dt.datetime:
    return dt.datetime.fromtimestamp(commit["timestamp"] / 1000, dt.UTC)


def _marker(commit: Mapping[str, Any]) -> tuple[str, int]:
    """Checkpoint and batch id that a commit carries; ("", -1) for any other commit."""
    text = commit.get("userMetadata") or ""
    if not text.startswith("{"):
        return "", -1
    marker = json.loads(text)
    return str(marker.get("checkpoint", "")), int(marker.get("batch", -1))
