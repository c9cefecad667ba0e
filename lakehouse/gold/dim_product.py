"""Products."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.gold.voided import COUNTED_TYPES


def dim_product(receipts: DataFrame) -> DataFrame:
    """Members of gold.dim_product seen in rows of silver.receipts.

    The text is that of the earliest receipt; event and line break ties between equal instants.
    """
    sold = receipts.where(F.col("transaction_type").isin(*COUNTED_TYPES)).select(
        "event_id", "occurred_at", F.explode("lines").alias("line")
    )
    first = F.min(F.struct("occurred_at", "event_id", "line.line_seq", "line.description")).alias("first")
    return (
        sold.groupBy(F.col("line.product_id").alias("product_id"))
        .agg(first)
        .select(
            "product_id",
            "first.description",
            F.col("first.occurred_at").alias("first_seen_at"),
            F.col("first.event_id").alias("first_event_id"),
            F.col("first.line_seq").alias("first_line_seq"),
            F.lit(True).alias("is_inferred"),
        )
    )
