"""The export follows the table's log: each change once, in files that are never rewritten."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from deltalake import DeltaTable, write_deltalake

from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import lake_reader
from lakehouse.storage.objects import s3_client
from tests.warehouse.export.sale_lines import sale_line, sale_lines
from warehouse.export import export_sales as module
from warehouse.export.export_sales import export_sales
from warehouse.export.position import export_key
from warehouse.export.source_rows import ExportError

pytestmark = pytest.mark.stack
ROOT = Path(__file__).resolve().parents[3]


class Fact:
    """gold.fct_sales_lines of one test, written by delta-rs."""

    def __init__(self, settings: Settings) -> None:
        self.settings, lake = settings, lake_reader(settings)
        self.address, self.options = f"{lake.root}/gold/fct_sales_lines", lake.storage_options
        self.client = s3_client(settings)

    def add(self, *rows: dict[str, Any]) -> None:
        write_deltalake(
            self.address,
            sale_lines(*rows),
            mode="append",
            partition_by=["business_date"],
            storage_options=self.options | {"aws_conditional_put": "etag"},
        )

    def table(self) -> DeltaTable:
        return DeltaTable(self.address, storage_options=self.options | {"aws_conditional_put": "etag"})

    def keys(self, folder: str) -> list[str]:
        found = self.client.list_objects_v2(Bucket=self.settings.bucket, Prefix=folder).get("Contents", [])
        return [each["Key"] for each in found]

    def told(self) -> list[tuple[str, str]]:
        """Event and op of every exported change, file by file."""
        tables = [
            pq.read_table(
                io.BytesIO(self.client.get_object(Bucket=self.settings.bucket, Key=key)["Body"].read())
            )
            for key in self.keys(export_key(self.settings))
        ]
        rows = pa.concat_tables(tables).to_pylist() if tables else []
        return [(row["event_id"], row["op"]) for row in rows]


@pytest.fixture
def fact(stack_settings: Settings) -> Fact:
    return Fact(stack_settings)


def test_each_change_is_told_once_and_a_lake_without_the_table_tells_nothing(fact: Fact) -> None:
    assert export_sales(fact.settings).files == 0
    fact.add(sale_line("a"), sale_line("b"))
    fact.add(sale_line("c"))
    first = export_sales(fact.settings)
    assert (first.files, first.changes, first.version) == (1, 3, 1), "neighbouring commits share a file"
    fact.table().update(updates={"is_void": "true"}, predicate="event_id = 'a'")
    assert export_sales(fact.settings).changes == 1
    assert fact.told() == [("a", "U"), ("b", "U"), ("c", "U"), ("a", "D")]
    assert export_sales(fact.settings).files == 0


def test_rows_that_compaction_moves_are_not_told_again(fact: Fact) -> None:
    for name in "abc":
        fact.add(sale_line(name))
    assert export_sales(fact.settings).changes == 3
    fact.table().optimize.compact()
    assert export_sales(fact.settings).changes == 0
    assert len(fact.told()) == 3


def test_an_export_killed_before_or_after_its_file_tells_each_change_once(fact: Fact) -> None:
    for version, point in enumerate(("before:export.0", "after:export.1")):
        fact.add(sale_line(f"e{version}"))
        own = {
            "RETAIL_HOME": str(fact.settings.home),
            "RETAIL_LAKE_PREFIX": fact.settings.lake_prefix,
            "RETAIL_CRASH_AT": point,
        }
        killed = subprocess.run(
            [sys.executable, str(ROOT / "warehouse/jobs/export_sales.py")],
            env=os.environ | own | {"PYTHONPATH": str(ROOT)},
            check=False,
            capture_output=True,
        )
        assert killed.returncode == -9, killed.stderr
        export_sales(fact.settings)
    assert fact.told() == [("e0", "U"), ("e1", "U")]


def test_a_lost_position_is_found_again_from_the_names_of_the_files(fact: Fact) -> None:
    fact.add(sale_line("a"))
    export_sales(fact.settings)
    fact.client.delete_object(
        Bucket=fact.settings.bucket, Key=f"{fact.settings.lake_key}export/position.json"
    )
    assert export_sales(fact.settings).files == 0


def test_a_commit_larger_than_a_file_is_cut_and_all_its_parts_are_told(
    fact: Fact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROWS_PER_FILE", 2)
    dates = [sale_line("a").copy() | {"business_date": f"2026-11-{day}"} for day in (20, 21, 22)]
    fact.add(*(row | {"event_id": f"e{n}", "business_date": _date(row)} for n, row in enumerate(dates)))
    assert export_sales(fact.settings).files == 2
    assert sorted(fact.told()) == [("e0", "U"), ("e1", "U"), ("e2", "U")]


def _date(row: dict[str, Any]) -> Any:
    return pa.scalar(row["business_date"]).cast(pa.date32()).as_py()


def test_a_table_made_anew_is_told_whole_under_higher_versions(fact: Fact) -> None:
    fact.add(sale_line("a"))
    export_sales(fact.settings)
    for key in fact.keys(f"{fact.settings.lake_key}gold/fct_sales_lines/"):
        fact.client.delete_object(Bucket=fact.settings.bucket, Key=key)
    fact.add(sale_line("a"), sale_line("b"))
    assert export_sales(fact.settings).changes == 2
    assert [key.split("/")[-2][:5] for key in fact.keys(export_key(fact.settings))] == ["g0000", "g0001"]


def test_where_the_log_was_cleaned_the_whole_table_is_told_again(fact: Fact) -> None:
    for name in "abc":
        fact.add(sale_line(name))
    log = fact.keys(f"{fact.settings.lake_key}gold/fct_sales_lines/_delta_log/")
    fact.table().create_checkpoint()
    for key in log[:2]:
        fact.client.delete_object(Bucket=fact.settings.bucket, Key=key)
    assert export_sales(fact.settings).changes == 3
    assert sorted(fact.told()) == [("a", "U"), ("b", "U"), ("c", "U")]


def test_a_data_file_that_is_gone_before_its_export_stops_it_with_the_remedy(fact: Fact) -> None:
    fact.add(sale_line("a"))
    for key in fact.keys(f"{fact.settings.lake_key}gold/fct_sales_lines/business_date"):
        fact.client.delete_object(Bucket=fact.settings.bucket, Key=key)
    with pytest.raises(ExportError, match="VACUUM"):
        export_sales(fact.settings)
    assert fact.told() == []
