"""A difference between two layers is named by query, partition and offsets; layers that agree are left in peace."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest

from lakehouse.gold import voided
from quality.reconcile.checks import CHECKS, COUNTED_TYPES
from quality.reconcile.compare import compare
from tests.quality.reconcile.lake_figures import (
    DAY,
    Rows,
    agreeing,
    figures,
    place,
    receipt,
    sales_line,
)

pytestmark = pytest.mark.check

Plant = Callable[[Rows], object]
SPANS = {0: (0, 3), 1: (5, 6)}


def no_voided_hour(rows: Rows) -> None:
    rows["agg_sales_hourly"][1]["net_amount"] += Decimal("0.0001")


# What is planted -> checks that must name it, and offsets (or business date) that they must name.
PLANTED: dict[str, tuple[Plant, dict[str, tuple[int, int] | dt.date]]] = {
    "a ledger row that does not add up": (
        lambda rows: rows["ledger"][0].update(duplicate=2),
        {"unbalanced": (0, 3)},
    ),
    "a batch counted twice": (
        lambda rows: rows["ledger"].append(rows["ledger"][0] | {"batch_id": 2}),
        {"counted_twice": (0, 3), "bronze": (0, 3), "accepted": (0, 3), "quarantined": (0, 3), "lines": (0, 3)},
    ),
    "a ledger row that is gone": (
        lambda rows: rows["ledger"].pop(0),
        {"never_read": (0, 3), "not_judged": (0, 3), "stray_silver": (0, 1), "stray_quarantine": (3, 3)},
    ),
    "a gap that nobody counted": (lambda rows: rows["ledger"][1].update(gaps=0), {"hole": (4, 4)}),
    "a record of the middle that never came": (
        lambda rows: (rows["ledger"][0].update(received=3, duplicate=0), rows["landed"].pop(2)),
        {"hole": (0, 3)},
    ),
    "records before the first batch": (
        lambda rows: (rows["ledger"].pop(0), rows.update(landed=rows["landed"][4:], refused=[], replays=[]),
                      rows.update(receipts=rows["receipts"][2:], fct_receipts=rows["fct_receipts"][2:]),
                      rows.update(fct_sales_lines=rows["fct_sales_lines"][3:]), rows["agg_sales_hourly"].pop(0)),
        {"never_read": (0, 3)},
    ),
    "records that expired unread": (
        lambda rows: rows["broker"][0].update(first_offset=8),
        {"expired": (7, 7)},
    ),
    "another topic under the same name": (
        lambda rows: rows["broker"][0].update(next_offset=2),
        {"broker_ends_early": (2, 6)},
    ),
    "a record missing in bronze": (lambda rows: rows["landed"].pop(1), {"bronze": (0, 3)}),
    "a record twice in bronze": (lambda rows: rows["landed"].append(place(2)), {"bronze_twice": (2, 2)}),
    "a landed record that no batch judged": (lambda rows: rows["landed"].append(place(4)), {"not_judged": (4, 4)}),
    "an accepted record missing in silver": (
        lambda rows: rows["receipts"].pop(1),
        {"accepted": (0, 3), "lines": (0, 3), "receipts": DAY, "sales_lines": DAY},
    ),
    "a refused record missing in quarantine": (
        lambda rows: (rows["refused"].pop(), rows["replays"].pop()),
        {"quarantined": (0, 3)},
    ),
    "a stock movement missing in silver": (
        lambda rows: rows["others"].pop(),
        {"accepted": (0, 0), "lines": (0, 0)},
    ),
    "a record in silver that the ledger does not know": (
        lambda rows: rows["receipts"].append(receipt(4, transaction_type="CANCELLED")),
        {"stray_silver": (4, 4), "receipts": (4, 4)},
    ),
    "a quarantined record that the ledger does not know": (
        lambda rows: rows["refused"].append({**place(4), "quarantine_id": "x"}),
        {"stray_quarantine": (4, 4)},
    ),
    "a receipt missing in gold": (lambda rows: rows["fct_receipts"].pop(3), {"receipts": (6, 6)}),
    "a receipt twice in gold": (
        lambda rows: rows["fct_receipts"].append(rows["fct_receipts"][1]),
        {"receipts": (1, 1)},
    ),
    "a receipt in gold that silver does not hold": (
        lambda rows: rows["fct_receipts"].append({"event_id": "x", "business_date": DAY, "batch_id": 0}),
        {"receipts": DAY},
    ),
    "a sale line missing in gold and its hour": (
        lambda rows: (rows["fct_sales_lines"].pop(2), rows["agg_sales_hourly"][0].update(
            line_count=2, units=Decimal(2), net_amount=Decimal(3))),
        {"sales_lines": (1, 1)},
    ),
    "a penny too much on a line and in its hour": (
        lambda rows: (rows["fct_sales_lines"][0].update(net_amount=Decimal("1.01")),
                      rows["agg_sales_hourly"][0].update(net_amount=Decimal("7.01"))),
        {"sales_lines": (0, 0)},
    ),
    "a line in gold that no receipt has": (
        lambda rows: (rows["fct_sales_lines"].append(sales_line("x", "1.00", is_void=True))),
        {"sales_lines": DAY},
    ),
    "a hundredth of a penny in an hour": (no_voided_hour, {"hours": DAY}),
    "an hour that no line explains": (
        lambda rows: rows["agg_sales_hourly"][0].update(business_date=DAY + dt.timedelta(1)),
        {"hours": DAY},
    ),
    "a replay of a record that was never refused": (
        lambda rows: rows["replays"][0].update(replay_of="sales_data-0-77"),
        {"replay_of_nothing": (6, 6)},
    ),
}  # fmt: skip


def test_layers_that_agree_have_no_difference_and_what_waits_is_none() -> None:
    found = compare(figures(agreeing()))
    assert found.differences == []
    assert [row["left_name"] for row in found.chain if not row["agrees"]] == []
    assert found.waiting == 2


def test_an_empty_lake_agrees() -> None:
    empty = figures({name: [] for name in agreeing()})
    found = compare(empty)
    assert (found.differences, found.waiting) == ([], 0)


@pytest.mark.parametrize("kept", [0, 1])
def test_a_ledger_that_lost_its_newest_rows_is_told_only_where_nobody_writes(kept: int) -> None:
    rows = agreeing()
    rows["ledger"] = [row for row in rows["ledger"] if row["topic"] != "sales_data" or row["batch_id"] < kept]
    assert compare(figures(rows)).differences == []
    first = 5 if kept else 0
    found = [each for each in compare(figures(rows), is_at_rest=True).differences if each.topic]
    assert ("stray_silver", first, 6) in {
        (each.check, each.first_offset, each.last_offset) for each in found
    }, found


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_difference_is_named_by_the_right_check_with_its_offsets(planted: str) -> None:
    plant, expected = PLANTED[planted]
    rows = agreeing()
    plant(rows)
    found = compare(figures(rows)).differences
    assert {each.check for each in found} == expected.keys(), [each.message for each in found]
    for each in found:
        where = expected[each.check]
        if isinstance(where, tuple):
            assert (each.first_offset, each.last_offset) == where, each.message
            assert f"offsets {where[0]} to {where[1]}" in each.message
        elif each.topic is None:
            assert each.business_date in (where, where + dt.timedelta(1))


def test_every_check_has_a_planted_difference() -> None:
    assert {name for _, expected in PLANTED.values() for name in expected} == {check.name for check in CHECKS}


def test_query_and_batch_are_named() -> None:
    rows = agreeing()
    rows["landed"].pop(0)
    (only,) = compare(figures(rows)).differences
    assert (only.query, only.batches, only.topic, only.partition) == ("medallion", (0, 0), "sales_data", 0)
    assert only.message == (
        "query medallion, batch 0, sales_data/0 offsets 0 to 3: the ledger received 4 records, bronze holds 3"
    )


def test_a_lake_filled_by_layer_may_read_files_in_any_order_and_gold_may_be_behind() -> None:
    rows = agreeing()
    first, second, _ = rows["ledger"]
    for row in rows["ledger"]:
        row["query"] = "refine_silver"
    # One batch read offsets 0, 1 and 6, the other 2, 3 and 5.
    first.update(last_offset=6, received=3, accepted=3, duplicate=0, quarantined=0, lines=5)
    second.update(
        first_offset=2, last_offset=5, received=3, accepted=1, duplicate=1, quarantined=1, lines=1, gaps=0
    )
    rows["receipts"][3]["batch_id"] = 1
    rows["fct_receipts"].pop(3)
    rows["fct_sales_lines"] = rows["fct_sales_lines"][:3]
    rows["agg_sales_hourly"].pop(1)
    found = compare(figures(rows))
    assert [each.message for each in found.differences] == []
    assert all(row["agrees"] for row in found.chain)


def test_the_types_whose_lines_are_counted_are_those_of_the_sales_fact() -> None:
    assert COUNTED_TYPES == voided.COUNTED_TYPES
