"""Rows of silver.receipts and gold.fct_sales_lines, made from their contracts: state what matters, the rest is ordinary."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from lakehouse.contracts import load_contract
from lakehouse.contracts.loader import LAYERS
from lakehouse.schema.spark_ddl import columns_ddl

Row = dict[str, Any]
DAY = dt.date(2026, 11, 23)
AT = dt.datetime(2026, 11, 23, 10, 15, tzinfo=dt.UTC)


def silver_line(line_seq: int = 1, quantity: str = "1", net_amount: str = "10", **changes: Any) -> Row:
    """A line of a silver receipt."""
    return {
        "line_seq": line_seq,
        "line_type": "ITEM",
        "product_id": "A",
        "quantity": Decimal(quantity),
        "uom": "EA",
        "unit_price": Decimal(10),
        "discount": Decimal(0),
        "tax": Decimal(0),
        "net_amount": Decimal(net_amount),
        "is_void": False,
    } | changes


def silver_receipt(event_id: str = "e1", *lines: Row, **changes: Any) -> Row:
    """A row of silver.receipts; one ordinary line when none is given."""
    return {
        "event_id": event_id,
        "business_date": DAY,
        "schema_version": 2,
        "transaction_id": event_id,
        "transaction_type": "SALE",
        "store_id": "s1",
        "occurred_at": AT,
        "currency": "GBP",
        "lines": list(lines) or [silver_line()],
        "content_hash": 1,
        "topic": "sales_data",
        "partition": 0,
        "offset": 1,
        "received_at": AT,
        "contract_version": "1.0.0",
        "checkpoint_id": "c1",
        "batch_id": 1,
    } | changes


def sales_line(event_id: str = "e1", line_seq: int = 1, **changes: Any) -> Row:
    """A row of gold.fct_sales_lines."""
    fields = silver_receipt(event_id) | silver_line(line_seq) | changes
    return {name: fields.get(name) for name in load_contract("gold", "fct_sales_lines").table.column_names}


def table_frame(spark: SparkSession, layer: str, name: str, rows: Sequence[Row]) -> DataFrame:
    """Rows of a table as its contract types them; a required column without a value is refused."""
    return spark.createDataFrame(list(rows), contract_type(layer, name))


def contract_type(layer: str, name: str) -> StructType:
    """Names, types and order of the columns of a table."""
    assert layer in LAYERS
    columns = load_contract(layer, name).table.columns
    ddl = ", ".join(f"{columns_ddl([column])}{' NOT NULL' if column.required else ''}" for column in columns)
    found = StructType.fromDDL(ddl)
    assert isinstance(found, StructType)
    return found


def assert_fits_contract(frame: DataFrame, name: str) -> None:
    """The frame has exactly the columns of gold's contract, with their types, in their order."""
    seen = [(field.name, field.dataType.simpleString()) for field in frame.schema.fields]
    wanted = [(field.name, field.dataType.simpleString()) for field in contract_type("gold", name).fields]
    assert seen == wanted
