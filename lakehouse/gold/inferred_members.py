"""Inferred members of dimensions: what receipts alone tell of a store or customer.

A member keeps what its earliest receipt says, whatever the order in which receipts arrive, so that repeating
or permuting the input changes nothing. Master data completes the members.
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def inferred_members(receipts: DataFrame, key: str) -> DataFrame:
    """One row per value of ``key``: key, first_seen_at (UTC instant), is_inferred."""
    return receipts.groupBy(key).agg(
        F.min("occurred_at").alias("first_seen_at"), F.lit(True).alias("is_inferred")
    )
