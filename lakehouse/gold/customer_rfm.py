"""Recency, frequency and money of customers, scored by fifths (A. M. Hughes, "Strategic Database Marketing", 2000)."""

from __future__ import annotations

import datetime as dt

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from lakehouse.gold.customer_receipts import PURCHASES, SUM, unknown_share


def customer_rfm(receipts: DataFrame, as_of: dt.date) -> DataFrame:
    """Rows of gold.customer_rfm from ``customer_receipts``. ``as_of``: newest business day of the lake."""
    buys = F.col("transaction_type").isin(*PURCHASES)
    day = F.when(buys, F.col("business_date"))
    customers = (
        receipts.where(F.col("customer_key").isNotNull())
        .groupBy("customer_key", "currency")
        .agg(
            F.min(day).alias("first_purchase_date"),
            F.max(day).alias("last_purchase_date"),
            F.count(day).alias("receipt_count"),
            F.sum("net_amount").cast(SUM).alias("net_amount"),
        )
        .where(F.col("receipt_count") > 0)
    )
    scored = customers.withColumns(
        {
            "recency_score": _fifth("last_purchase_date"),
            "frequency_score": _fifth("receipt_count"),
            "money_score": _fifth("net_amount"),
        }
    )
    return scored.join(unknown_share(receipts), "currency", "left").select(
        "customer_key",
        "currency",
        F.lit(as_of).alias("as_of_date"),
        "first_purchase_date",
        "last_purchase_date",
        F.datediff(F.lit(as_of), "last_purchase_date").alias("recency_days"),
        "receipt_count",
        "net_amount",
        "recency_score",
        "frequency_score",
        "money_score",
        _segment().alias("segment"),
        (F.col("receipt_count") >= 2).alias("is_repeat"),
        "unknown_share",
    )


def _fifth(measure: str) -> Column:
    """1 to 5 by how many customers of the currency have less; equal values score equally."""
    less = (
        F.rank().over(Window.partitionBy("currency").orderBy(measure)) - 1
    )  # a rank needs no order among equals
    everyone = F.count("*").over(Window.partitionBy("currency"))
    return (F.floor(less * 5 / everyone) + 1).cast("int")


def _segment() -> Column:
    recency, frequency, money = F.col("recency_score"), F.col("frequency_score"), F.col("money_score")
    return (
        F.when((recency >= 4) & (frequency >= 4) & (money >= 4), "CHAMPION")
        .when((recency <= 2) & (frequency >= 3), "AT_RISK")
        .when((recency <= 2) & (frequency <= 2), "LOST")
        .when(frequency >= 4, "LOYAL")
        .when((F.col("receipt_count") == 1) & (recency >= 4), "NEW")
        .otherwise("PROMISING")
    )
