"""Receipts as the tables of customers count them: who bought, when, for how much. Consent is membership in dim_customer."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

PURCHASES = ("SALE", "EXCHANGE")
SUM = "DECIMAL(28,4)"
RATIO = "DECIMAL(18,6)"


def customer_receipts(lines: DataFrame, customers: DataFrame) -> DataFrame:
    """One row per receipt with lines that are not void: event_id, currency, business_date, transaction_type,
    customer_key (null for nobody, and for a customer without consent), net_amount.

    ``lines``: rows of gold.fct_sales_lines; ``customers``: rows of gold.dim_customer (many lines to at most one).
    """
    receipts = (
        lines.where(~F.col("is_void"))
        .groupBy("event_id", "currency", "business_date", "transaction_type", "customer_key")
        .agg(F.sum("net_amount").cast(SUM).alias("net_amount"))
    )
    known = customers.select("customer_key", F.lit(True).alias("is_known"))
    kept = F.when(F.col("is_known"), F.col("customer_key")).alias("customer_key")
    return receipts.join(known, "customer_key", "left").select(
        "event_id", "currency", "business_date", "transaction_type", kept, "net_amount"
    )


def unknown_share(receipts: DataFrame, *keys: str) -> DataFrame:
    """Per currency and the other keys: share of net sales of receipts without customer; null where they are 0."""
    unknown = F.sum(F.when(F.col("customer_key").isNull(), F.col("net_amount")).otherwise(F.lit(0)))
    share = ratio(unknown, F.sum("net_amount"))
    return receipts.groupBy("currency", *keys).agg(share.alias("unknown_share"))


def ratio(part: Column, whole: Column) -> Column:
    """The quotient as a ratio; null where the whole is 0."""
    return (part.cast(SUM) / F.nullif(whole.cast(SUM), F.lit(0).cast(SUM))).cast(RATIO)
