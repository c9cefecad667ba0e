"""A receipt is late an hour after its store closed the business day, by the store's own clock."""

from __future__ import annotations

import datetime as dt

import pytest
from pyspark.sql import SparkSession

from lakehouse.gold.late_receipts import late_receipts
from lakehouse.gold.versions import SINCE_EVER
from tests.lakehouse.gold.receipt_rows import silver_receipt, table_frame
from tests.lakehouse.sales_events import rows_of

ARRAYS = "store_id STRING, versions ARRAY<STRUCT<valid_from: TIMESTAMP, zone: STRING, closing_hour: INT>>"


@pytest.mark.parametrize(
    ("store", "received", "is_late"),
    [
        ("unknown", "2026-11-23T23:59", False),
        ("unknown", "2026-11-24T00:59", False),
        ("unknown", "2026-11-24T01:00", True),
        ("athens", "2026-11-24T01:59", False),  # closes at 3 in the morning, which is 1 by UTC
        ("athens", "2026-11-24T02:00", True),
        ("los angeles", "2026-11-24T08:59", False),
        ("los angeles", "2026-11-24T09:00", True),
    ],
)
def test_the_clock_is_that_of_the_store(
    spark: SparkSession, store: str, received: str, is_late: bool
) -> None:
    clocks = {"athens": ("Europe/Athens", 3), "los angeles": ("America/Los_Angeles", 0)}
    stores = spark.createDataFrame([(name, [(SINCE_EVER, *clock)]) for name, clock in clocks.items()], ARRAYS)
    at = dt.datetime.fromisoformat(received).replace(tzinfo=dt.UTC)
    receipts = table_frame(
        spark, "silver", "receipts", [silver_receipt("e1", store_id=store, received_at=at)]
    )
    assert bool(rows_of(late_receipts(receipts, "UTC", stores))) == is_late
