"""A product is known by what its earliest receipt says, whatever the order in which receipts arrive."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from lakehouse.gold.dim_product import inferred_products
from tests.lakehouse.gold.receipt_rows import (
    AT,
    Row,
    assert_fits_contract,
    silver_line,
    silver_receipt,
    table_frame,
)
from tests.lakehouse.sales_events import rows_of

LATER = AT + dt.timedelta(days=1)
RECEIPTS = [
    silver_receipt("e3", silver_line(1, description="HEART"), occurred_at=LATER),
    silver_receipt(
        "e2", silver_line(2, description="second line"), silver_line(1, description="WHITE HEART")
    ),
    silver_receipt("e2b", silver_line(1, description="later event of the same instant")),
    silver_receipt("e1", silver_line(1, description="still later"), occurred_at=LATER),
    silver_receipt("e4", silver_line(1, product_id="B"), silver_line(2, product_id="B", description="text")),
    silver_receipt("e0", silver_line(1, product_id="C"), transaction_type="CANCELLED"),
]
EXPECTED = {
    "A": ("WHITE HEART", AT, "e2", 1, True),
    "B": (None, AT, "e4", 1, True),
}


@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.permutations(RECEIPTS))
def test_the_earliest_text_stays_whatever_the_order(spark: SparkSession, receipts: list[Row]) -> None:
    assert _members(spark, receipts) == _members(spark, receipts + receipts) == EXPECTED


def _members(spark: SparkSession, receipts: list[Row]) -> dict[str, tuple[Any, ...]]:
    frame = inferred_products(table_frame(spark, "silver", "receipts", receipts))
    assert_fits_contract(frame, "dim_product")
    names = ("description", "first_seen_at", "first_event_id", "first_line_seq", "is_inferred")
    return {row["product_id"]: tuple(row[name] for name in names) for row in rows_of(frame)}
