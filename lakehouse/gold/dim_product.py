"""Products and their versions."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.gold.versions import inferred, versions
from lakehouse.gold.voided import COUNTED_TYPES

_OF = ("dim_product", "product_key", "product_id")


def dim_product(changes: DataFrame) -> DataFrame:
    """Versions of products from rows of silver.products, all of each product."""
    return versions(changes, *_OF)


def inferred_products(receipts: DataFrame) -> DataFrame:
    """Members of gold.dim_product seen in rows of silver.receipts.

    The text is that of the earliest receipt; event and line break ties between equal instants.
    """
    sold = receipts.where(F.col("transaction_type").isin(*COUNTED_TYPES)).select(
        "event_id", "occurred_at", F.explode("lines").alias("line")
    )
    first = F.min(F.struct("occurred_at", "event_id", "line.line_seq", "line.description")).alias("first")
    members = (
        sold.groupBy(F.col("line.product_id").alias("product_id"))
        .agg(first)
        .select(
            "product_id",
            "first.description",
            F.col("first.occurred_at").alias("first_seen_at"),
            F.col("first.event_id").alias("first_event_id"),
            F.col("first.line_seq").alias("first_line_seq"),
        )
    )
    return inferred(members, *_OF)
