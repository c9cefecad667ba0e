"""Stores and their versions."""

from __future__ import annotations

from pyspark.sql import DataFrame

from lakehouse.gold.inferred_members import inferred_members
from lakehouse.gold.versions import inferred, versions

_OF = ("dim_store", "store_key", "store_id")


def dim_store(changes: DataFrame) -> DataFrame:
    """Versions of stores from rows of silver.stores, all of each store."""
    return versions(changes, *_OF)


def inferred_stores(receipts: DataFrame) -> DataFrame:
    """Members of gold.dim_store seen in rows of silver.receipts."""
    return inferred(inferred_members(receipts, "store_id"), *_OF)
