"""Customers, by pseudonym; none who refused consent and none who is erased."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.gold.inferred_members import inferred_members
from lakehouse.gold.versions import of_contract


def inferred_customers(receipts: DataFrame) -> DataFrame:
    """Members of gold.dim_customer seen in rows of silver.receipts; unknown customers are no member."""
    known = receipts.where(F.col("customer_key").isNotNull())
    return of_contract(inferred_members(known, "customer_key"), "dim_customer", {"is_inferred": F.lit(True)})
