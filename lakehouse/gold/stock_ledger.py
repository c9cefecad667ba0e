"""The books of the stock: what moved it, in one fixed order, with the stock after each movement.

Movements of a store and product are ordered by business_date, occurred_at, counts last, source_event_id, line_seq;
so the books depend on which events exist, never on the order in which they came. A COUNT sets the stock. What it
finds beyond the books is shrink, except for the COUNT that opens them: before a COUNT, RECEIPT or TRANSFER_IN nobody
has told of any stock. An event that comes late but lies before a COUNT changes the shrink and not what is on hand.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

PAIR = ("store_id", "product_id")
ORDER = ("business_date", "occurred_at", "is_count", "source_event_id", "line_seq")
MERCHANDISE = ("ITEM", "RETURN")
_OPENS = ("COUNT", "RECEIPT", "TRANSFER_IN")
_STOCK, _COST = "DECIMAL(22,3)", "DECIMAL(28,4)"
# What the books know of a store and product before a day: the last row of gold.fct_inventory_daily before it.
STATE = ("closing", "is_tracked", "last_counted_at", "first_moved_date", "unit_cost", "currency")


def stock_events(movements: DataFrame, lines: DataFrame, costs: DataFrame) -> DataFrame:
    """What moved stock, one row per movement.

    ``movements``: rows of silver.inventory_movements. ``lines``: rows of gold.fct_sales_lines; those of merchandise
    that are not void are SALE or RETURN. ``costs``: rows of gold.dim_product (many lines to at most one version).
    """
    counted = F.col("movement_type") == "COUNT"
    told = movements.select(
        F.col("event_id").alias("source_event_id"),
        F.lit(0).alias("line_seq"),
        "business_date",
        *PAIR,
        "occurred_at",
        "movement_type",
        F.when(~counted, F.col("quantity")).cast(_STOCK).alias("change"),
        F.when(counted, F.col("quantity")).alias("counted_quantity"),
        "unit_cost",
        "currency",
        F.lit(None).cast("DECIMAL(18,4)").alias("net_amount"),
        F.lit(None).cast(_COST).alias("cost_amount"),
        "reason",
        "received_at",
    )
    moves = ~F.col("is_void") & F.col("line_type").isin(*MERCHANDISE)
    sold = lines.where(moves & (F.col("transaction_type") != "ADJUSTMENT"))
    return told.unionByName(_of_sales(sold, costs))


def _of_sales(sold: DataFrame, costs: DataFrame) -> DataFrame:
    """SALE and RETURN with the cost of the version that held at the time of sale, where it is in the same currency."""
    versions = costs.where(F.col("unit_cost").isNotNull()).select(
        "product_key", "unit_cost", F.col("currency").alias("cost_currency")
    )
    known = F.col("sale.currency") == F.col("cost.cost_currency")
    priced = sold.alias("sale").join(
        versions.alias("cost"), (F.col("sale.product_key") == F.col("cost.product_key")) & known, "left"
    )
    return priced.select(
        F.col("event_id").alias("source_event_id"),
        "line_seq",
        "business_date",
        *PAIR,
        "occurred_at",
        F.when(F.col("line_type") == "RETURN", "RETURN").otherwise("SALE").alias("movement_type"),
        (-F.col("quantity")).cast(_STOCK).alias("change"),
        F.lit(None).cast("DECIMAL(12,3)").alias("counted_quantity"),
        "unit_cost",
        "sale.currency",
        "net_amount",
        (F.col("quantity") * F.col("unit_cost")).cast(_COST).alias("cost_amount"),
        F.lit(None).cast("STRING").alias("reason"),
        "received_at",
    )


def stock_ledger(events: DataFrame, before: DataFrame) -> DataFrame:
    """The events (of ``stock_events``) with running state: quantity, count_variance, on_hand_before, on_hand, is_tracked,
    last_counted_at, first_moved_date, known_cost, known_currency.

    ``before``: PAIR and STATE of what the books held before the first event of a store and product; a pair without
    a row there had nothing.
    """
    opening = before.select(*PAIR, F.struct(*STATE).alias("before"))
    rows = events.withColumn("is_count", F.col("movement_type") == "COUNT").join(opening, [*PAIR], "left")
    in_order = Window.partitionBy(*PAIR).orderBy(*ORDER)
    up_to_here = in_order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    counts = rows.withColumn("count_number", F.sum(F.col("is_count").cast("int")).over(up_to_here))
    since_count = Window.partitionBy(*PAIR, "count_number").orderBy(*ORDER)
    sum_since = F.sum(F.coalesce("counted_quantity", "change").cast(_STOCK)).over(
        since_count.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    )
    held = F.when(F.col("count_number") == 0, F.coalesce("before.closing", F.lit(0))).otherwise(F.lit(0))
    booked = counts.withColumn("on_hand", (sum_since + held).cast(_STOCK))
    earlier = F.coalesce(F.lag("on_hand").over(in_order), F.col("before.closing"), F.lit(0)).cast(_STOCK)
    opens = F.col("movement_type").isin(*_OPENS)
    up_to_before = in_order.rowsBetween(Window.unboundedPreceding, -1)
    was_tracked = _ever(opens, up_to_before)
    costed = ~F.col("movement_type").isin("SALE", "RETURN") & F.col("unit_cost").isNotNull()
    cost = F.last(F.when(costed, F.struct("unit_cost", "currency")), ignorenulls=True).over(up_to_here)
    known = F.coalesce(
        cost, F.when(F.col("before.unit_cost").isNotNull(), F.struct("before.unit_cost", "before.currency"))
    )
    stated = booked.select(
        "*",
        earlier.alias("on_hand_before"),
        was_tracked.alias("was_tracked"),
        (was_tracked | opens).alias("is_tracked"),
        F.coalesce(
            F.max(F.when(F.col("is_count"), F.col("occurred_at"))).over(up_to_here), "before.last_counted_at"
        ).alias("last_counted_at"),
        F.coalesce("before.first_moved_date", F.min("business_date").over(up_to_here)).alias(
            "first_moved_date"
        ),
        known["unit_cost"].alias("known_cost"),
        known["currency"].alias("known_currency"),
    )
    beyond = (F.col("on_hand") - F.col("on_hand_before")).cast(_STOCK)
    return stated.withColumns(
        {
            "quantity": beyond,
            "count_variance": F.when(F.col("is_count") & F.col("was_tracked"), beyond),
            "is_sold_while_out": (F.col("movement_type") == "SALE")
            & F.col("was_tracked")
            & (F.col("change") < 0)
            & (F.col("on_hand") < 0),
            "is_phantom": F.col("is_count")
            & (F.col("counted_quantity") <= 0)
            & (F.col("on_hand_before") > 0),
        }
    )


def _ever(condition: Column, window: object) -> Column:
    """Whether the condition held in the window, or the books were tracked before."""
    seen = F.max(condition).over(window)  # type: ignore[arg-type]
    return F.coalesce(seen, F.lit(False)) | F.coalesce(F.col("before.is_tracked"), F.lit(False))
