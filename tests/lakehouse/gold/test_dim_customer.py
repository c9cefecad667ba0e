"""A customer is known by pseudonym from the first receipt on; unknown customers are nobody."""

from __future__ import annotations

import datetime as dt

from pyspark.sql import SparkSession

from lakehouse.gold.dim_customer import inferred_customers
from tests.lakehouse.gold.receipt_rows import AT, assert_fits_contract, silver_receipt, table_frame
from tests.lakehouse.sales_events import rows_of


def test_unknown_customers_are_no_member(spark: SparkSession) -> None:
    earlier = AT - dt.timedelta(days=3)
    receipts = [
        silver_receipt("e1", customer_key="k1"),
        silver_receipt("e2", customer_key="k1", occurred_at=earlier),
        silver_receipt("e3", customer_key=None, occurred_at=earlier),
    ]
    frame = inferred_customers(table_frame(spark, "silver", "receipts", receipts + receipts))
    assert_fits_contract(frame, "dim_customer")
    assert [tuple(row.values()) for row in rows_of(frame)] == [("k1", None, earlier, True)]
