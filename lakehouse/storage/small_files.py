"""The small files that batches leave behind, made one while the stream runs.

Each batch adds a file to a day of every table that it writes, thousands in a day; whatever looks at the day reads all of
them. The holder of the lake makes them one every few minutes, by delta-rs and between two batches. Rows only move
(dataChange=false), so streams and the export pass over it; files of some size are left to the daily upkeep.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from lakehouse.contracts import contract_names
from lakehouse.settings import Settings
from lakehouse.storage.crash_points import reached
from lakehouse.storage.delta_tables import LakeTable, compact, lake_table, open_table
from lakehouse.storage.maintenance import LAYERS, NOT_OURS

# A file of more bytes is no small one, and so many small ones of one partition are made one.
_SMALL, _MANY = 4 << 20, 32


def join_small_files(settings: Settings, turn: AbstractContextManager[object] | None = None) -> str:
    """Make the small files of each partition one, where they are many; says how many files became how many.

    ``turn``: held while a table is written (``Lease.turn``); None when nobody else writes.
    """
    removed = added = 0
    for layer in LAYERS:
        for name in contract_names(layer):
            table = lake_table(settings, layer, name)
            if table.name in NOT_OURS:
                continue
            for partition in crowded(table):
                with turn or nullcontext():
                    fewer, more = compact(table, partition, _SMALL)
                removed, added = removed + fewer, added + more
                reached(f"after:joined.{table.name}")
    return f"{removed} files became {added}" if removed else "no files to join"


def crowded(table: LakeTable) -> list[dict[str, Any]]:
    """The partitions with many small files, by column; one without columns for a table that has no partitions."""
    opened = open_table(table)
    files = None if opened is None else pa.table(opened.get_add_actions(flatten=True))
    if files is None or not files.num_rows:
        return []
    columns = [f"partition.{name}" for name in table.contract.table.partition_columns]
    small = files.filter(pc.less(files["size_bytes"], _SMALL))
    counts = small.group_by(columns).aggregate([([], "count_all")])
    many = counts.filter(pc.greater_equal(counts["count_all"], _MANY)).select(columns).to_pylist()
    found = [{name.partition(".")[2]: value for name, value in each.items()} for each in many]
    return found if columns or counts["count_all"][0].as_py() < _MANY else [{}]
