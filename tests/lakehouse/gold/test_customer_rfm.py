"""Recency, frequency and money of a dozen customers, by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from pyspark.sql import DataFrame, SparkSession

from lakehouse.gold.customer_receipts import customer_receipts
from lakehouse.gold.customer_rfm import customer_rfm
from tests.lakehouse.gold.receipt_rows import DAY, Row, assert_fits_contract, sales_line, table_frame
from tests.lakehouse.sales_events import rows_of


def bought(event_id: str, customer: str | None, days_ago: int = 0, net: str = "10", **changes: object) -> Row:
    """A line of a receipt of a customer."""
    day = DAY - dt.timedelta(days_ago)
    return sales_line(
        event_id, 1, customer_key=customer, business_date=day, net_amount=Decimal(net), **changes
    )


def receipts_of(spark: SparkSession, lines: list[Row], *consenting: str) -> DataFrame:
    """The receipts of the lines; customers who are not named gave no consent."""
    members = spark.createDataFrame([(key,) for key in consenting], "customer_key STRING")
    return customer_receipts(table_frame(spark, "gold", "fct_sales_lines", lines), members)


def scores(spark: SparkSession, lines: list[Row], *consenting: str) -> dict[str, Row]:
    frame = customer_rfm(receipts_of(spark, lines, *consenting), DAY)
    assert_fits_contract(frame, "customer_rfm")
    return {f"{row['customer_key']}/{row['currency']}": row for row in rows_of(frame)}


def test_customers_are_scored_by_fifths_and_named(spark: SparkSession) -> None:
    lines = [bought(f"{c}{n}", c, days_ago, net) for c, times, days_ago, net in (
        ("a", 5, 0, "50"), ("b", 4, 10, "30"), ("c", 3, 90, "20"), ("d", 1, 2, "5"), ("e", 1, 200, "4"),
    ) for n in range(times)]  # fmt: skip
    seen = scores(spark, lines, *"abcde")
    told = {
        key[0]: (r["recency_score"], r["frequency_score"], r["money_score"], r["segment"])
        for key, r in seen.items()
    }
    assert told == {
        "a": (5, 5, 5, "CHAMPION"),
        "b": (3, 4, 4, "LOYAL"),
        "c": (2, 3, 3, "AT_RISK"),
        "d": (4, 1, 2, "NEW"),
        "e": (1, 1, 1, "LOST"),
    }
    assert (seen["a/GBP"]["net_amount"], seen["a/GBP"]["receipt_count"], seen["c/GBP"]["recency_days"]) == (
        250,
        5,
        90,
    )
    assert [seen[f"{c}/GBP"]["is_repeat"] for c in "abcde"] == [True, True, True, False, False]


def test_who_gave_no_consent_stands_in_no_row_but_in_the_unknown_share(spark: SparkSession) -> None:
    lines = [bought("e1", "a", net="60"), bought("e2", "secret", net="30"), bought("e3", None, net="10")]
    seen = scores(spark, lines, "a")
    assert list(seen) == ["a/GBP"]
    assert seen["a/GBP"]["unknown_share"] == Decimal("0.4")


def test_returns_are_taken_off_and_voids_and_mere_returns_make_no_customer(spark: SparkSession) -> None:
    back: Row = {"transaction_type": "RETURN", "line_type": "RETURN", "quantity": Decimal(-1)}
    lines = [
        bought("e1", "a", net="20"), bought("e2", "a", net="-5", **back), bought("e3", "b", net="-7", **back),
        bought("e4", "c", is_void=True),
    ]  # fmt: skip
    seen = scores(spark, lines, *"abc")
    assert list(seen) == ["a/GBP"]
    assert (seen["a/GBP"]["net_amount"], seen["a/GBP"]["receipt_count"]) == (15, 1)


def test_two_currencies_are_two_rows(spark: SparkSession) -> None:
    lines = [bought("e1", "a", net="20"), bought("e2", "a", net="7", currency="EUR")]
    seen = scores(spark, lines, "a")
    assert {key: row["net_amount"] for key, row in seen.items()} == {"a/GBP": 20, "a/EUR": 7}
