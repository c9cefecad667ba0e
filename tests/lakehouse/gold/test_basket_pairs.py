"""Which goods are bought together: support, confidence and lift by hand."""

from __future__ import annotations

from decimal import Decimal

from pyspark.sql import SparkSession

from lakehouse.gold.basket_pairs import basket_pairs
from tests.lakehouse.gold.receipt_rows import DAY, Row, assert_fits_contract, sales_line, table_frame
from tests.lakehouse.sales_events import rows_of


def basket(event_id: str, goods: str, customer: str | None = None, **changes: object) -> list[Row]:
    """A receipt with a line for each letter."""
    return [
        sales_line(event_id, n, product_id=product, customer_key=customer, **changes)
        for n, product in enumerate(goods, 1)
    ]


def pairs(spark: SparkSession, *baskets: list[Row]) -> dict[str, Row]:
    lines = table_frame(spark, "gold", "fct_sales_lines", [line for lines in baskets for line in lines])
    members = spark.createDataFrame([("known",)], "customer_key STRING")
    frame = basket_pairs(lines, members, DAY)
    assert_fits_contract(frame, "basket_pairs")
    return {row["product_id"] + row["paired_product_id"]: row for row in rows_of(frame)}


def test_a_pair_is_measured_against_all_baskets(spark: SparkSession) -> None:
    seen = pairs(
        spark,
        basket("e1", "AB", "known"),
        basket("e2", "ABB"),  # twice in one basket is once
        basket("e3", "BA"),
        basket("e4", "BC"),
        basket("e5", "D"),
    )
    assert list(seen) == ["AB"]  # B and C were together once only
    pair = seen["AB"]
    counts = ("basket_count", "product_basket_count", "paired_basket_count", "total_basket_count")
    assert [pair[name] for name in counts] == [3, 3, 4, 5]
    assert (pair["support"], pair["confidence"], pair["reverse_confidence"]) == (
        Decimal("0.6"),
        1,
        Decimal("0.75"),
    )
    assert (pair["lift"], pair["unknown_share"]) == (Decimal("1.25"), Decimal("0.8"))


def test_only_merchandise_that_was_sold_counts(spark: SparkSession) -> None:
    back: Row = {"transaction_type": "RETURN", "line_type": "RETURN", "quantity": Decimal(-1)}
    kept = [basket("e1", "AB"), basket("e2", "AB")]
    seen = pairs(
        spark,
        *kept,
        basket("e3", "AB", line_type="FEE"),
        basket("e4", "AB", is_void=True),
        basket("e5", "AB", **back),
    )
    assert (seen["AB"]["basket_count"], seen["AB"]["total_basket_count"]) == (2, 2)


def test_baskets_of_customers_without_consent_are_left_out(spark: SparkSession) -> None:
    seen = pairs(spark, basket("e1", "AB"), basket("e2", "AB", "known"), basket("e3", "AB", "secret"))
    assert (seen["AB"]["basket_count"], seen["AB"]["unknown_share"]) == (2, Decimal("0.5"))
