"""Stock at the end of each day on which it moved."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.gold.stock_ledger import ORDER, PAIR

_SUM = "DECIMAL(22,3)"
# Column -> movement type, and the sign with which it adds to the stock.
_FLOWS = {
    "received": ("RECEIPT", 1),
    "transferred_in": ("TRANSFER_IN", 1),
    "transferred_out": ("TRANSFER_OUT", -1),
    "sold": ("SALE", -1),
    "returned": ("RETURN", 1),
    "adjusted": ("ADJUSTMENT", 1),
    "written_off": ("WRITE_OFF", -1),
    "returned_to_vendor": ("RETURN_TO_VENDOR", -1),
}


def fct_inventory_daily(ledger: DataFrame) -> DataFrame:
    """Rows of gold.fct_inventory_daily from the books (``stock_ledger``); each movement counts in one row."""
    counted = F.col("movement_type") == "COUNT"
    opened = F.when(counted & F.col("count_variance").isNull(), F.col("quantity"))
    place = F.struct(*ORDER)
    days = ledger.groupBy(*PAIR, "business_date").agg(
        F.min_by("on_hand_before", place).alias("opening"),
        *[_flow(kind, sign).alias(name) for name, (kind, sign) in _FLOWS.items()],
        _sum(opened).alias("opened"),
        _sum(F.col("count_variance")).alias("shrink"),
        F.max_by("on_hand", place).alias("closing"),
        F.count("*").alias("movement_count"),
        F.max("is_tracked").alias("is_tracked"),
        F.max("is_phantom").alias("is_phantom"),
        F.max("is_sold_while_out").alias("is_sold_while_out"),
        F.max("last_counted_at").alias("last_counted_at"),
        F.min("first_moved_date").alias("first_moved_date"),
        F.max_by(F.struct("known_cost", "known_currency"), place).alias("known"),
    )
    return days.select(
        *PAIR,
        "business_date",
        "opening",
        *_FLOWS,
        "opened",
        "shrink",
        "closing",
        "movement_count",
        "is_tracked",
        (F.col("closing") < 0).alias("is_negative"),
        "is_phantom",
        "is_sold_while_out",
        "last_counted_at",
        "first_moved_date",
        F.col("known.known_cost").alias("unit_cost"),
        F.col("known.known_currency").alias("currency"),
        (F.col("closing") * F.col("known.known_cost")).cast("DECIMAL(28,4)").alias("closing_value"),
    )


def _flow(kind: str, sign: int) -> Column:
    return _sum(F.when(F.col("movement_type") == kind, F.col("quantity") * sign))


def _sum(amounts: Column) -> Column:
    return F.coalesce(F.sum(amounts.cast(_SUM)), F.lit(0)).cast(_SUM)
