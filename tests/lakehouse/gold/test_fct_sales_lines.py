"""Each line of a receipt that sold, took back or adjusted something is one fact."""

from __future__ import annotations

from decimal import Decimal

from pyspark.sql import SparkSession

from lakehouse.gold.fct_sales_lines import fct_sales_lines
from lakehouse.gold.voided import marked
from tests.lakehouse.gold.receipt_rows import assert_fits_contract, silver_line, silver_receipt, table_frame
from tests.lakehouse.sales_events import rows_of


def test_lines_that_sold_took_back_or_adjusted_are_facts_and_no_others(spark: SparkSession) -> None:
    voided = silver_line(2, net_amount="5", is_void=True)
    fee = silver_line(3, net_amount="1.5", line_type="FEE", product_id="BANK CHARGES")
    returned = silver_line(1, "-2", "-20", line_type="RETURN")
    receipts = table_frame(
        spark,
        "silver",
        "receipts",
        [
            silver_receipt("sale", silver_line(1), voided, fee),
            silver_receipt("return", returned, transaction_type="RETURN"),
            silver_receipt("adjustment", transaction_type="ADJUSTMENT"),
            silver_receipt("exchange", transaction_type="EXCHANGE"),
            silver_receipt("void", transaction_type="POST_VOID", lines=[]),
            silver_receipt("cancelled", transaction_type="CANCELLED"),
        ],
    )
    lines = fct_sales_lines(marked(receipts, None))
    assert_fits_contract(lines, "fct_sales_lines")
    seen = {
        (r["event_id"], r["line_seq"]): (r["line_type"], r["quantity"], r["net_amount"], r["is_void"])
        for r in rows_of(lines)
    }
    assert seen == {
        ("sale", 1): ("ITEM", Decimal("1.000"), Decimal("10.0000"), False),
        ("sale", 2): ("ITEM", Decimal("1.000"), Decimal("5.0000"), True),
        ("sale", 3): ("FEE", Decimal("1.000"), Decimal("1.5000"), False),
        ("return", 1): ("RETURN", Decimal("-2.000"), Decimal("-20.0000"), False),
        ("adjustment", 1): ("ITEM", Decimal("1.000"), Decimal("10.0000"), False),
        ("exchange", 1): ("ITEM", Decimal("1.000"), Decimal("10.0000"), False),
    }


def test_a_line_carries_what_its_receipt_says(spark: SparkSession) -> None:
    receipt = silver_receipt(
        "e1", store_id="s7", currency="EUR", customer_key="k", channel="online", batch_id=9
    )
    row = rows_of(fct_sales_lines(marked(table_frame(spark, "silver", "receipts", [receipt]), None)))[0]
    assert {name: row[name] for name in ("store_id", "currency", "customer_key", "channel", "batch_id")} == {
        "store_id": "s7",
        "currency": "EUR",
        "customer_key": "k",
        "channel": "online",
        "batch_id": 9,
    }
