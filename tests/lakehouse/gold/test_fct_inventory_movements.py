"""The books of the stock: counts set it, sales and returns move it, and the order of arrival means nothing."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from lakehouse.gold.fct_inventory_movements import fct_inventory_movements
from tests.lakehouse.gold.receipt_rows import Row, assert_fits_contract
from tests.lakehouse.gold.stock_rows import booked, ledger_of, move, products, sale


def books(spark: SparkSession, *rows: Row) -> list[Row]:
    frame = fct_inventory_movements(ledger_of(spark, rows))
    assert_fits_contract(frame, "fct_inventory_movements")
    return booked(frame)


def told(rows: list[Row], *names: str) -> list[tuple[object, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


def test_a_count_sets_the_stock_and_books_what_is_missing_as_shrink(spark: SparkSession) -> None:
    rows = books(
        spark,
        move("m1", "RECEIPT", "100", 8),
        sale("e1", "3", 10),
        sale("e2", "-1", 11),
        move("m2", "WRITE_OFF", "-2", 12),
        move("m3", "COUNT", "90", 20),
        sale("e3", "5", 21),
    )
    assert told(rows, "movement_type", "quantity", "count_variance", "on_hand") == [
        ("RECEIPT", 100, None, 100),
        ("SALE", -3, None, 97),
        ("RETURN", 1, None, 98),
        ("WRITE_OFF", -2, None, 96),
        ("COUNT", -6, -6, 90),
        ("SALE", -5, None, 85),
    ]


def test_a_movement_that_comes_late_changes_the_shrink_and_not_what_is_on_hand(spark: SparkSession) -> None:
    known = [move("m1", "RECEIPT", "10", 8), move("m2", "COUNT", "4", 20)]
    before, after = books(spark, *known), books(spark, *known, sale("late", "5", 15))
    assert (before[-1]["count_variance"], after[-1]["count_variance"]) == (-6, -1)
    assert before[-1]["on_hand"] == after[-1]["on_hand"] == 4


def test_the_count_that_opens_the_books_is_no_shrink(spark: SparkSession) -> None:
    rows = books(spark, sale("e1", "2", 9), move("m1", "COUNT", "40", 20), move("m2", "COUNT", "39", 22))
    assert told(rows, "quantity", "count_variance", "on_hand") == [
        (-2, None, -2),
        (42, None, 40),
        (-1, -1, 39),
    ]


def test_void_lines_fees_and_adjustment_receipts_move_no_stock(spark: SparkSession) -> None:
    rows = books(
        spark,
        sale("e1", "1", is_void=True),
        sale("e2", "1", line_type="FEE"),
        sale("e3", "1", transaction_type="ADJUSTMENT"),
        sale("e4", "1"),
    )
    assert told(rows, "source_event_id", "quantity") == [("e4", -1)]


def test_stock_that_cannot_be_is_flagged_and_not_hidden(spark: SparkSession) -> None:
    rows = books(
        spark,
        sale("e0", "1", 7),
        move("m1", "RECEIPT", "3", 8),
        sale("e1", "5", 10),
        move("m2", "RECEIPT", "9", 11),
        move("m3", "COUNT", "0", 20),
        move("m4", "COUNT", "0", 21),
    )
    assert told(rows, "on_hand", "is_sold_while_out", "is_phantom") == [
        (-1, False, False),  # nobody had told of any stock
        (2, False, False),
        (-3, True, False),
        (6, False, False),
        (0, False, True),
        (0, False, False),
    ]


def test_a_sale_carries_the_cost_of_its_own_currency_or_none(spark: SparkSession) -> None:
    costs = products(spark, (1, "A", Decimal("4.5"), "GBP", None, None, True))
    rows = [sale("e1", "2"), sale("e2", "-1", 11), sale("e3", "1", 12, currency="EUR")]
    seen = booked(fct_inventory_movements(ledger_of(spark, rows, costs=costs)))
    assert told(seen, "net_amount", "unit_cost", "cost_amount", "currency") == [
        (20, Decimal("4.5"), 9, "GBP"),
        (-10, Decimal("4.5"), Decimal("-4.5"), "GBP"),
        (10, None, None, "EUR"),
    ]


def test_stores_and_products_have_books_of_their_own(spark: SparkSession) -> None:
    rows = books(
        spark,
        move("m1", "RECEIPT", "5"),
        move("m2", "TRANSFER_OUT", "-2", 9),
        move("m3", "TRANSFER_IN", "2", 9, store_id="s2"),
        move("m4", "RECEIPT", "7", product_id="B"),
    )
    assert told(rows, "store_id", "product_id", "on_hand") == [
        ("s1", "A", 5), ("s1", "A", 3), ("s1", "B", 7), ("s2", "A", 2)
    ]  # fmt: skip


@settings(max_examples=2, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_the_order_of_arrival_changes_nothing(spark: SparkSession, data: st.DataObject) -> None:
    kinds = st.sampled_from(["RECEIPT", "COUNT", "ADJUSTMENT", "SALE"])
    drawn = data.draw(
        st.lists(st.tuples(kinds, st.integers(0, 9), st.integers(0, 23)), min_size=30, max_size=30)
    )
    rows = [
        sale(f"e{n:02}", str(units + 1), hour) if kind == "SALE" else move(f"e{n:02}", kind, str(units), hour)
        for n, (kind, units, hour) in enumerate(drawn)
    ]
    assert books(spark, *rows) == books(spark, *data.draw(st.permutations(rows)))
