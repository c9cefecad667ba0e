"""A store is known from its first receipt on."""

from __future__ import annotations

import datetime as dt

from pyspark.sql import SparkSession

from lakehouse.gold.dim_store import inferred_stores
from lakehouse.gold.versions import SINCE_EVER
from tests.lakehouse.gold.receipt_rows import AT, assert_fits_contract, silver_receipt, table_frame
from tests.lakehouse.sales_events import rows_of


def test_a_store_is_first_seen_with_its_earliest_receipt(spark: SparkSession) -> None:
    earlier = AT - dt.timedelta(days=3)
    receipts = [
        silver_receipt("e1"),
        silver_receipt("e2", occurred_at=earlier, transaction_type="CANCELLED"),
        silver_receipt("e3", store_id="UNKNOWN"),
    ]
    frame = inferred_stores(table_frame(spark, "silver", "receipts", receipts + receipts))
    assert_fits_contract(frame, "dim_store")
    names = ("store_id", "first_seen_at", "valid_from", "is_current", "is_inferred")
    assert sorted(tuple(row[name] for name in names) for row in rows_of(frame)) == [
        ("UNKNOWN", AT, SINCE_EVER, True, True),
        ("s1", earlier, SINCE_EVER, True, True),
    ]
