"""The lake is read without a JVM: counts from the log, nothing where nothing is, a clear word when it is away."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pytest
from deltalake import write_deltalake

from lakehouse.settings import load_settings
from lakehouse.storage.lake_reader import (
    LakeReader,
    LakeUnreachable,
    files_within,
    lake_reader,
    lease_holder,
)

pytestmark = pytest.mark.check

ROWS = pa.table({"day": ["a", "a", "b"], "amount": [1, 2, 3]})


@pytest.fixture
def lake(tmp_path: Path) -> LakeReader:
    return LakeReader(str(tmp_path), {})


def test_counts_follow_appends_deletes_and_partitions(lake: LakeReader, tmp_path: Path) -> None:
    path = tmp_path / "gold" / "sales"
    assert lake.row_count("gold", "sales") is None
    write_deltalake(str(path), ROWS, partition_by=["day"])
    assert lake.row_count("gold", "sales") == 3
    write_deltalake(str(path), ROWS, mode="append")
    assert lake.row_count("gold", "sales") == 6
    table = lake.table("gold", "sales")
    assert table is not None
    table.delete("day = 'a'")
    assert lake.row_count("gold", "sales") == 2


@pytest.mark.parametrize(("commits_before", "commits_after"), [(3, 1), (2, 2), (2, 4)])
def test_a_table_made_anew_under_a_living_reader_is_told_once_at_most_and_then_read(
    lake: LakeReader, tmp_path: Path, commits_before: int, commits_after: int
) -> None:
    """A rebuild sets tables aside while a dashboard or an observer of another home looks on."""
    path = tmp_path / "gold" / "sales"
    for _ in range(commits_before):
        write_deltalake(str(path), ROWS, mode="append")
    assert lake.row_count("gold", "sales") == 3 * commits_before
    shutil.rmtree(path)
    for _ in range(commits_after):
        write_deltalake(str(path), ROWS, mode="append")
    with suppress(LakeUnreachable):
        lake.rows("gold", "sales", ["amount"])
    rows = lake.rows("gold", "sales", ["amount"])
    assert rows is not None
    assert rows.num_rows == 3 * commits_after


def test_a_table_without_statistics_is_counted_from_its_files(lake: LakeReader, tmp_path: Path) -> None:
    path = tmp_path / "gold" / "sales"
    write_deltalake(str(path), ROWS)
    log = path / "_delta_log" / f"{0:020}.json"
    lines = [line.replace('\\"numRecords\\":3,', "") for line in log.read_text().splitlines()]
    log.write_text("\n".join(lines))
    assert lake.row_count("gold", "sales") == 3


def test_columns_and_rows_are_chosen_before_they_are_read(lake: LakeReader, tmp_path: Path) -> None:
    write_deltalake(str(tmp_path / "gold" / "sales"), ROWS, partition_by=["day"])
    rows = lake.rows("gold", "sales", ["amount"], pc.field("day") == "b")
    assert rows is not None
    assert rows.to_pylist() == [{"amount": 3}]
    assert lake.rows("gold", "nothing", ["amount"]) is None


def test_files_that_cannot_hold_what_is_asked_are_left_out(lake: LakeReader, tmp_path: Path) -> None:
    path = str(tmp_path / "gold" / "sales")
    for day, low, high in (("a", "n1", "n3"), ("a", "n4", "n6"), ("b", "n2", "n2"), ("b", None, None)):
        rows = pa.table({"day": [day, day], "number": pa.array([low, high], pa.string())})
        write_deltalake(path, rows, mode="append", partition_by=["day"])
    table = lake.table("gold", "sales")
    assert table is not None
    one = pa.table({"number": ["n2"]})
    table.merge(one, "t.number = s.number", source_alias="s", target_alias="t").when_matched_update(
        {"number": "s.number"}
    ).execute()  # delta-rs tells of the file that it writes as views of text

    def held(bounds: dict[str, tuple[str, str]]) -> list[tuple[str, str | None]]:
        opened = lake.table("gold", "sales")
        assert opened is not None
        found = lake.dataset(opened, files_within(opened, bounds)).to_table(["day", "number"])
        return sorted((row["day"], row["number"] or "") for row in found.to_pylist())

    rest = [("b", ""), ("b", "")]  # says nothing of its numbers
    assert held({"number": ("n5", "n9")}) == [("a", "n4"), ("a", "n6"), *rest]
    assert held({"number": ("n7", "n9")}) == rest
    assert held({"day": ("a", "a"), "number": ("n5", "n9")}) == [("a", "n4"), ("a", "n6")]
    assert held({"day": ("c", "d")}) == []
    assert len(held({"amount": ("x", "y")})) == 8
    assert ("b", "n2") in held({"number": ("n2", "n2")})


def test_every_table_with_a_contract_is_listed(lake: LakeReader) -> None:
    assert "fct_sales_lines" in lake.row_counts("gold")


def test_a_store_that_is_away_is_told_within_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETAIL_HOME", str(tmp_path))
    settings = load_settings(s3_port=9, s3_access_key="id", s3_secret_key="key")
    started = time.monotonic()
    with pytest.raises(LakeUnreachable, match="retail doctor"):
        lake_reader(settings).row_count("gold", "fct_sales_lines")
    with pytest.raises(LakeUnreachable):
        lease_holder(settings)
    assert time.monotonic() - started < 30
