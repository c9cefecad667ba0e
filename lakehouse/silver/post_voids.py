"""Receipts that void another receipt after it was closed."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def post_voids(receipts: DataFrame) -> DataFrame:
    """Rows of silver.post_voids from rows of silver.receipts. A void that names no receipt voids nothing."""
    voids = (F.col("transaction_type") == "POST_VOID") & F.col("original_transaction_id").isNotNull()
    return receipts.where(voids).select(
        "event_id",
        "business_date",
        "store_id",
        "original_transaction_id",
        "occurred_at",
        "received_at",
        "checkpoint_id",
        "batch_id",
    )
