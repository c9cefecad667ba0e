"""What is on hand now, how long it lasts, and whether it is time to order.

Days of supply, sell-through and reorder point as in Silver, Pyke and Thomas, "Inventory and Production Management in
Supply Chains" (2017), chapters 2 and 6; the reorder point is demand over the lead time plus safety stock.
"""

from __future__ import annotations

import datetime as dt

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.gold.stock_ledger import PAIR

DEMAND_DAYS = 28
_STOCK, _RATIO = "DECIMAL(22,3)", "DECIMAL(18,6)"
_NEWEST = (
    "closing",
    "is_tracked",
    "is_negative",
    "last_counted_at",
    "first_moved_date",
    "unit_cost",
    "currency",
    "business_date",
)


def inventory_now(days: DataFrame, products: DataFrame, as_of: dt.date) -> DataFrame:
    """Rows of gold.inventory_now.

    ``days``: rows of gold.fct_inventory_daily, all of each store and product. ``products``: rows of gold.dim_product
    (many to at most one current version). ``as_of``: newest business day of the lake.
    """
    recent = F.col("business_date") > as_of - dt.timedelta(DEMAND_DAYS)
    net_sold = F.col("sold") - F.col("returned")
    held = days.groupBy(*PAIR).agg(
        F.max_by(F.struct(*_NEWEST), "business_date").alias("now"),
        F.min_by("opening", F.when(recent, F.col("business_date"))).alias("held_then"),
        F.sum(F.when(recent, net_sold)).alias("net_sold"),
        F.sum(F.when(recent, F.col("received") + F.col("transferred_in") + F.col("opened"))).alias("came"),
    )
    current = products.where("is_current").select(
        "product_id",
        F.struct("unit_cost", "currency", "lead_time_days", "safety_stock").alias("product"),
    )
    rows = held.join(current, "product_id", "left")
    on_hand = F.col("now.closing")
    by_product = F.col("product.unit_cost").isNotNull()
    first = F.datediff(F.lit(as_of), F.col("now.first_moved_date")) + 1
    stated = rows.select(
        *PAIR,
        F.lit(as_of).alias("as_of_date"),
        on_hand.alias("on_hand"),
        "now.is_tracked",
        F.col("now.business_date").alias("last_moved_date"),
        "now.last_counted_at",
        F.least(F.greatest(first, F.lit(1)), F.lit(DEMAND_DAYS)).alias("demand_day_count"),
        F.greatest(F.coalesce("net_sold", F.lit(0)), F.lit(0)).cast(_STOCK).alias("demand"),
        (F.greatest(F.coalesce("held_then", on_hand), F.lit(0)) + F.coalesce("came", F.lit(0)))
        .cast(_STOCK)
        .alias("available"),
        "product.lead_time_days",
        "product.safety_stock",
        "now.is_negative",
        F.when(by_product, F.col("product.unit_cost")).otherwise(F.col("now.unit_cost")).alias("unit_cost"),
        F.when(by_product, F.col("product.currency")).otherwise(F.col("now.currency")).alias("currency"),
    )
    return _with_ratios(stated)


def _with_ratios(stated: DataFrame) -> DataFrame:
    in_stock = F.greatest("on_hand", F.lit(0).cast(_STOCK))
    daily = _ratio(F.col("demand") / F.col("demand_day_count"))
    rated = stated.withColumns({"daily_demand": daily, "in_stock": in_stock})
    order_at = F.col("daily_demand") * F.col("lead_time_days") + F.coalesce("safety_stock", F.lit(0))
    days_left = F.col("in_stock") * F.col("demand_day_count") / F.nullif("demand", F.lit(0).cast(_STOCK))
    ordered = rated.withColumn("reorder_point", _ratio(order_at))
    return ordered.select(
        *PAIR,
        "as_of_date",
        "on_hand",
        "is_tracked",
        "last_moved_date",
        "last_counted_at",
        "demand_day_count",
        "demand",
        "available",
        "daily_demand",
        _ratio(days_left).alias("days_of_supply"),
        _ratio(F.when(F.col("available") > 0, F.col("demand") / F.col("available"))).alias("sell_through"),
        (F.col("is_tracked") & (F.col("on_hand") <= 0)).alias("is_stock_out"),
        "lead_time_days",
        "safety_stock",
        "reorder_point",
        (F.col("on_hand") <= F.col("reorder_point")).alias("is_below_reorder_point"),
        "is_negative",
        "unit_cost",
        F.when(F.col("unit_cost").isNotNull(), F.col("currency")).alias("currency"),
        (F.col("in_stock") * F.col("unit_cost")).cast("DECIMAL(28,4)").alias("stock_value"),
    )


def _ratio(quotient: Column) -> Column:
    return quotient.cast(_RATIO)
