"""Rows of gold.fct_sales_lines as Arrow, made from the contract: state what matters, the rest is ordinary."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

from lakehouse.contracts import load_contract
from lakehouse.schema.arrow_schema import arrow_schema

AT = dt.datetime(2026, 11, 23, 10, 15, tzinfo=dt.UTC)
SCHEMA = arrow_schema(load_contract("gold", "fct_sales_lines").table.columns)


def sale_line(event_id: str = "e1", line_seq: int = 1, **changes: Any) -> dict[str, Any]:
    """A line of one unit at 10.00."""
    return {
        "event_id": event_id,
        "line_seq": line_seq,
        "business_date": AT.date(),
        "store_id": "s1",
        "transaction_id": event_id,
        "transaction_type": "SALE",
        "occurred_at": AT,
        "product_id": "A",
        "line_type": "ITEM",
        "quantity": Decimal("1.000"),
        "currency": "GBP",
        "unit_price": Decimal("10.0000"),
        "discount": Decimal("0.0000"),
        "tax": Decimal("0.0000"),
        "net_amount": Decimal("10.0000"),
        "is_void": False,
        "schema_version": 2,
        "received_at": AT,
        "batch_id": 1,
    } | changes


def sale_lines(*rows: dict[str, Any]) -> pa.Table:
    """The rows as an Arrow table with the contract's types."""
    return pa.Table.from_pylist(list(rows), schema=SCHEMA)
