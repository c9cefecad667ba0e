"""A home of its own per test, and a small lake of real Delta tables in a folder."""

from __future__ import annotations

import datetime as dt
import os
import socket
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from deltalake import write_deltalake

from lakehouse.settings import Settings, load_settings
from lakehouse.storage.lake_reader import LakeReader

Rows = list[dict[str, Any]]

SCHEMAS = {
    "bronze.sales_data": pa.schema({"offset": pa.int64(), "value": pa.binary()}),
    "bronze.inventory_movements": pa.schema({"offset": pa.int64(), "value": pa.binary()}),
    "silver.quarantine": pa.schema(
        {
            "quarantine_id": pa.string(), "topic": pa.string(), "partition": pa.int32(), "offset": pa.int64(),
            "received_at": pa.timestamp("us", "UTC"), "key": pa.binary(), "value": pa.binary(),
            "headers": pa.list_(pa.struct({"key": pa.string(), "value": pa.binary()})),
            "rule_ids": pa.list_(pa.string()), "reasons": pa.list_(pa.string()), "event_id": pa.string(),
            "contract_version": pa.string(), "checkpoint_id": pa.string(), "batch_id": pa.int64(),
        }
    ),
    "silver.receipts": pa.schema(
        {
            "event_id": pa.string(), "currency": pa.string(), "transaction_type": pa.string(),
            "lines": pa.list_(pa.struct({"net_amount": pa.decimal128(18, 4), "is_void": pa.bool_()})),
        }
    ),
    "gold.fct_sales_lines": pa.schema(
        {
            "event_id": pa.string(), "business_date": pa.date32(), "customer_key": pa.string(),
            "currency": pa.string(), "quantity": pa.decimal128(12, 3), "net_amount": pa.decimal128(18, 4),
            "is_void": pa.bool_(),
        }
    ),
    "ops.ledger": pa.schema(
        {name: pa.int64() for name in ("received", "accepted", "duplicate", "quarantined", "lines")}
    ),
}  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in os.environ:
        if name.startswith(("RETAIL_", "AWS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("RETAIL_HOME", str(tmp_path / "home"))
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        monkeypatch.setenv("RETAIL_KAFKA_PORT", str(first.getsockname()[1]))
        monkeypatch.setenv("RETAIL_S3_PORT", str(second.getsockname()[1]))
    return load_settings()


@pytest.fixture
def lake(tmp_path: Path) -> LakeReader:
    return LakeReader(str(tmp_path / "lake"), {})


@pytest.fixture
def write(lake: LakeReader) -> Callable[[str, Rows], None]:
    """Appends rows to ``layer.table``; what a row leaves out is null."""

    def append(name: str, rows: Rows) -> None:
        schema = SCHEMAS[name]
        table = pa.Table.from_pylist(rows, schema=schema)
        parted = ["business_date"] if "business_date" in schema.names else None
        write_deltalake(f"{lake.root}/{name.replace('.', '/')}", table, mode="append", partition_by=parted)

    return append


def sales_line(event_id: str, net: str, **given: Any) -> dict[str, Any]:
    """One row of gold.fct_sales_lines."""
    line = {
        "event_id": event_id,
        "business_date": dt.date(2026, 11, 23),
        "customer_key": None,
        "currency": "GBP",
        "quantity": Decimal("1.000"),
        "net_amount": Decimal(net),
        "is_void": False,
    }
    return line | given


def balance(received: int, accepted: int, duplicate: int, quarantined: int, lines: int = 0) -> dict[str, int]:
    """One row of ops.ledger."""
    return {
        "received": received,
        "accepted": accepted,
        "duplicate": duplicate,
        "quarantined": quarantined,
        "lines": lines,
    }


def refused(offset: int, value: bytes | None, *rules: str, **given: Any) -> dict[str, Any]:
    """One row of silver.quarantine."""
    row = {
        "quarantine_id": f"sales_data-0-{offset}",
        "topic": "sales_data",
        "partition": 0,
        "offset": offset,
        "received_at": dt.datetime(2026, 11, 23, 10, 0, offset % 60, tzinfo=dt.UTC),
        "key": b"k",
        "value": value,
        "headers": [{"key": "source", "value": b"till"}],
        "rule_ids": list(rules),
        "reasons": [f"{rule}: expected a plain number; seen NaN" for rule in rules],
        "contract_version": "1.0.0",
        "checkpoint_id": "c",
        "batch_id": 7,
    }
    return row | given
