"""Each set rule of each contract finds its own fault in an otherwise good lake, with the right count."""

from __future__ import annotations

import copy
import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from quality.scope import Scope
from quality.suites import rules_of
from tests.quality.good_lake import AT, DAYS, OTHERS, Judged, Lake, Row, good_lake, judged_contracts, row

RULES = {name: rules_of(contract) for name, contract in judged_contracts().items()}
SET_RULES = [(name, rule.id) for name, rules in RULES.items() for rule in rules.of_sets]
Mutation = Callable[[Lake], None]
HOUR, DAY, WEEK = dt.timedelta(hours=1), dt.timedelta(days=1), dt.timedelta(weeks=1)


def change(table: str, place: int = 0, **values: object) -> Mutation:
    """Other values in one row."""
    return lambda lake: lake[table][place].update(values)


def without(table: str, place: int = 0) -> Mutation:
    """One row less."""
    return lambda lake: lake[table].__delitem__(place)


def twice(table: str) -> Mutation:
    """The first row once more."""
    return lambda lake: lake[table].append(copy.deepcopy(lake[table][0]))


def stale(table: str) -> Mutation:
    """Nothing has come for an hour."""

    def age(lake: Lake) -> None:
        for each in lake[table]:
            each["received_at"] = AT - dt.timedelta(hours=1)

    return age


def hours(newest: Row, volume: int, value: int) -> list[Row]:
    """Twelve ordinary days of the same hour, then the newest one with this volume and value."""
    rows = [newest | {"line_count": volume, "net_amount": Decimal(value)}]
    for back in range(2, 14):
        at = newest["hour_start_at"] - dt.timedelta(days=back)
        usual = {"line_count": 100 + back % 3, "net_amount": Decimal(1000 + back % 5)}
        rows.append(newest | usual | {"hour_start_at": at, "business_date": at.date()})
    return rows


def hours_before(volume: int, value: int) -> Mutation:
    """The newest hour of the good lake after twelve ordinary ones."""

    def add(lake: Lake) -> None:
        lake["gold.agg_sales_hourly"] = hours(lake["gold.agg_sales_hourly"][-1], volume, value)

    return add


def heard(register: str | None, *before: dt.timedelta) -> Mutation:
    """More receipts of a register, so long before the newest one of the good lake."""

    def add(lake: Lake) -> None:
        sold = lake["gold.fct_receipts"][0]
        for ago in before:
            at = AT - ago
            more = {"event_id": f"{register}-{ago}", "occurred_at": at, "business_date": at.date()}
            lake["gold.fct_receipts"].append(sold | more | {"register_id": register})

    return add


def free_goods(lake: Lake) -> None:
    """A day with 100 lines of which 21 cost nothing."""
    sold = lake["gold.fct_sales_lines"][0]
    lake["gold.fct_sales_lines"] = [
        sold | {"line_seq": number, "unit_price": Decimal(0 if number < 21 else 5)} for number in range(100)
    ]


def dear_line(lake: Lake) -> None:
    """Twenty lines at 5 and one at 501."""
    sold = lake["gold.fct_sales_lines"][0]
    lake["gold.fct_sales_lines"] = [sold | {"line_seq": number} for number in range(20)]
    lake["gold.fct_sales_lines"].append(sold | {"line_seq": 20, "unit_price": Decimal(501)})


def many_refused(lake: Lake) -> None:
    """6 of 100 records refused."""
    lake["ops.ledger"][0].update(received=100, quarantined=6)


def second_copy(table: str) -> Mutation:
    """The first receipt once more under another id and another offset."""
    return lambda lake: lake[table].append(lake[table][0] | {"event_id": "e9", "offset": 9})


