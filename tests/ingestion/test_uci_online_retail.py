"""Invoices, cancellations, lost goods and bad debts of Online Retail become receipts and movements."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.events import InventoryMovement, Receipt, encode
from ingestion.uci_files import read_uci_file
from ingestion.uci_online_retail import line_type_of, london_text, uci_events
from ingestion.uci_rows import UciFileError, UciRow
from tests.ingestion.uci_samples import uci_row


def receipts_of(rows: list[UciRow]) -> list[Receipt]:
    return [event for event in uci_events(rows) if event["schema_version"] == 2]


def movements_of(rows: list[UciRow]) -> list[InventoryMovement]:
    return [event for event in uci_events(rows) if event["schema_version"] == 1]


def test_an_invoice_is_one_receipt_even_when_its_lines_stand_apart_and_repeat() -> None:
    rows = [
        uci_row(2),
        uci_row(3, invoice="536366", customer_id=None),
        uci_row(4),
        uci_row(5, stock_code="71053"),
    ]
    first, second = receipts_of(rows)
    assert [(line["line_seq"], line["product_id"]) for line in first["lines"]] == [
        (1, "85123A"),
        (2, "85123A"),
        (3, "71053"),
    ]
    assert first["event_id"] == "uci:536365"
    assert first["customer_id"] == "17850"
    assert first["totals"]["net"] == first["totals"]["total"] == Decimal("45.90")
    assert "customer_id" not in second


def test_a_cancellation_gives_goods_back_and_its_fees_stay_fees() -> None:
    rows = [
        uci_row(2, invoice="C536379", quantity=Decimal(-1)),
        uci_row(3, invoice="C536379", quantity=Decimal(-1), stock_code="d"),
        uci_row(4, invoice="C536379", quantity=Decimal(-1), stock_code="POST"),
    ]
    (receipt,) = receipts_of(rows)
    assert receipt["transaction_type"] == "RETURN"
    assert [line["line_type"] for line in receipt["lines"]] == ["RETURN", "FEE", "SHIPPING"]
    assert [line["product_id"] for line in receipt["lines"]] == ["85123A", "D", "POST"]
    assert receipt["totals"]["total"] == Decimal("-7.65")


def test_goods_taken_from_stock_are_a_movement_and_no_sale() -> None:
    lost = uci_row(2, quantity=Decimal(-10), unit_price=Decimal(0), customer_id=None, description="damages")
    assert receipts_of([lost]) == []
    (movement,) = movements_of([lost])
    assert (movement["event_id"], movement["quantity"]) == ("uci:536365:1", Decimal(-10))
    assert (movement["movement_type"], movement["reason"]) == ("ADJUSTMENT", "damages")


def test_an_invoice_with_sold_and_lost_goods_keeps_one_numbering() -> None:
    rows = [uci_row(2), uci_row(3, quantity=Decimal(-4), unit_price=Decimal(0)), uci_row(4)]
    events = uci_events(rows)
    assert [event["event_id"] for event in events] == ["uci:536365", "uci:536365:2"]
    assert [line["line_seq"] for line in receipts_of(rows)[0]["lines"]] == [1, 3]


def test_a_bad_debt_is_an_adjustment_receipt_with_its_negative_price() -> None:
    (receipt,) = receipts_of(
        [uci_row(invoice="A563186", stock_code="B", quantity=Decimal(1), unit_price=Decimal("-11062.06"))]
    )
    assert receipt["transaction_type"] == "ADJUSTMENT"
    assert receipt["lines"][0]["line_type"] == "FEE"
    assert receipt["totals"]["net"] == Decimal("-11062.06")


def test_only_exact_codes_are_no_merchandise() -> None:
    codes = ("POST", "DOT", "C2", "M", "BANK CHARGES", "CRUK", "GIFT_0001_20", "PADS", "POSTCARD", "DCGS0055")
    types = [line_type_of(code) for code in codes]
    assert types == ["SHIPPING"] * 3 + ["FEE"] * 3 + ["GIFT_CARD"] + ["ITEM"] * 3


@pytest.mark.parametrize(
    ("wall_time", "text"),
    [
        (datetime(2011, 7, 1, 12, 0), "2011-07-01T12:00:00+01:00"),  # noqa: DTZ001
        (datetime(2011, 10, 30, 1, 30), "2011-10-30T01:30:00+01:00"),  # noqa: DTZ001
        (datetime(2011, 3, 27, 1, 30), "2011-03-27T01:30:00+00:00"),  # noqa: DTZ001
    ],
)
def test_shop_time_is_london_time_also_when_the_clocks_change(wall_time: datetime, text: str) -> None:
    assert london_text(wall_time) == text


def test_an_invoice_of_two_countries_or_two_customers_is_refused_rather_than_guessed() -> None:
    with pytest.raises(
        UciFileError, match=r"invoice 536365 names more than one Country: line 2 'United K.*line 3 'France'"
    ):
        uci_events([uci_row(2), uci_row(3, country="France")])
    with pytest.raises(UciFileError, match="more than one CustomerID: line 2 '17850'; line 3 '13047'"):
        uci_events([uci_row(2), uci_row(3, customer_id="13047")])
    assert receipts_of([uci_row(2, customer_id=None), uci_row(3)])[0]["customer_id"] == "17850"


@settings(max_examples=20, deadline=None)
@given(invoices=st.lists(st.integers(1, 12), min_size=1, max_size=120), seed=st.integers(0, 9))
def test_the_order_in_which_invoices_interleave_changes_no_receipt(invoices: list[int], seed: int) -> None:
    rows = [
        uci_row(line, invoice=str(invoice), quantity=Decimal(7 - line % 9))
        for line, invoice in enumerate(invoices, start=2)
    ]
    slots = [row.invoice for row in rows]
    random.Random(seed).shuffle(slots)
    waiting: dict[str, list[UciRow]] = defaultdict(list)
    for row in rows:
        waiting[row.invoice].append(row)
    mixed = [waiting[invoice].pop(0) for invoice in slots]
    assert sorted(map(encode, uci_events(mixed))) == sorted(map(encode, uci_events(rows)))


def test_the_real_half_year_comes_to_its_control_totals(real_file: Path) -> None:
    control: dict[str, Any] = json.loads(
        real_file.with_name(real_file.name.replace("csv.gz", "totals.json")).read_text()
    )
    events = uci_events(read_uci_file(real_file))
    receipts = [event for event in events if event["schema_version"] == 2]
    lines = [(receipt, line) for receipt in receipts for line in receipt["lines"]]
    movements = [event for event in events if event["schema_version"] == 1]
    seen = {
        "lines": len(lines),
        "receipts": len(receipts),
        "net_value": str(sum((receipt["totals"]["total"] for receipt in receipts), Decimal("0.0000"))),
        "units": sum(line["quantity"] for _, line in lines),
        "customers": len({receipt["customer_id"] for receipt in receipts if "customer_id" in receipt}),
        "products": len({line["product_id"] for _, line in lines}),
        "countries": len({receipt["store_id"] for receipt in receipts}),
        "trading_days": len({receipt["business_date"] for receipt in receipts}),
        "cancellation_lines": sum(receipt["transaction_type"] == "RETURN" for receipt, _ in lines),
        "first_line": min(receipt["occurred_at"] for receipt in receipts)[:19].replace("T", " "),
    }
    assert seen == {name: control["sales"][name] for name in seen}
    by_month: Counter[str] = Counter()
    for receipt in receipts:
        by_month[receipt["business_date"][:7]] += receipt["totals"]["net"]  # type: ignore[assignment]
    assert {each["month"]: Decimal(each["net_value"]) for each in control["sales"]["by_month"]} == by_month
    assert (len(movements), sum(m["quantity"] for m in movements)) == (
        control["adjustments"]["lines"],
        control["adjustments"]["units"],
    )
    assert len({event["event_id"] for event in events}) == len(events)
