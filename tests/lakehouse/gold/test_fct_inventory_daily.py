"""Stock at the end of each day: what moved it adds up, and a day opens as the one before closed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from pyspark.sql import SparkSession

from lakehouse.gold.fct_inventory_daily import fct_inventory_daily
from lakehouse.gold.stock_ledger import PAIR, STATE
from tests.lakehouse.gold.receipt_rows import AT, DAY, Row, assert_fits_contract
from tests.lakehouse.gold.stock_rows import booked, ledger_of, move, sale

TWO_DAYS = [
    move("m1", "RECEIPT", "50", 6, unit_cost=Decimal(2), currency="GBP"),
    sale("e1", "3.250", 9),
    sale("e2", "-1", 10),
    move("m2", "TRANSFER_IN", "4", 11),
    move("m3", "TRANSFER_OUT", "-6", 12),
    move("m4", "ADJUSTMENT", "-0.5", 13),
    move("m5", "WRITE_OFF", "-2", 14),
    move("m6", "RETURN_TO_VENDOR", "-10", 15),
    move("m7", "COUNT", "33", 20),
    sale("e3", "40", 9, days=1),
    move("m8", "RECEIPT", "20", 12, days=1, unit_cost=Decimal("2.5"), currency="GBP"),
]


def days(spark: SparkSession, rows: list[Row]) -> list[Row]:
    frame = fct_inventory_daily(ledger_of(spark, rows))
    assert_fits_contract(frame, "fct_inventory_daily")
    return booked(frame)


def test_a_day_tells_what_moved_the_stock_and_adds_up(spark: SparkSession) -> None:
    first, second = days(spark, TWO_DAYS)
    assert first == {
        "store_id": "s1", "product_id": "A", "business_date": DAY, "opening": 0, "received": 50,
        "transferred_in": 4, "transferred_out": 6, "sold": Decimal("3.25"), "returned": 1,
        "adjusted": Decimal("-0.5"), "written_off": 2, "returned_to_vendor": 10, "opened": 0,
        "shrink": Decimal("-0.25"), "closing": 33, "movement_count": 9, "is_tracked": True, "is_negative": False,
        "is_phantom": False, "is_sold_while_out": False, "last_counted_at": AT.replace(hour=20, minute=0),
        "first_moved_date": DAY, "unit_cost": 2, "currency": "GBP", "closing_value": 66,
    }  # fmt: skip
    assert (second["opening"], second["closing"], second["is_sold_while_out"]) == (33, 13, True)
    assert (second["unit_cost"], second["closing_value"], second["first_moved_date"]) == (
        Decimal("2.5"), Decimal("32.5"), DAY,
    )  # fmt: skip


def test_books_go_on_from_the_day_before_as_if_never_interrupted(spark: SparkSession) -> None:
    whole = days(spark, TWO_DAYS)
    before = fct_inventory_daily(ledger_of(spark, TWO_DAYS[:9])).select(*PAIR, *STATE)
    went_on = booked(fct_inventory_daily(ledger_of(spark, TWO_DAYS[9:], before=before)))
    assert went_on == whole[1:]


def test_a_first_count_opens_the_books_and_a_store_without_movements_has_no_row(spark: SparkSession) -> None:
    (day,) = days(spark, [move("m1", "COUNT", "12", 7), sale("e1", "1", 9)])
    assert (day["opened"], day["shrink"], day["closing"], day["is_tracked"]) == (12, 0, 11, True)


def test_sales_after_midnight_belong_to_the_day_that_the_till_says(spark: SparkSession) -> None:
    late = sale("e1", "1", occurred_at=AT.replace(hour=0) + dt.timedelta(1))
    rows = days(spark, [move("m1", "COUNT", "5", 22), late, sale("e2", "2", 9, days=1)])
    assert [(row["business_date"], row["closing"]) for row in rows] == [(DAY, 4), (DAY + dt.timedelta(1), 2)]
