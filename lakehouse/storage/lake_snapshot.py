"""The tables of a live lake as they were when one batch had been written whole.

Every commit of a batch carries its checkpoint and batch id in the Delta log (lakehouse.storage.batches), and a
query begins a batch only after the one before was written to all tables. So the tables of a lake that is being
written can be read at one common point: before the newest batch that the ledger knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deltalake import DeltaTable

from lakehouse.storage.lake_reader import LakeReader

# A table is opened within seconds of the ledger, so few commits can have come in between. Each one looked at is a
# request to the store.
_COMMITS_FIRST, _COMMITS_AT_MOST = 20, 2_000


@dataclass(frozen=True)
class Cut:
    """Batches of the query with this checkpoint, from ``batch_id`` on, are not looked at."""

    checkpoint_id: str
    batch_id: int


def newest_batch(lake: LakeReader) -> Cut | None:
    """The newest batch that the ledger knows: it may not be in all tables yet. None for an empty ledger."""
    table = lake.table("ops", "ledger")
    markers = map(_marker, _commits(table) if table is not None else ())
    return next((marker for marker in markers if marker is not None), None)


def as_of(lake: LakeReader, layer: str, name: str, cut: Cut | None) -> DeltaTable | None:
    """The table without the batches that are cut off; None while it does not exist or has nothing else."""
    table = lake.table(layer, name)
    if table is None or cut is None:
        return table
    for commit in _commits(table):
        if not _is_cut_off(commit, cut):
            version = int(commit["version"])
            if version == table.version():
                return table
            return DeltaTable(
                f"{lake.root}/{layer}/{name}", version=version, storage_options=lake.storage_options
            )
    return None


def _commits(table: DeltaTable) -> Iterator[Mapping[str, Any]]:
    """Commits of the table, the newest first."""
    yield from table.history(_COMMITS_FIRST)
    yield from table.history(_COMMITS_AT_MOST)[_COMMITS_FIRST:]


def _is_cut_off(commit: Mapping[str, Any], cut: Cut) -> bool:
    marker = _marker(commit)
    return (
        marker is not None and marker.checkpoint_id == cut.checkpoint_id and marker.batch_id >= cut.batch_id
    )


def _marker(commit: Mapping[str, Any]) -> Cut | None:
    """The batch that a commit belongs to, if it is one of a query of ours."""
    text = commit.get("userMetadata")
    if not isinstance(text, str) or not text.startswith("{"):
        return None
    found = json.loads(text)
    return Cut(found["checkpoint"], found["batch"]) if {"checkpoint", "batch"} <= found.keys() else None
