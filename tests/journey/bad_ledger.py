"""Rows of ops.ledger that no batch wrote."""

from __future__ import annotations

from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
from deltalake import write_deltalake

from lakehouse.contracts import load_contract
from lakehouse.schema.arrow_schema import arrow_schema
from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import lake_reader


def ledger_row(settings: Settings, **given: Any) -> dict[str, Any]:
    """A row of sales_data/0; counts that are not given are 0."""
    counts = ("received", "accepted", "duplicate", "quarantined", "lines", "gaps")
    row = dict.fromkeys((*counts, "with_warnings", "with_unknown_fields", "batch_id", "partition"), 0)
    named = {"query": "medallion", "checkpoint_id": "c", "topic": settings.topic("sales_data")}
    return row | named | {"first_offset": 0, "last_offset": 0} | given


def write_ledger(settings: Settings, *rows: dict[str, Any]) -> None:
    """Append the rows, as somebody would who writes by hand."""
    lake = lake_reader(settings)
    schema = arrow_schema(load_contract("ops", "ledger").table.columns)
    table = pa.Table.from_pylist([ledger_row(settings, **row) for row in rows], schema=schema)
    write_deltalake(f"{lake.root}/ops/ledger", table, mode="append", storage_options=lake.storage_options)
