"""Goods that are bought together (R. Agrawal and R. Srikant, "Fast Algorithms for Mining Association Rules", 1994).

A pair can be in no more baskets than either of its products, so products below the least support are left out before
pairs are made; the result is the same, and what is left is small.
"""

from __future__ import annotations

import datetime as dt

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.gold.customer_receipts import PURCHASES, RATIO

_LEAST_BASKETS, _ONE_IN = 2, 200  # at least 2 baskets, and 0.5 percent of all


def basket_pairs(lines: DataFrame, customers: DataFrame, as_of: dt.date) -> DataFrame:
    """Rows of gold.basket_pairs. ``lines``: rows of gold.fct_sales_lines; ``customers``: rows of gold.dim_customer.

    A basket is a purchase with merchandise. One that names a customer who is not in dim_customer is left out.
    ``as_of``: newest business day of the lake.
    """
    goods = ~F.col("is_void") & (F.col("line_type") == "ITEM") & (F.col("quantity") > 0)
    bought = lines.where(goods & F.col("transaction_type").isin(*PURCHASES))
    known = customers.select("customer_key", F.lit(True).alias("is_known"))
    allowed = bought.join(known, "customer_key", "left").where("customer_key IS NULL OR is_known")
    items = allowed.select(
        "event_id", "product_id", F.col("customer_key").isNull().alias("is_unknown")
    ).distinct()
    baskets = (
        items.select("event_id", "is_unknown")
        .distinct()
        .agg(
            F.count("*").alias("total_basket_count"),
            F.count_if("is_unknown").alias("unknown_count"),
            F.greatest(F.lit(_LEAST_BASKETS), F.ceil(F.count("*") / F.lit(_ONE_IN))).alias("least"),
        )
    )
    singles = items.groupBy("product_id").agg(F.count("*").alias("product_basket_count"))
    often = singles.join(
        F.broadcast(baskets), F.col("product_basket_count") >= F.col("least"), "inner"
    ).select("product_id", "product_basket_count")
    few = items.join(often, "product_id", "inner").select("event_id", "product_id")
    other = few.select("event_id", F.col("product_id").alias("paired_product_id"))
    together = few.join(other, "event_id", "inner").where("product_id < paired_product_id")  # many to many
    pairs = together.groupBy("product_id", "paired_product_id").agg(F.count("*").alias("basket_count"))
    paired = often.toDF("paired_product_id", "paired_basket_count")
    counted = pairs.join(often, "product_id", "inner").join(paired, "paired_product_id", "inner")
    return _measured(
        counted.join(F.broadcast(baskets), F.col("basket_count") >= F.col("least"), "inner"), as_of
    )


def _measured(counted: DataFrame, as_of: dt.date) -> DataFrame:
    counts = ("basket_count", "product_basket_count", "paired_basket_count", "total_basket_count")
    both, one, other, everything = (F.col(name) for name in counts)
    return counted.select(
        "product_id",
        "paired_product_id",
        F.lit(as_of).alias("as_of_date"),
        *counts,
        _ratio(both, everything).alias("support"),
        _ratio(both, one).alias("confidence"),
        _ratio(both, other).alias("reverse_confidence"),
        _ratio(both * everything, one * other).alias("lift"),
        _ratio(F.col("unknown_count"), everything).alias("unknown_share"),
    )


def _ratio(part: Column, whole: Column) -> Column:
    return (part.cast("DECIMAL(20,0)") / whole.cast("DECIMAL(20,0)")).cast(RATIO)
