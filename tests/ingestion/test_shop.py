"""The simulated shop is the same for a seed, adds up to the penny and numbers its receipts without holes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ingestion.arrivals import judge
from ingestion.events import SALES_DATA
from ingestion.sales_producer import Pace, events_due
from ingestion.shop import Shop, ShopPlan, line_ids

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_the_same_seed_and_start_sell_the_same_and_another_start_reuses_no_id() -> None:
    plan = ShopPlan(seed=7, shape="mixed", late=0.1, duplicates=0.1, broken=0.1)
    first = Shop(plan, NOON).batch(500, NOON)
    assert Shop(plan, NOON).batch(500, NOON) == first
    clean = ShopPlan(seed=7, shape="mixed")
    ids = [
        {
            json.loads(value or b"").get("event_id") or json.loads(value or b"")["id"]
            for _, value in Shop(clean, start).batch(500, NOON)
        }
        for start in (NOON, NOON + timedelta(milliseconds=1))
    ]
    assert len(ids[0] | ids[1]) == 1_000


def test_line_ids_stay_unique_across_blocks_and_fit_a_bigint() -> None:
    around = line_ids("run", (1 << 27) - 5, 10)
    assert len(set(around)) == 10
    assert 0 < max(around) < 1 << 63
    assert around == [line_ids("run", (1 << 27) - 5 + n, 1)[0] for n in range(10)]


@pytest.mark.parametrize("shape", ["v1", "v2", "mixed"])
def test_what_the_tills_send_keeps_the_contract(shape: str) -> None:
    shop = Shop(ShopPlan(shape=shape), NOON)  # type: ignore[arg-type]
    for _, value in shop.batch(300, NOON):
        assert judge(SALES_DATA, value)[1] is None


def test_every_receipt_adds_up_to_the_penny() -> None:
    shop = Shop(ShopPlan(), NOON)
    receipts = [shop.receipt(NOON, NOON) for _ in range(400)]
    for receipt in receipts:
        totals, lines = receipt["totals"], receipt["lines"]
        assert (
            totals["net"] == sum(line["net_amount"] for line in lines) == totals["gross"] - totals["discount"]
        )
        assert totals["total"] == totals["net"] + totals["tax"] == receipt["tenders"][0]["amount"]
        for line in lines:
            exact = line["quantity"] * line["unit_price"] - line["discount"]
            assert abs(line["net_amount"] - exact) <= Decimal("0.005")
    returns = [receipt for receipt in receipts if receipt["transaction_type"] == "RETURN"]
    sold = {receipt["transaction_id"] for receipt in receipts if receipt["transaction_type"] == "SALE"}
    assert returns
    assert all(
        receipt["totals"]["total"] < 0 and receipt["original_transaction_id"] in sold for receipt in returns
    )


def test_every_till_numbers_its_receipts_without_holes() -> None:
    shop = Shop(ShopPlan(stores=2, registers=2), NOON)
    seqs: dict[str, list[int]] = {}
    for receipt in (shop.receipt(NOON, NOON) for _ in range(100)):
        seqs.setdefault(receipt["till_session_id"], []).append(receipt["transaction_seq"])
    assert all(seen == list(range(1, len(seen) + 1)) for seen in seqs.values())


def test_late_repeated_and_broken_events_come_at_their_rates() -> None:
    shop = Shop(ShopPlan(shape="mixed", late=0.1, duplicates=0.2, broken=0.05), NOON)
    batch = shop.batch(4_000, NOON)
    counts = shop.counts
    assert counts["events"] == len(batch) == 4_000
    assert counts["v1"] + counts["v2"] + counts["duplicates"] == 4_000
    for kind, share in (("duplicates", 0.2), ("late", 0.08), ("broken", 0.04)):
        assert abs(counts[kind] / 4_000 - share) < 0.02


@pytest.mark.parametrize(
    ("pace", "due"),
    [
        (Pace(rate=0), 1_000),
        (Pace(rate=100), 90),
        (Pace(rate=100, unit="lines"), 40),
        (Pace(rate=100, limit=12), 2),
        (Pace(rate=5), 0),
    ],
)
def test_a_second_after_ten_receipts_of_two_lines_the_pace_tells_how_many_are_due(
    pace: Pace, due: int
) -> None:
    assert events_due(pace, {"events": 10, "lines": 20}, seconds=1.0) == due
