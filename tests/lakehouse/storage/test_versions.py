"""Versions of tables that fit together beside a live writer, and the dates that changed between two of them."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from deltalake import DeltaTable, write_deltalake
from deltalake.transaction import CommitProperties

from lakehouse.storage.lake_reader import LakeReader
from lakehouse.storage.lease import Holder
from lakehouse.storage.versions import Unfinished, changed_dates, settled_versions, unsettled

pytestmark = pytest.mark.check

MONDAY, TUESDAY = dt.date(2026, 11, 23), dt.date(2026, 11, 24)
NAMES = ("ops.ledger", "gold.fct_receipts")
WRITER = Holder("token", "till-7", 1, 0.0, "retail run", 0.0, 0.0)  # has not finished a batch yet


def commit(root: Path, name: str, batch: int | None, day: dt.date = MONDAY, checkpoint: str = "c1") -> None:
    """One more commit of the table, as batch ``batch`` makes it (None: maintenance)."""
    rows = pa.table({"event_id": ["e"], "business_date": pa.array([day], pa.date32())})
    marker = json.dumps({"checkpoint": checkpoint, "batch": batch})
    marked = CommitProperties({"userMetadata": marker} if batch is not None else {})
    write_deltalake(
        str(root / name.replace(".", "/")),
        rows,
        mode="append",
        partition_by=["business_date"],
        commit_properties=marked,
    )


def commits(*batches: int | None) -> list[dict[str, Any]]:
    """A history, newest first."""
    return [
        {
            "timestamp": 0,
            "userMetadata": None if each is None else json.dumps({"checkpoint": "c1", "batch": each}),
        }
        for each in batches
    ]


@pytest.mark.parametrize(
    ("history", "count"),
    [
        (commits(5, 4, 3), 1),
        (commits(6, 5, 4), 2),
        (commits(4, 3), 0),
        (commits(None, 5, 4), 2),
        (commits(None, 4), 0),
        (commits(5, 5, 4), 2),
        ([], 0),
    ],
)
def test_the_commits_of_the_unfinished_batch_and_of_later_ones_are_left_out(
    history: list[dict[str, Any]], count: int
) -> None:
    now = dt.datetime.now(dt.UTC)
    assert unsettled(history, Unfinished("c1", 5, now, now)) == count


def test_beside_a_writer_every_table_is_read_as_the_finished_batch_left_it(tmp_path: Path) -> None:
    for name in NAMES:
        commit(tmp_path, name, 1)
        commit(tmp_path, name, 2)
    commit(tmp_path, "ops.ledger", 3)  # gold of batch 3 is still on its way
    lake, now = LakeReader(str(tmp_path), {}), dt.datetime.now(dt.UTC)
    assert settled_versions(lake, NAMES, now, WRITER) == {"ops.ledger": 1, "gold.fct_receipts": 1}
    commit(tmp_path, "gold.fct_receipts", 3)
    assert settled_versions(lake, NAMES, now, WRITER) == {"ops.ledger": 1, "gold.fct_receipts": 1}
    assert settled_versions(lake, NAMES, now, None) == {"ops.ledger": 2, "gold.fct_receipts": 2}


def test_a_batch_that_its_writer_calls_finished_is_finished(tmp_path: Path) -> None:
    for name in NAMES:
        commit(tmp_path, name, 1)
        commit(tmp_path, name, 2)
    lake, now = LakeReader(str(tmp_path), {}), dt.datetime.now(dt.UTC)
    newest = {"ops.ledger": 1, "gold.fct_receipts": 1}
    assert settled_versions(lake, NAMES, now, replace(WRITER, checkpoint="c1", batch_id=2)) == newest
    before = {"ops.ledger": 0, "gold.fct_receipts": 0}
    assert settled_versions(lake, NAMES, now, replace(WRITER, checkpoint="c1", batch_id=1)) == before
    assert settled_versions(lake, NAMES, now, replace(WRITER, checkpoint="c0", batch_id=9)) == before
    commit(tmp_path, "gold.fct_receipts", 3)  # the next one is on its way
    assert settled_versions(lake, NAMES, now, replace(WRITER, checkpoint="c1", batch_id=2)) == newest


def test_a_first_batch_that_has_not_written_the_ledger_is_unfinished(tmp_path: Path) -> None:
    for name in NAMES:
        commit(tmp_path, name, None)
    commit(tmp_path, "gold.fct_receipts", 0)
    lake, now = LakeReader(str(tmp_path), {}), dt.datetime.now(dt.UTC)
    assert settled_versions(lake, NAMES, now, WRITER) == {"ops.ledger": 0, "gold.fct_receipts": 0}
    commit(tmp_path, "ops.ledger", 0)
    assert settled_versions(lake, NAMES, now, WRITER) == {"ops.ledger": 0, "gold.fct_receipts": 0}


def test_the_first_batch_of_another_checkpoint_is_unfinished_until_the_ledger_tells_it_or_time_has_passed(
    tmp_path: Path,
) -> None:
    for name in NAMES:
        commit(tmp_path, name, 1)
        commit(tmp_path, name, 2)
    commit(tmp_path, "gold.fct_receipts", 0, checkpoint="c2")
    lake, now = LakeReader(str(tmp_path), {}), dt.datetime.now(dt.UTC)
    assert settled_versions(lake, NAMES, now, WRITER) == {"ops.ledger": 0, "gold.fct_receipts": 0}
    later = now + dt.timedelta(minutes=6)
    assert settled_versions(lake, NAMES, later, WRITER) == {"ops.ledger": 1, "gold.fct_receipts": 2}
    commit(tmp_path, "ops.ledger", 0, checkpoint="c2")
    assert settled_versions(lake, NAMES, now, WRITER) == {"ops.ledger": 1, "gold.fct_receipts": 1}


def test_a_batch_that_nothing_followed_for_minutes_is_finished(tmp_path: Path) -> None:
    for name in NAMES:
        commit(tmp_path, name, 1)
    later = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=6)
    assert settled_versions(LakeReader(str(tmp_path), {}), NAMES, later, WRITER) == {
        "ops.ledger": 0,
        "gold.fct_receipts": 0,
    }


def test_a_table_that_is_not_made_yet_has_no_version(tmp_path: Path) -> None:
    assert settled_versions(LakeReader(str(tmp_path), {}), NAMES, dt.datetime.now(dt.UTC), None) == {}


def test_the_dates_of_files_that_came_or_went_have_changed(tmp_path: Path) -> None:
    name = "gold.fct_receipts"
    commit(tmp_path, name, 1)
    commit(tmp_path, name, 2, TUESDAY)
    lake = LakeReader(str(tmp_path), {})
    assert changed_dates(lake, name, 0, 0) == set()
    assert changed_dates(lake, name, 0, 1) == {TUESDAY}
    DeltaTable(str(tmp_path / "gold" / "fct_receipts")).delete("business_date = '2026-11-23'")
    assert changed_dates(lake, name, 1, 2) == {MONDAY}


def test_a_version_whose_log_is_gone_tells_nothing(tmp_path: Path) -> None:
    commit(tmp_path, "gold.fct_receipts", 1)
    assert changed_dates(LakeReader(str(tmp_path), {}), "gold.fct_receipts", None, 0) is None
    assert changed_dates(LakeReader(str(tmp_path), {}), "gold.fct_receipts", 9, 0) is None
