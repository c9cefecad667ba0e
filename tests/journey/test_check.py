"""`retail check` on real servers: the real file is good; a double line closes its gate, mending opens it."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest
from deltalake import DeltaTable, write_deltalake

from lakehouse.settings import Settings
from lakehouse.storage.gates import closed_gates, latest_gates
from lakehouse.storage.lake_reader import LakeReader, lake_reader

pytestmark = pytest.mark.stack


def reader(stack: Settings, prefix: str) -> LakeReader:
    """The lake of a test."""
    return lake_reader(stack.model_copy(update={"topic_prefix": f"{prefix}.", "lake_prefix": prefix}))


def test_the_real_file_breaks_no_rule_of_severity_error(real_run, stack: Settings):
    lake = reader(stack, "real")
    gates = latest_gates(lake)
    assert {name for name in gates if name.startswith("gold.")} >= {
        "gold.fct_sales_lines",
        "gold.agg_sales_hourly",
    }
    assert closed_gates(lake) == []
    assert real_run["quality"]["failed"] == 0
    assert real_run["quality"]["checked"] > sum(gate.rule_count for gate in gates.values())


def test_the_real_file_warns_of_its_extreme_hours_and_of_nothing_else(real_run, stack: Settings):
    """Wholesale orders, large returns, hours that collapsed, and one day of free goods: ARCHITECTURE, Decisions."""
    assert real_run["quality"]["failed"] == 0
    names = ("checked_at", "table_name", "rule_id", "is_failed", "failed_count")
    kept = reader(stack, "real").rows("ops", "quality_results", names)
    assert kept is not None, "every check leaves its results"
    results = kept.to_pylist()
    first = min(row["checked_at"] for row in results)
    found = {
        (row["table_name"], row["rule_id"]): row["failed_count"]
        for row in results
        if row["is_failed"] and row["checked_at"] == first
    }
    assert found == {
        ("gold.agg_sales_hourly", "volume_usual"): 24,
        ("gold.agg_sales_hourly", "value_usual"): 14,
        ("gold.fct_sales_lines", "few_free_goods"): 1,
    }


@pytest.mark.long
def test_a_double_line_closes_its_gate_and_mending_opens_it(retail, uci_file, first_lines, stack: Settings):
    prefix = f"t{uuid.uuid4().hex[:8]}"
    small: Path = first_lines(uci_file, 300)
    once = retail("run", "--once", "--source", str(small), "--json", prefix=prefix)
    assert once.returncode == 0, once.stderr
    lake = reader(stack, prefix)
    table = lake.table("gold", "fct_sales_lines")
    assert isinstance(table, DeltaTable)
    good = table.version()
    write_deltalake(table, table.to_pyarrow_dataset().head(1), mode="append")

    closed = retail("check", "fct_sales_lines", "--json", prefix=prefix)
    assert closed.returncode == 1, closed.stderr
    found = json.loads(closed.stdout)
    assert found["closed"] == ["gold.fct_sales_lines"]
    broken = {each["rule"]: each for each in found["tables"][0]["failed"] if each["severity"] == "error"}
    assert set(broken) == {"line_unique", "lines_of_receipts"}
    assert len(broken["line_unique"]["examples"]) == 1
    assert Path(found["data_docs"]).exists()

    table.update_incremental()
    table.restore(good)
    opened = retail("check", "fct_sales_lines", "--json", prefix=prefix)
    assert opened.returncode == 0, opened.stderr
    assert json.loads(opened.stdout)["closed"] == []


def test_an_unknown_table_is_answered_with_those_there_are(retail):
    done = retail("check", "sales_lines", prefix="none")
    assert done.returncode == 2
    assert "no table sales_lines; tables are bronze.customers" in done.stderr
