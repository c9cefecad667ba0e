"""A post-void names a receipt by store and number; what it voids counts no more and says what moved."""

from __future__ import annotations

from decimal import Decimal

from pyspark.sql import SparkSession

from lakehouse.gold.fct_receipts import fct_receipts
from lakehouse.gold.fct_sales_lines import fct_sales_lines
from lakehouse.gold.restatements import of_voids
from lakehouse.gold.voided import marked
from lakehouse.silver.post_voids import post_voids
from tests.lakehouse.gold.receipt_rows import AT, DAY, silver_line, silver_receipt, table_frame
from tests.lakehouse.sales_events import rows_of


def void(event_id: str = "v", of: str | None = "sale", **changes: object) -> dict[str, object]:
    return silver_receipt(
        event_id, **({"transaction_type": "POST_VOID", "lines": [], "original_transaction_id": of} | changes)
    )


def test_a_void_marks_receipt_and_lines_of_its_store_only(spark: SparkSession) -> None:
    receipts = table_frame(
        spark,
        "silver",
        "receipts",
        [
            silver_receipt("sale", silver_line(1), silver_line(2)),
            silver_receipt("other", transaction_id="sale", store_id="s2"),
            silver_receipt("kept"),
            void(),
        ],
    )
    found = marked(receipts, post_voids(receipts))
    assert {row["event_id"]: row["is_void"] for row in rows_of(fct_receipts(found))} == {
        "sale": True,
        "other": False,
        "kept": False,
        "v": False,
    }
    assert sorted((row["event_id"], row["is_void"]) for row in rows_of(fct_sales_lines(found))) == [
        ("kept", False),
        ("other", False),
        ("sale", True),
        ("sale", True),
    ]


def test_a_second_void_of_the_same_receipt_doubles_nothing(spark: SparkSession) -> None:
    receipts = table_frame(spark, "silver", "receipts", [silver_receipt("sale"), void("v1"), void("v2")])
    assert fct_sales_lines(marked(receipts, post_voids(receipts))).count() == 1


def test_a_void_of_a_void_and_a_void_without_a_receipt_void_nothing(spark: SparkSession) -> None:
    receipts = table_frame(
        spark, "silver", "receipts", [void("v1", "sale"), void("v2", "v1"), void("v3", None)]
    )
    assert [row["event_id"] for row in rows_of(post_voids(receipts))] == ["v1", "v2"]
    assert not any(row["is_void"] for row in rows_of(fct_receipts(marked(receipts, post_voids(receipts)))))


def test_the_restatement_says_what_moved_and_why(spark: SparkSession) -> None:
    receipts = table_frame(
        spark,
        "silver",
        "receipts",
        [
            silver_receipt(
                "sale", silver_line(1, "2", "20"), silver_line(2, "1", "5"), silver_line(3, is_void=True)
            ),
            void("v2"),
            void("v1"),
        ],
    )
    lines = fct_sales_lines(marked(receipts.where("event_id = 'sale'"), None))
    assert rows_of(of_voids(lines, post_voids(receipts))) == [
        {
            "event_id": "sale",
            "caused_by": "v1",
            "reason": "POST_VOID",
            "business_date": DAY,
            "store_id": "s1",
            "currency": "GBP",
            "line_count": -2,
            "units": Decimal("-3.000"),
            "net_amount": Decimal("-25.0000"),
            "received_at": AT,
            "receipt_count": -1,
            "rekeyed_line_count": None,
            "rekeyed_net_amount": None,
        }
    ]
