"""Each accepted receipt is one row, with the totals that the till printed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import SparkSession

from lakehouse.gold.fct_receipts import fct_receipts
from lakehouse.gold.voided import marked
from tests.lakehouse.gold.receipt_rows import assert_fits_contract, silver_line, silver_receipt, table_frame
from tests.lakehouse.sales_events import rows_of


def money(text: str) -> Decimal:
    return Decimal(text).quantize(Decimal("0.0001"))


def tender(seq: int, amount: str, currency: str = "GBP") -> dict[str, Any]:
    return {"seq": seq, "type": "CASH", "amount": Decimal(amount), "currency": currency}


@pytest.fixture(scope="module")
def rows(spark: SparkSession) -> dict[str, dict[str, Any]]:
    totals = {"gross": "25", "discount": "5", "net": "20", "tax": "4", "total": "24"}
    huge = "99999999999999.9999"
    receipts = table_frame(
        spark,
        "silver",
        "receipts",
        [
            silver_receipt(
                "sale",
                silver_line(1, "2.5"),
                silver_line(2, "1", is_void=True),
                silver_line(3, "-1", "-10", line_type="RETURN"),
                totals={name: Decimal(amount) for name, amount in totals.items()},
                tenders=[tender(1, "20"), tender(2, "4"), tender(3, "100", "EUR")],
            ),
            silver_receipt("void", transaction_type="POST_VOID", lines=[], original_transaction_id="sale"),
            silver_receipt("foreign money only", tenders=[tender(1, "9", "USD")]),
            silver_receipt("absurd", tenders=[tender(1, huge), tender(2, huge)]),
            silver_receipt("untendered", tenders=None),
        ],
    )
    facts = fct_receipts(marked(receipts, None))
    assert_fits_contract(facts, "fct_receipts")
    return {row["event_id"]: row for row in rows_of(facts)}


def test_every_receipt_stands_once_voids_too(rows: dict[str, dict[str, Any]]) -> None:
    assert set(rows) == {"sale", "void", "foreign money only", "absurd", "untendered"}
    assert not any(row["is_void"] for row in rows.values())


def test_lines_voided_before_closing_are_not_counted(rows: dict[str, dict[str, Any]]) -> None:
    assert (rows["sale"]["line_count"], rows["sale"]["units"]) == (2, Decimal("1.500"))
    assert (rows["void"]["line_count"], rows["void"]["units"]) == (0, Decimal("0.000"))


def test_totals_are_those_of_the_till(rows: dict[str, dict[str, Any]]) -> None:
    seen = [rows["sale"][name] for name in ("gross", "discount", "net", "tax", "total")]
    assert seen == [money("25"), money("5"), money("20"), money("4"), money("24")]


def test_only_tenders_in_the_currency_of_the_receipt_are_added(rows: dict[str, dict[str, Any]]) -> None:
    tendered = {name: row["tendered"] for name, row in rows.items()}
    assert tendered["sale"] == money("24")
    assert tendered["foreign money only"] == money("0")
    assert tendered["untendered"] is tendered["void"] is None


def test_tenders_too_large_for_one_amount_still_have_a_sum(rows: dict[str, dict[str, Any]]) -> None:
    """An overflow would stop the stream at this receipt, for ever."""
    assert rows["absurd"]["tendered"] == money("199999999999999.9998")
