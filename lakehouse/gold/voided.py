"""What a post-void does to gold. It names a receipt by store and number, and voids each receipt that has them.

So whether a receipt is void depends on which voids exist, never on what came first.
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

# Receipts whose lines are sold, taken back or adjusted; a void is no receipt that could be voided.
COUNTED_TYPES = ("SALE", "RETURN", "EXCHANGE", "ADJUSTMENT")


def marked(receipts: DataFrame, voids: DataFrame | None) -> DataFrame:
    """The receipts (rows of silver.receipts or gold.fct_receipts) with ``is_voided``.

    ``voids``: store_id and original_transaction_id of receipts that were voided, few enough to be broadcast;
    None when there are none.
    """
    if voids is None:
        return receipts.withColumn("is_voided", F.lit(False))
    named = voids.select("store_id", F.col("original_transaction_id").alias("transaction_id")).distinct()
    hits = F.broadcast(named.withColumn("is_named", F.lit(True)))
    is_voided = F.col("transaction_type").isin(*COUNTED_TYPES) & F.coalesce("is_named", F.lit(False))
    both = receipts.join(hits, ["store_id", "transaction_id"], "left")  # many receipts to at most one void
    return both.withColumn("is_voided", is_voided).drop("is_named")
