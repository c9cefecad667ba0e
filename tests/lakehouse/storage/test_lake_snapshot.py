"""A lake that is being written is read at one common point: before the newest batch that the ledger knows."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from deltalake import CommitProperties, write_deltalake

from lakehouse.storage.lake_reader import LakeReader
from lakehouse.storage.lake_snapshot import Cut, as_of, newest_batch

pytestmark = pytest.mark.check


@pytest.fixture
def lake(tmp_path: Path) -> LakeReader:
    return LakeReader(str(tmp_path), {})


def write(lake: LakeReader, name: str, value: int, batch: int | None, checkpoint: str = "c") -> None:
    """One row, in the commit of a batch; None = of nobody, like maintenance."""
    marker = json.dumps({"checkpoint": checkpoint, "batch": batch}, sort_keys=True)
    properties = CommitProperties(custom_metadata={"userMetadata": marker}) if batch is not None else None
    rows = pa.table({"value": [value]})
    write_deltalake(f"{lake.root}/{name}", rows, mode="append", commit_properties=properties)


def values(lake: LakeReader, layer: str, name: str, cut: Cut | None) -> list[int] | None:
    table = as_of(lake, layer, name, cut)
    return None if table is None else sorted(table.to_pyarrow_dataset().to_table()["value"].to_pylist())


def test_a_lake_without_a_ledger_has_no_newest_batch(lake: LakeReader) -> None:
    assert newest_batch(lake) is None
    assert as_of(lake, "gold", "sales", Cut("c", 0)) is None


def test_the_newest_batch_is_that_of_the_newest_marked_commit(lake: LakeReader) -> None:
    write(lake, "ops/ledger", 1, 3)
    write(lake, "ops/ledger", 2, 4)
    write(lake, "ops/ledger", 3, None)
    assert newest_batch(lake) == Cut("c", 4)


def test_tables_that_are_ahead_of_the_cut_are_read_as_they_were_before_it(lake: LakeReader) -> None:
    for value, batch in ((1, 1), (2, 2), (3, 3), (4, 4)):
        write(lake, "gold/sales", value, batch)
    write(lake, "gold/hours", 1, 1)
    write(lake, "gold/fresh", 5, 3)
    cut = Cut("c", 3)
    assert values(lake, "gold", "sales", cut) == [1, 2]
    assert values(lake, "gold", "hours", cut) == [1]
    assert values(lake, "gold", "fresh", cut) is None
    assert values(lake, "gold", "sales", None) == [1, 2, 3, 4]


def test_batches_of_another_query_and_maintenance_are_not_cut_off(lake: LakeReader) -> None:
    write(lake, "gold/sales", 1, 7, "older")
    write(lake, "gold/sales", 2, None)
    write(lake, "gold/sales", 3, 3)
    assert values(lake, "gold", "sales", Cut("c", 3)) == [1, 2]


def test_a_cut_far_back_is_found_beyond_the_first_commits(lake: LakeReader) -> None:
    for number in range(30):
        write(lake, "gold/sales", number, number)
    assert values(lake, "gold", "sales", Cut("c", 2)) == [0, 1]
