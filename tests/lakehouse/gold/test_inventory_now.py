"""What is on hand, how long it lasts and when to order, by hand-computed numbers."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from pyspark.sql import SparkSession

from lakehouse.gold.fct_inventory_daily import fct_inventory_daily
from lakehouse.gold.inventory_now import inventory_now
from tests.lakehouse.gold.receipt_rows import DAY, Row, assert_fits_contract
from tests.lakehouse.gold.stock_rows import booked, ledger_of, move, products, sale

NONE = (None, None)


def now(
    spark: SparkSession, rows: list[Row], *versions: tuple[object, ...], as_of: dt.date = DAY
) -> list[Row]:
    frame = inventory_now(fct_inventory_daily(ledger_of(spark, rows)), products(spark, *versions), as_of)
    assert_fits_contract(frame, "inventory_now")
    return booked(frame)


def test_demand_of_28_days_says_how_long_the_stock_lasts_and_when_to_order(spark: SparkSession) -> None:
    rows = [
        move("m1", "COUNT", "100", 6, days=-60),
        sale("old", "30", 9, days=-28),  # the day before the 28 begin
        sale("e1", "10", 9, days=-20),
        move("m2", "RECEIPT", "14", 6, days=-10),
        sale("e2", "5", 9, days=-1),
        sale("e3", "-1", 9),
    ]
    (stock,) = now(spark, rows, (1, "A", Decimal("1.5"), "GBP", 7, Decimal(80), True))
    assert (stock["on_hand"], stock["demand"], stock["demand_day_count"]) == (70, 14, 28)
    assert (stock["daily_demand"], stock["days_of_supply"]) == (Decimal("0.5"), 140)
    assert (stock["available"], stock["sell_through"]) == (84, Decimal("0.166667"))
    assert (stock["reorder_point"], stock["is_below_reorder_point"]) == (Decimal("83.5"), True)
    assert (stock["stock_value"], stock["currency"]) == (105, "GBP")


def test_a_product_that_came_lately_has_fewer_days_of_demand(spark: SparkSession) -> None:
    (stock,) = now(spark, [move("m1", "RECEIPT", "10", 6, days=-3), sale("e1", "6", 9)])
    assert (stock["demand_day_count"], stock["daily_demand"]) == (4, Decimal("1.5"))
    assert (stock["days_of_supply"], stock["sell_through"]) == (Decimal("2.666667"), Decimal("0.6"))


def test_without_demand_or_lead_time_nothing_is_invented(spark: SparkSession) -> None:
    (stock,) = now(spark, [move("m1", "RECEIPT", "10", 6, unit_cost=Decimal(2), currency="EUR")])
    assert (stock["daily_demand"], stock["days_of_supply"], stock["sell_through"]) == (0, None, 0)
    assert (stock["reorder_point"], stock["is_below_reorder_point"]) == NONE
    assert (stock["unit_cost"], stock["currency"], stock["stock_value"]) == (2, "EUR", 20)


def test_a_stock_out_is_told_only_where_somebody_told_of_stock(spark: SparkSession) -> None:
    rows = [move("m1", "COUNT", "1", 6), sale("e1", "1", 9), sale("e2", "1", 9, product_id="B")]
    told = [(r["product_id"], r["is_tracked"], r["is_stock_out"], r["is_negative"]) for r in now(spark, rows)]
    assert told == [("A", True, True, False), ("B", False, False, True)]


def test_the_current_version_of_a_product_tells_its_cost(spark: SparkSession) -> None:
    versions = [(1, "A", Decimal(1), "GBP", 3, None, False), (2, "A", Decimal(9), "GBP", 5, None, True)]
    (stock,) = now(spark, [move("m1", "RECEIPT", "2", unit_cost=Decimal(7), currency="GBP")], *versions)
    assert (stock["unit_cost"], stock["lead_time_days"], stock["stock_value"]) == (9, 5, 18)