FAULTS: dict[tuple[str, str], Mutation] = {
    ("bronze.sales_data", "ledger_received"): without("bronze.sales_data"),
    **{(f"bronze.{topic}", "ledger_received"): without(f"bronze.{topic}") for topic in OTHERS},
    ("silver.receipts", "ledger_accepted"): second_copy("silver.receipts"),
    **{(f"silver.{topic}", "ledger_accepted"): without(f"silver.{topic}") for topic in OTHERS},
    ("gold.dim_product", "versions_without_gap"): change("gold.dim_product", valid_to=AT, is_current=False),
    ("gold.dim_store", "versions_without_gap"): change("gold.dim_store", valid_to=AT, is_current=False),
    ("gold.dim_customer", "consent_given"): change("silver.customers", customer_key="a" * 64, has_consent=False),
    ("silver.quarantine", "ledger_quarantined"): without("silver.quarantine"),
    ("silver.quarantine", "few_refused"): many_refused,
    ("silver.receipts", "fresh"): stale("silver.receipts"),
    ("gold.fct_receipts", "fresh"): stale("gold.fct_receipts"),
    ("gold.fct_sales_lines", "fresh"): stale("gold.fct_sales_lines"),
    ("gold.fct_receipts", "receipts_of_silver"): change("gold.fct_receipts", net=Decimal("10.0001")),
    ("gold.fct_receipts", "register_heard"): heard("r2", *(week * WEEK + HOUR for week in (1, 2, 3))),
    ("gold.fct_sales_lines", "lines_of_receipts"): without("gold.fct_sales_lines"),
    ("gold.fct_sales_lines", "few_free_goods"): free_goods,
    ("gold.fct_sales_lines", "price_usual"): dear_line,
    ("gold.agg_sales_hourly", "sums_of_lines"): change("gold.agg_sales_hourly", net_amount=Decimal("10.0001")),
    ("gold.agg_sales_hourly", "volume_usual"): hours_before(400, 1000),
    ("gold.agg_sales_hourly", "value_usual"): hours_before(100, 9000),
    ("gold.fct_inventory_movements", "lines_of_sales"): without("gold.fct_inventory_movements"),
    ("gold.fct_inventory_daily", "days_follow"): change("gold.fct_inventory_daily", 1, opening=Decimal(0)),
    ("gold.fct_inventory_daily", "sums_of_movements"): change("gold.fct_inventory_daily", 1, movement_count=2),
    ("gold.fct_inventory_daily", "stock_not_negative"): change("gold.fct_inventory_daily", is_tracked=True),
    ("gold.inventory_now", "newest_closing"): change("gold.inventory_now", on_hand=Decimal(0)),
    ("gold.dim_date", "dates_complete"): change("gold.dim_date", business_date=DAYS[0] - dt.timedelta(days=3)),
}  # fmt: skip
UNKNOWN: dict[str, dict[str, object]] = {
    "store_known": {"store_id": "s9"},
    "product_known": {"product_id": "Z"},
    "customer_known": {"customer_key": "f" * 64},
    "date_known": {"business_date": dt.date(2031, 1, 1)},
}


def fault(table: str, rule_id: str) -> Mutation:
    """The fault that the rule exists for; raises KeyError for a rule that nobody has tried."""
    if rule_id.endswith("_unique"):
        return twice(table)
    if rule_id in UNKNOWN:
        return change(table, 0, **UNKNOWN[rule_id])
    return FAULTS[table, rule_id]


def test_a_good_lake_breaks_no_rule(judged: Judged) -> None:
    lake = good_lake()
    broken = {
        name: [
            (each.rule_id, each.failed_count, each.examples)
            for each in judged(rules, lake).findings
            if each.is_failed
        ]
        for name, rules in RULES.items()
    }
    assert {name: found for name, found in broken.items() if found} == {}


