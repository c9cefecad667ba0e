"""A week of the simulated chain: the same for a seed, and its papers agree with each other to the penny."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ingestion.arrivals import judge
from ingestion.events import (
    CUSTOMERS,
    INVENTORY_MOVEMENTS,
    PRODUCTS,
    SALES_DATA,
    STORES,
    TILL_SESSIONS,
    TOPICS,
)
from ingestion.simulator.chain import ChainPlan
from ingestion.simulator.event_files import BROKEN_FILE, write_event_files
from ingestion.simulator.sent import Sent
from ingestion.simulator.week import chain_events, chain_week

PLAN = ChainPlan(date(2026, 10, 19), seed=7)
"""Its last night is the one in which clocks go back."""
Event = dict[str, Any]


@pytest.fixture(scope="module")
def sent() -> list[Sent]:
    return sorted(chain_events(PLAN), key=lambda each: each.send_at)


@pytest.fixture(scope="module")
def receipts(sent: list[Sent]) -> list[Event]:
    return [dict(s.event) for s in sent if s.topic == SALES_DATA and "lines" in s.event]


def events(sent: list[Sent], topic: str) -> list[Event]:
    return [dict(each.event) for each in sent if each.topic == topic]


def test_the_same_plan_makes_the_same_messages_and_another_start_shares_no_id() -> None:
    first = chain_week(PLAN)
    assert chain_week(PLAN) == first
    ids = [
        {m.event_id for m in chain_week(ChainPlan(day, seed=7)).messages}
        for day in (PLAN.start, date(2026, 10, 26))
    ]
    assert not ids[0] & ids[1]


def test_every_kind_of_event_comes_and_keeps_its_contract(sent: list[Sent], receipts: list[Event]) -> None:
    kinds = Counter(receipt["transaction_type"] for receipt in receipts)
    assert set(kinds) == {"SALE", "RETURN", "EXCHANGE", "POST_VOID", "CANCELLED"}
    moved = Counter(event["movement_type"] for event in events(sent, INVENTORY_MOVEMENTS))
    assert len(moved) == 7
    assert {each.topic for each in sent} >= {PRODUCTS, STORES, CUSTOMERS, TILL_SESSIONS}
    week = chain_week(PLAN)
    for message in week.messages:
        if message.topic in TOPICS and message.event_id not in week.faults.corrupted:
            assert judge(message.topic, message.value)[1] is None, message


def test_every_receipt_adds_up_to_the_penny_and_names_what_it_undoes(receipts: list[Event]) -> None:
    sold: dict[str, Event] = {}
    for receipt in sorted(receipts, key=lambda each: each["occurred_at"][:19]):
        lines = [line for line in receipt["lines"] if not line["is_void"]]
        assert receipt["totals"]["net"] == sum((line["net_amount"] for line in lines), Decimal(0))
        assert receipt["totals"]["total"] == sum((t["amount"] for t in receipt["tenders"]), Decimal(0))
        for line in receipt["lines"]:
            exact = line["quantity"] * line["unit_price"] - line["discount"]
            assert abs(line["net_amount"] - exact) <= Decimal("0.005")
        sold[receipt["transaction_id"]] = receipt
        if receipt["transaction_type"] in {"RETURN", "EXCHANGE", "POST_VOID"}:
            original = sold[receipt["original_transaction_id"]]
            assert original["store_id"] == receipt["store_id"]
            assert original["transaction_type"] != "POST_VOID"


def test_each_z_report_is_the_sum_of_its_receipts_but_for_the_one_that_was_lost(
    sent: list[Sent], receipts: list[Event]
) -> None:
    voided = {r["original_transaction_id"] for r in receipts if r["transaction_type"] == "POST_VOID"}
    rung: dict[str, list[Event]] = defaultdict(list)
    for receipt in receipts:
        rung[receipt["till_session_id"]].append(receipt)
    lost, wrong = [], 0
    for report in events(sent, TILL_SESSIONS):
        seqs = set(range(report["first_transaction_seq"], report["last_transaction_seq"] + 1))
        found = rung[report["till_session_id"]]
        missing = seqs - {receipt["transaction_seq"] for receipt in found}
        assert report["receipt_count"] == len(seqs)
        standing = [receipt for receipt in found if receipt["transaction_id"] not in voided]
        totals = {
            name: sum((receipt["totals"][name] for receipt in standing), Decimal(0))
            for name in ("gross", "discount", "net", "tax", "total")
        }
        if missing:
            lost.append((report["store_id"], report["register_id"], len(missing)))
        else:
            assert report["totals"] == totals
            assert sum(t["amount"] for t in report["tenders"]) == totals["total"]
        wrong += report["over_short"] != 0
        assert report["over_short"] == sum(t["counted_amount"] - t["amount"] for t in report["tenders"])
    assert lost == [("S02", "R1", 1)]
    assert 0 < wrong < len(rung) / 4


def test_sales_after_midnight_belong_to_the_day_before_where_the_store_closes_late(
    receipts: list[Event],
) -> None:
    late = [r for r in receipts if r["occurred_at"][:10] != r["business_date"]]
    assert {receipt["store_id"] for receipt in late} == {"S03", "S06"}
    offsets = {r["occurred_at"][-6:] for r in receipts if r["store_id"] == "S03"}
    assert offsets == {"+01:00", "+00:00"}


def test_an_offline_till_delivers_the_next_day(sent: list[Sent]) -> None:
    late = [
        each
        for each in sent
        if each.topic == SALES_DATA and (each.send_at - each.occurred_at).seconds > 3_600
    ]
    assert {dict(each.event).get("register_id") for each in late}
    assert all((each.send_at - each.occurred_at).days <= 1 for each in late)


def test_counts_find_less_than_the_books_say(sent: list[Sent], receipts: list[Event]) -> None:
    """On-hand by movements and sold goods in their order; a count corrects it. One lost receipt moved stock too."""
    voided = {r["original_transaction_id"] for r in receipts if r["transaction_type"] == "POST_VOID"}
    moves: list[tuple[Any, str, str, str, Decimal]] = []
    for each in sent:
        event: Event = dict(each.event)
        if each.topic == INVENTORY_MOVEMENTS:
            place = (event["store_id"], event["product_id"], event["movement_type"])
            moves.append((each.occurred_at, *place, event["quantity"]))
        elif "lines" in event and event["transaction_id"] not in voided:
            goods = [line for line in event["lines"] if line["line_type"] in {"ITEM", "RETURN"}]
            moves += [
                (each.occurred_at, event["store_id"], line["product_id"], "", -line["quantity"])
                for line in goods
                if not line["is_void"]
            ]
    on_hand: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    variances: list[Decimal] = []
    lowest = Decimal(0)
    for _, store, product, kind, quantity in sorted(moves, key=lambda each: each[0]):
        if kind == "COUNT":
            if on_hand[store, product] >= 0:
                variances.append(quantity - on_hand[store, product])
            on_hand[store, product] = quantity
        else:
            on_hand[store, product] += quantity
        lowest = min(lowest, on_hand[store, product])
    assert sum(variances) < 0
    assert lowest < 0  # what is scarce was sold although the books said there was none


def test_the_files_hold_what_is_sent_without_the_broken_ones(tmp_path: Path) -> None:
    week = chain_week(PLAN)
    counts = write_event_files(week, tmp_path, limit=900)
    lines = (tmp_path / f"{SALES_DATA}.jsonl").read_bytes().splitlines()
    assert len(lines) == counts[SALES_DATA]
    assert sum(counts.values()) == 900
    broken = json.loads((tmp_path / BROKEN_FILE).read_text())
    assert set(broken) <= set(week.faults.corrupted)
    assert not set(broken) & {json.loads(line).get("event_id") for line in lines}
