"""Stores."""

from __future__ import annotations

from pyspark.sql import DataFrame

from lakehouse.gold.inferred_members import inferred_members


def dim_store(receipts: DataFrame) -> DataFrame:
    """Members of gold.dim_store seen in rows of silver.receipts."""
    return inferred_members(receipts, "store_id").select("store_id", "first_seen_at", "is_inferred")