@pytest.mark.parametrize(("table", "rule_id"), SET_RULES, ids=lambda each: each)
def test_a_set_rule_finds_its_fault_and_says_where(judged: Judged, table: str, rule_id: str) -> None:
    lake = good_lake()
    fault(table, rule_id)(lake)
    only = replace(
        RULES[table], of_rows=(), of_sets=tuple(each for each in RULES[table].of_sets if each.id == rule_id)
    )
    (finding,) = judged(only, lake).findings
    assert (finding.rule_id, finding.failed_count) == (rule_id, 1)
    assert len(finding.examples) == 1


def broken_in(judged: Judged, table: str, rule_id: str, lake: Lake) -> tuple[str, ...]:
    """Examples of what one rule finds."""
    only = tuple(each for each in RULES[table].of_sets if each.id == rule_id)
    (finding,) = judged(replace(RULES[table], of_rows=(), of_sets=only), lake).findings
    return finding.examples


def test_registers_are_missed_only_at_the_times_when_they_used_to_sell(judged: Judged) -> None:
    lake = good_lake()
    weeks = (1, 2, 3)
    for each in (
        heard("silent", *(week * WEEK for week in weeks)),
        heard("sells now", *(week * WEEK for week in weeks), HOUR),
        heard("sells in the evening", *(week * WEEK + 8 * HOUR for week in weeks)),
        heard("sells on Saturdays", *(week * WEEK + 3 * DAY for week in weeks)),
        heard("new", *(week * WEEK for week in weeks[:2])),
        heard("given up", *(week * WEEK for week in (3, 4, 5))),
        # A register whose clock runs ahead makes no other one late.
        heard("ahead", -2 * DAY),
        heard(None, *(week * WEEK for week in weeks)),
    ):
        each(lake)
    found = [json.loads(each) for each in broken_in(judged, "gold.fct_receipts", "register_heard", lake)]
    assert {(each.get("register_id"), each["weeks_heard"]) for each in found} == {("silent", 3), (None, 3)}
    assert {each["last_heard"][:10] for each in found} == {f"{(AT - WEEK).date()}"}


def test_an_hour_that_collapses_is_found_like_one_that_explodes(judged: Judged) -> None:
    lake = good_lake()
    newest = lake["gold.agg_sales_hourly"][-1]
    lake["gold.agg_sales_hourly"] = [
        each | {"store_id": f"{volume}"}
        for volume in (1, 25, 45, 101, 190, 250)
        for each in hours(newest, volume, 1000)
    ]
    found = [json.loads(each) for each in broken_in(judged, "gold.agg_sales_hourly", "volume_usual", lake)]
    assert {each["store_id"] for each in found} == {"1", "25", "250"}
    assert {each["usual"] for each in found} == {101.0}


def test_only_the_changed_dates_are_looked_at(judged: Judged) -> None:
    lake = good_lake()
    lake["gold.fct_sales_lines"][0].update(store_id="s9", quantity=Decimal(7))
    rules = RULES["gold.fct_sales_lines"]
    seen = {day: judged(rules, lake, Scope((day,))) for day in DAYS}
    assert [each.rule_id for each in seen[DAYS[0]].failed("error")] == [
        "net_amount_agrees",
        "store_known",
        "lines_of_receipts",
    ]
    assert (seen[DAYS[1]].is_open, seen[DAYS[1]].checked_count) == (True, 1)


def test_a_day_that_never_came_to_gold_is_missed(judged: Judged) -> None:
    lake = good_lake()
    del lake["gold.fct_receipts"][1]
    verdict = judged(RULES["gold.fct_receipts"], lake, Scope((DAYS[1],)))
    assert [each.rule_id for each in verdict.failed("error")] == ["receipts_of_silver"]


def test_at_most_five_examples_are_shown_of_many(judged: Judged) -> None:
    lake = good_lake()
    lake["gold.dim_store"] = [row("gold.dim_store", store_id=None) for _ in range(9)]
    found = {each.rule_id: each for each in judged(RULES["gold.dim_store"], lake).findings}
    assert (found["store_id_required"].failed_count, len(found["store_id_required"].examples)) == (9, 5)
