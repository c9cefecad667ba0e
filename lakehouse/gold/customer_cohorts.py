"""Customers by month of their first receipt, and how many of them come back."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from lakehouse.gold.customer_receipts import RATIO, SUM, unknown_share


def customer_cohorts(receipts: DataFrame) -> DataFrame:
    """Rows of gold.customer_cohorts from ``customer_receipts``; each receipt counts in one row."""
    month = F.trunc("business_date", "month").alias("activity_month_date")
    dated = receipts.select("currency", "customer_key", "net_amount", month)
    whole_life = Window.partitionBy("currency", "customer_key")
    known = F.col("customer_key").isNotNull()
    first = F.when(known, F.min("activity_month_date").over(whole_life)).otherwise(
        F.col("activity_month_date")
    )
    placed = dated.withColumn("cohort_month_date", first).withColumn("is_known", known)
    sizes = (
        placed.where("is_known")
        .groupBy("currency", "cohort_month_date")
        .agg(F.countDistinct("customer_key").alias("size"))
    )
    active = placed.groupBy("currency", "activity_month_date", "cohort_month_date", "is_known").agg(
        F.countDistinct("customer_key").alias("customer_count"),
        F.count("*").alias("receipt_count"),
        F.sum("net_amount").cast(SUM).alias("net_amount"),
    )
    months = F.months_between("activity_month_date", "cohort_month_date").cast("int")
    size = F.when(F.col("is_known"), F.coalesce("size", F.lit(0))).otherwise(F.lit(0))
    kind = (
        F.when(~F.col("is_known"), "UNKNOWN")
        .when(F.col("activity_month_date") == F.col("cohort_month_date"), "NEW")
        .otherwise("RETURNING")
    )
    shares = unknown_share(dated, "activity_month_date")
    rows = active.join(sizes, ["currency", "cohort_month_date"], "left")
    return rows.join(shares, ["currency", "activity_month_date"], "left").select(
        "currency",
        "activity_month_date",
        kind.alias("customer_type"),
        "cohort_month_date",
        months.alias("month_number"),
        "customer_count",
        size.cast("bigint").alias("cohort_customer_count"),
        (F.col("customer_count").cast("DECIMAL(18,0)") / F.nullif(size, F.lit(0)).cast("DECIMAL(18,0)"))
        .cast(RATIO)
        .alias("retention"),
        "receipt_count",
        "net_amount",
        "unknown_share",
    )
