"""Who comes back: cohorts by month of first receipt, and sales that nobody stands for."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from pyspark.sql import SparkSession

from lakehouse.gold.customer_cohorts import customer_cohorts
from tests.lakehouse.gold.receipt_rows import Row, assert_fits_contract, sales_line
from tests.lakehouse.gold.test_customer_rfm import receipts_of
from tests.lakehouse.sales_events import rows_of

MARCH, APRIL, JUNE = dt.date(2026, 3, 1), dt.date(2026, 4, 1), dt.date(2026, 6, 1)


def bought(event_id: str, customer: str | None, day: str, net: int, currency: str = "GBP") -> Row:
    date = dt.date.fromisoformat(f"2026-{day}")
    return sales_line(
        event_id, 1, customer_key=customer, business_date=date, net_amount=Decimal(net), currency=currency
    )


LINES = [
    bought("e1", "a", "03-02", 10),
    bought("e2", "b", "03-31", 10),
    bought("e3", "a", "04-01", 20),
    bought("e4", "a", "04-09", 5),
    bought("e5", "c", "04-10", 15),
    bought("e6", None, "04-11", 30),
    bought("e7", "secret", "04-12", 10),
    bought("e8", "a", "06-30", 8),
    bought("e9", "a", "04-01", 99, "EUR"),
]


def test_customers_come_back_by_the_month(spark: SparkSession) -> None:
    frame = customer_cohorts(receipts_of(spark, LINES, "a", "b", "c"))
    assert_fits_contract(frame, "customer_cohorts")
    names = ("currency", "activity_month_date", "customer_type", "cohort_month_date", "month_number", "customer_count",
             "cohort_customer_count", "retention", "receipt_count", "net_amount", "unknown_share")  # fmt: skip
    half, none = Decimal("0.5"), Decimal(0)
    assert sorted((tuple(row[n] for n in names) for row in rows_of(frame)), key=lambda row: row[:4]) == [
        ("EUR", APRIL, "NEW", APRIL, 0, 1, 1, 1, 1, 99, none),
        ("GBP", MARCH, "NEW", MARCH, 0, 2, 2, 1, 2, 20, none),
        ("GBP", APRIL, "NEW", APRIL, 0, 1, 1, 1, 1, 15, half),
        ("GBP", APRIL, "RETURNING", MARCH, 1, 1, 2, half, 2, 25, half),
        ("GBP", APRIL, "UNKNOWN", APRIL, 0, 0, 0, None, 2, 40, half),
        ("GBP", JUNE, "RETURNING", MARCH, 3, 1, 2, half, 1, 8, none),
    ]


def test_all_rows_add_up_to_net_sales_and_the_order_of_lines_means_nothing(spark: SparkSession) -> None:
    seen, back = (
        rows_of(customer_cohorts(receipts_of(spark, lines, "a", "b"))) for lines in (LINES, LINES[::-1])
    )
    assert sum(row["net_amount"] for row in seen) == sum(line["net_amount"] for line in LINES)
    assert sorted(seen, key=str) == sorted(back, key=str)
