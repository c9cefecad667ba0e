"""A Z-report against its receipts: what is missing by number, what differs by way of payment, and what the session is then."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pyspark.sql import SparkSession

from lakehouse.gold.fct_till_sessions import fct_till_sessions
from tests.lakehouse.gold.receipt_rows import AT, DAY, assert_fits_contract, silver_receipt, table_frame
from tests.lakehouse.sales_events import rows_of

Row = dict[str, Any]


def amounts(net: str) -> Row:
    value = Decimal(net)
    return {"gross": value, "discount": Decimal(0), "net": value, "tax": Decimal(0), "total": value}


def receipt(seq: int, net: str = "10", paid_by: str = "CASH", **changes: Any) -> Row:
    """A receipt of session z1, numbered and paid."""
    paid = [{"seq": 1, "type": paid_by, "amount": Decimal(net), "currency": "GBP"}]
    told = {"register_id": "r1", "till_session_id": "z1", "transaction_seq": seq, "totals": amounts(net)}
    return silver_receipt(f"e{seq}", **told, tenders=paid, transaction_id=f"t{seq}") | changes


def report(first: int, last: int, net: str, session: str = "z1", **changes: Any) -> Row:
    """The Z-report of a session, all of it paid in cash."""
    told = {"till_session_id": session, "store_id": "s1", "register_id": "r1", "first_transaction_seq": first,
            "last_transaction_seq": last, "receipt_count": last - first + 1, "totals": amounts(net),
            "tenders": [{"type": "CASH", "amount": Decimal(net), "counted_amount": Decimal(net)}]}  # fmt: skip
    came = {"event_id": f"{session}:z", "business_date": DAY, "schema_version": 1, "opened_at": AT, "closed_at": AT,
            "currency": "GBP", "over_short": Decimal(0), "content_hash": 1, "topic": "t", "partition": 0, "offset": 0,
            "received_at": AT, "contract_version": "1", "checkpoint_id": "c", "batch_id": 1}  # fmt: skip
    return told | came | changes


def sessions(spark: SparkSession, reports: list[Row], *receipts: Row) -> dict[str, Row]:
    found = fct_till_sessions(
        table_frame(spark, "silver", "till_sessions", reports),
        table_frame(spark, "silver", "receipts", list(receipts)),
    )
    assert_fits_contract(found, "fct_till_sessions")
    return {row["till_session_id"]: row for row in rows_of(found)}


def test_a_session_whose_receipts_are_all_there_and_agree_is_certified(spark: SparkSession) -> None:
    void = receipt(3, "0", transaction_type="POST_VOID", original_transaction_id="t2", tenders=[])
    cancelled = receipt(4, "0", transaction_type="CANCELLED", tenders=None)
    foreign = receipt(9, till_session_id="z2")
    row = sessions(spark, [report(1, 4, "10")], receipt(1), receipt(2, "99"), void, cancelled, foreign)["z1"]
    assert (row["state"], row["missing_count"], row["missing_transaction_seqs"]) == ("CERTIFIED", 0, None)
    assert (row["received_count"], row["received_net"], row["tender_differences"]) == (4, Decimal(10), None)


def test_missing_numbers_are_named(spark: SparkSession) -> None:
    reports = [
        report(1, 9, "100"),
        report(20, 10_000_000_000, "0", "z2", receipt_count=7),
        report(1, 1, "0", "z3"),
    ]
    found = sessions(
        spark, reports, receipt(2), receipt(4), receipt(9), receipt(50), receipt(20, till_session_id="z2")
    )
    assert found["z1"]["missing_transaction_seqs"] == "1, 3, 5-8"
    assert (found["z1"]["missing_count"], found["z1"]["received_count"]) == (6, 4)
    assert found["z2"]["missing_transaction_seqs"] == "21-10000000000"
    assert (found["z3"]["missing_transaction_seqs"], found["z3"]["received_net"]) == ("1", Decimal(0))
    assert {row["state"] for row in found.values()} == {"PROVISIONAL"}


def test_a_difference_is_told_by_way_of_payment(spark: SparkSession) -> None:
    row = sessions(spark, [report(1, 2, "20")], receipt(1), receipt(2, paid_by="CARD"))["z1"]
    assert (row["state"], row["tender_differences"]) == ("COMPLETE", "CARD 10.0000, CASH -10.0000")
    assert (row["reported_net"], row["received_net"]) == (Decimal(20), Decimal(20))


def test_a_receipt_too_many_and_a_report_without_tenders_are_no_certified_session(
    spark: SparkSession,
) -> None:
    more = sessions(spark, [report(1, 1, "10")], receipt(1), receipt(2))["z1"]
    silent = sessions(spark, [report(1, 1, "10", tenders=None)], receipt(1))["z1"]
    assert (more["state"], more["missing_count"]) == ("PROVISIONAL", 0)
    assert (silent["state"], silent["tender_differences"]) == ("COMPLETE", "CASH 10.0000")


def test_of_two_reports_of_a_session_the_last_one_counts(spark: SparkSession) -> None:
    later = report(1, 1, "10", event_id="a", closed_at=AT.replace(hour=23))
    for reports in ([report(1, 1, "99"), later], [later, report(1, 1, "99")]):
        assert sessions(spark, reports, receipt(1))["z1"]["state"] == "CERTIFIED"
