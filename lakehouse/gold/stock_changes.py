"""Which books of the stock are written again when days of their sources changed, and on which days they then differ.

The books of a store and product (``stock_ledger``) are written again from the first day that changed; what they held
before it is the state that the later days need.
"""

from __future__ import annotations

from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.gold.stock_ledger import PAIR, STATE, stock_events, stock_ledger

_COST = ("unit_cost", "currency")


def touched_books(*changed: DataFrame) -> DataFrame:
    """PAIR and since_date, the first day from which the books of a store and product are written again.

    ``changed``: frames with PAIR and business_date, any rows of the days that changed.
    """
    days = reduce(DataFrame.unionAll, [rows.select(*PAIR, "business_date") for rows in changed])
    return days.groupBy(*PAIR).agg(F.min("business_date").alias("since_date"))


def repriced(before: DataFrame, after: DataFrame) -> DataFrame:
    """product_key of the versions of gold.dim_product whose cost is another one than before, or is known now."""
    old, new = (
        rows.where(F.col("unit_cost").isNotNull()).select("product_key", *_COST) for rows in (before, after)
    )
    differing = old.exceptAll(new).unionAll(new.exceptAll(old))
    return differing.select("product_key").distinct()


def books_again(
    sources: tuple[DataFrame, DataFrame, DataFrame], days: DataFrame, touched: DataFrame
) -> DataFrame:
    """The touched books (``stock_ledger``) from the first day that changed.

    ``sources``: movements, lines and costs as of ``stock_events``. ``days``: rows of gold.fct_inventory_daily as they
    are held.
    """
    movements, lines, costs = sources
    events = stock_events(since(movements, touched), since(lines, touched), costs)
    return stock_ledger(events, state_before(days, touched))


def since(rows: DataFrame, touched: DataFrame) -> DataFrame:
    """The rows (PAIR and business_date among their columns) of touched books, from the first day that changed."""
    kept = rows.join(touched, [*PAIR], "inner").where("business_date >= since_date")
    return kept.select(*rows.columns)


def untouched(rows: DataFrame, touched: DataFrame) -> DataFrame:
    """The rows that ``since`` leaves out."""
    kept = rows.join(touched, [*PAIR], "left").where("since_date IS NULL OR business_date < since_date")
    return kept.select(*rows.columns)


def state_before(days: DataFrame, touched: DataFrame) -> DataFrame:
    """PAIR and STATE of touched books before the first day that changed; those that held nothing have no row.

    ``days``: rows of gold.fct_inventory_daily.
    """
    earlier = days.join(touched, [*PAIR], "inner").where("business_date < since_date")
    newest = F.max_by(F.struct(*STATE), "business_date").alias("state")
    return earlier.groupBy(*PAIR).agg(newest).select(*PAIR, "state.*")


def differing_days(before: DataFrame, after: DataFrame) -> DataFrame:
    """business_date of the days whose rows are not the same in both; order means nothing, repetition does."""
    columns = before.columns

    def print_of(rows: DataFrame, name: str) -> DataFrame:
        numbers = F.struct(F.count("*"), F.sum(F.xxhash64(*columns).cast("DECIMAL(38,0)")))
        return rows.groupBy("business_date").agg(numbers.alias(name))

    both = print_of(before, "old").join(print_of(after, "new"), "business_date", "full")
    return both.where("NOT (old <=> new)").select("business_date")
