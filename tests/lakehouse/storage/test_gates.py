"""Whoever publishes asks the gates first: the newest verdict on each table counts."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from deltalake import write_deltalake

from lakehouse.storage.gates import closed_gates, latest_gates
from lakehouse.storage.lake_reader import LakeReader

pytestmark = pytest.mark.check

NOON = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)
TEXTS = pa.list_(pa.string())
SCHEMA = pa.schema(
    [
        ("check_id", pa.string()),
        ("table_name", pa.string()),
        ("checked_at", pa.timestamp("us", "UTC")),
        ("is_open", pa.bool_()),
        ("since_at", pa.timestamp("us", "UTC")),
        ("rule_ids", TEXTS),
        ("warning_ids", TEXTS),
        ("rule_count", pa.int64()),
        ("checked_count", pa.int64()),
        ("is_whole", pa.bool_()),
        ("scope_dates", pa.list_(pa.date32())),
        ("table_version", pa.int64()),
        ("source_versions", pa.list_(pa.struct([("table_name", pa.string()), ("version", pa.int64())]))),
        ("rules_id", pa.string()),
        ("contract_version", pa.string()),
    ]
)


def verdict(root: Path, table: str, minutes: int, *rule_ids: str, **changes: Any) -> None:
    """One more verdict, so many minutes after noon."""
    at = NOON + dt.timedelta(minutes=minutes)
    row = {
        "check_id": f"c{minutes:02}",
        "table_name": table,
        "checked_at": at,
        "is_open": not rule_ids,
        "since_at": at,
        "rule_ids": list(rule_ids),
        "warning_ids": [],
        "rule_count": 4,
        "checked_count": 10,
        "is_whole": True,
        "scope_dates": None,
        "table_version": minutes,
        "source_versions": [{"table_name": "gold.dim_store", "version": 2}],
        "rules_id": "abc",
        "contract_version": "1.0.0",
    } | changes
    write_deltalake(str(root / "ops" / "gates"), pa.Table.from_pylist([row], SCHEMA), mode="append")


def test_a_lake_that_was_never_checked_has_no_gates(tmp_path: Path) -> None:
    assert latest_gates(LakeReader(str(tmp_path), {})) == {}
    assert closed_gates(LakeReader(str(tmp_path), {})) == []


def test_the_newest_verdict_on_a_table_is_its_gate(tmp_path: Path) -> None:
    verdict(tmp_path, "gold.fct_receipts", 2, "receipt_unique")
    verdict(tmp_path, "gold.fct_receipts", 1)
    verdict(tmp_path, "gold.dim_store", 1, "store_key_unique")
    verdict(tmp_path, "gold.dim_store", 3)
    (closed,) = closed_gates(LakeReader(str(tmp_path), {}))
    assert (closed.table_name, closed.rule_ids, closed.table_version) == (
        "gold.fct_receipts",
        ("receipt_unique",),
        2,
    )
    assert str(closed) == "gold.fct_receipts: closed since 2026-11-23 12:02:00Z by receipt_unique (version 2)"


def test_a_gate_knows_what_was_looked_at(tmp_path: Path) -> None:
    day = dt.date(2026, 11, 23)
    verdict(tmp_path, "gold.fct_receipts", 1, is_whole=False, scope_dates=[day])
    gate = latest_gates(LakeReader(str(tmp_path), {}))["gold.fct_receipts"]
    assert (gate.scope_dates, gate.source_versions, gate.is_whole) == ((day,), {"gold.dim_store": 2}, False)
    assert str(gate) == "gold.fct_receipts: open since 2026-11-23 12:01:00Z"
