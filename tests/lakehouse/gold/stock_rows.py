"""Movements, lines and products for the books of the stock: state what matters, the rest is ordinary."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.contracts import load_contract
from lakehouse.gold.stock_ledger import STATE, stock_events, stock_ledger
from lakehouse.schema.spark_ddl import columns_ddl
from tests.lakehouse.gold.receipt_rows import AT, DAY, Row, sales_line, silver_receipt, table_frame
from tests.lakehouse.sales_events import rows_of

_PRODUCT = (
    "product_key BIGINT, product_id STRING, unit_cost DECIMAL(18,4), currency STRING, lead_time_days INT, "
    "safety_stock DECIMAL(12,3), is_current BOOLEAN"
)
_BEFORE = ", ".join(
    columns_ddl([load_contract("gold", "fct_inventory_daily").table.column(name)])
    for name in ("store_id", "product_id", *STATE)
)


def move(event_id: str, movement_type: str, quantity: str, hour: int = 8, **changes: Any) -> Row:
    """A row of silver.inventory_movements at that hour of DAY; ``quantity`` is signed, of a COUNT what was counted."""
    at = {"occurred_at": AT.replace(hour=hour, minute=0)}
    ordinary = {"movement_id": event_id, "movement_type": movement_type, "product_id": "A", "uom": "EA"}
    fields = silver_receipt(event_id) | at | ordinary | {"quantity": Decimal(quantity)} | changes
    if "days" in fields:
        days = dt.timedelta(fields.pop("days"))
        fields |= {"business_date": DAY + days, "occurred_at": fields["occurred_at"] + days}
    names = load_contract("silver", "inventory_movements").table.column_names
    return {name: fields.get(name) for name in names} | ({} if "currency" in changes else {"currency": None})


def sale(event_id: str, quantity: str, hour: int = 10, **changes: Any) -> Row:
    """A row of gold.fct_sales_lines at that hour of DAY: so many at 10; negative quantity is a RETURN."""
    units, days = Decimal(quantity), dt.timedelta(changes.pop("days", 0))
    kind = {"line_type": "RETURN"} if units < 0 else {}
    when = {"occurred_at": AT.replace(hour=hour, minute=0) + days, "business_date": DAY + days}
    return sales_line(event_id, 1, quantity=units, net_amount=units * 10, **(kind | when | changes))


def products(spark: SparkSession, *rows: tuple[Any, ...]) -> DataFrame:
    """Versions of products: key, id, cost, currency, lead time, safety stock, whether it is the current one."""
    return spark.createDataFrame(list(rows), _PRODUCT)


def nothing_before(spark: SparkSession) -> DataFrame:
    """Books that hold nothing yet."""
    return spark.createDataFrame([], _BEFORE)


def sold_lines(spark: SparkSession, rows: Sequence[Row], product_key: int = 1) -> DataFrame:
    """Rows of gold.fct_sales_lines that all name one version of their product."""
    frame = table_frame(spark, "gold", "fct_sales_lines", rows)
    return frame.withColumn("product_key", F.lit(product_key).cast("bigint"))


def ledger_of(spark: SparkSession, rows: Sequence[Row], *, costs: DataFrame | None = None,
              before: DataFrame | None = None) -> DataFrame:  # fmt: skip
    """The books of movements and sale lines in any order."""
    moves = [row for row in rows if "movement_type" in row]
    sales = [row for row in rows if "movement_type" not in row]
    events = stock_events(
        table_frame(spark, "silver", "inventory_movements", moves), sold_lines(spark, sales),
        products(spark) if costs is None else costs,
    )  # fmt: skip
    return stock_ledger(events, nothing_before(spark) if before is None else before)


def booked(frame: DataFrame) -> list[Row]:
    """Rows in the order of the books."""
    names = (
        "store_id",
        "product_id",
        "business_date",
        "occurred_at",
        "counted_quantity",
        "source_event_id",
        "line_seq",
    )
    rows = rows_of(frame)
    return sorted(
        rows, key=lambda row: tuple((row.get(n) is not None, row.get(n)) for n in names if n in row)
    )
