"""What corrections of published receipts moved, by how much and why."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def restatements(lines: DataFrame, voids: DataFrame) -> DataFrame:
    """Rows of ops.restatements for voided receipts, without checkpoint_id and batch_id.

    ``lines``: their rows of gold.fct_sales_lines before they are voided. ``voids``: rows of silver.post_voids.
    """
    sums = (
        lines.where(~F.col("is_void"))
        .groupBy("event_id", "business_date", "store_id", "transaction_id", "currency")
        .agg(
            (-F.count("*")).alias("line_count"),
            (-F.sum("quantity")).cast("DECIMAL(22,3)").alias("units"),
            (-F.sum("net_amount")).cast("DECIMAL(28,4)").alias("net_amount"),
        )
    )
    first = (
        voids.groupBy("store_id", F.col("original_transaction_id").alias("transaction_id"))
        .agg(F.min(F.struct("received_at", "event_id")).alias("cause"))
        .select("store_id", "transaction_id", "cause")
    )
    return sums.join(F.broadcast(first), ["store_id", "transaction_id"], "inner").select(
        "event_id",
        F.col("cause.event_id").alias("caused_by"),
        F.lit("POST_VOID").alias("reason"),
        "business_date",
        "store_id",
        "currency",
        "line_count",
        "units",
        "net_amount",
        F.col("cause.received_at").alias("received_at"),
    )
