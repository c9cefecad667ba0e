"""Customers, by pseudonym."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.gold.inferred_members import inferred_members


def dim_customer(receipts: DataFrame) -> DataFrame:
    """Members of gold.dim_customer seen in rows of silver.receipts; unknown customers are no member."""
    known = receipts.where(F.col("customer_key").isNotNull())
    return inferred_members(known, "customer_key").select("customer_key", "first_seen_at", "is_inferred")
