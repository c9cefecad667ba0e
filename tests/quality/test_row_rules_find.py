"""Each row rule of each table's own contract finds the one row that breaks it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from lakehouse.contracts import Column, Contract
from lakehouse.rules.row_rules import table_rules
from quality.suites import rules_of
from tests.quality.good_lake import Judged, Row, good_lake, judged_contracts

CONTRACTS = judged_contracts()
# Changes of a good row that break one written rule.
WRITTEN: dict[tuple[str, str], Row] = {
    ("silver.quarantine", "rules_named"): {"rule_ids": [], "reasons": []},
    ("silver.quarantine", "reason_for_each_rule"): {"reasons": []},
    ("silver.quarantine", "id_tells_coordinates"): {"quarantine_id": "sales_data-1-3"},
    ("gold.fct_receipts", "total_is_net_plus_tax"): {"total": Decimal("11.0001")},
    ("gold.fct_sales_lines", "net_amount_agrees"): {"net_amount": Decimal("10.0051")},
    ("gold.fct_sales_lines", "return_is_negative"): {"line_type": "RETURN"},
    ("gold.fct_sales_lines", "unit_price_not_negative"): {"unit_price": Decimal(-5), "net_amount": Decimal(-10)},
    ("gold.agg_sales_hourly", "receipts_have_lines"): {"receipt_count": 2},
    ("gold.fct_till_sessions", "certified_is_whole"): {"state": "CERTIFIED"},
    **{(f"gold.{name}", "version_complete"): {"valid_from": None} for name in ("dim_product", "dim_store")},
    **{(f"gold.{name}", "valid_in_order"): {"is_current": False} for name in ("dim_product", "dim_store")},
    ("gold.fct_inventory_movements", "count_sets_stock"): {"movement_type": "COUNT", "counted_quantity": Decimal(1), "net_amount": None},
    ("gold.fct_inventory_movements", "only_counts_count"): {"counted_quantity": Decimal(1)},
    ("gold.fct_inventory_movements", "only_sales_earn"): {"net_amount": None},
    ("gold.fct_inventory_daily", "stock_balances"): {"sold": Decimal(3)},
    ("gold.fct_inventory_daily", "negative_means_below_zero"): {"is_negative": False},
    ("gold.inventory_now", "stock_out_means_none"): {"is_stock_out": True},
    ("gold.customer_rfm", "repeat_means_two"): {"is_repeat": False},
    ("gold.customer_rfm", "first_before_last"): {"recency_days": 1},
    ("gold.customer_cohorts", "new_in_first_month"): {"month_number": 1},
    ("gold.customer_cohorts", "cohort_holds_active"): {"customer_count": 2},
    ("gold.basket_pairs", "pair_in_order"): {"paired_product_id": "A"},
    ("gold.basket_pairs", "pair_in_both"): {"basket_count": 3},
    ("ops.erasures", "certified_is_clean"): {"state": "CERTIFIED", "found_after_count": 1},
    ("ops.erasures", "closed_is_clean"): {"state": "CLOSED", "found_after_count": 0, "kafka_record_count": 1},
    ("ops.ledger", "balanced"): {"received": 4},
    ("ops.ledger", "offsets_in_order"): {"first_offset": 3},
    ("ops.freshness", "lag_is_difference"): {"lag_millis": 9, "slowest_lag_millis": 9},
    ("ops.gates", "closed_names_rules"): {"rule_ids": ["line_unique"]},
    ("ops.quality_results", "failed_means_counted"): {"failed_count": 1},
}  # fmt: skip
# What else a value out of bounds or missing breaks.
ALSO = {
    ("gold.agg_sales_hourly", "line_count_range"): {"receipts_have_lines"},
    ("gold.fct_inventory_movements", "movement_type_allowed"): {"only_sales_earn"},
    ("gold.customer_rfm", "receipt_count_range"): {"repeat_means_two"},
    ("gold.customer_rfm", "recency_days_range"): {"first_before_last"},
    ("gold.customer_cohorts", "cohort_customer_count_range"): {"cohort_holds_active"},
    **{("gold.basket_pairs", f"{name}_basket_count_range"): {"pair_in_both"} for name in ("product", "paired", "total")},
    **{("ops.ledger", f"{name}_range"): {"balanced"} for name in ("received", "accepted", "duplicate", "quarantined")},
    **{("silver.quarantine", f"{name}_required"): {"id_tells_coordinates"} for name in ("topic", "partition", "offset")},
}  # fmt: skip


def faults(name: str, contract: Contract, good: Row) -> Iterator[tuple[str, Row]]:
    """Rule id, and the good row with one value that breaks it."""
    for column in contract.table.columns:
        for suffix, value in _bad_values(column):
            rule_id = suffix if suffix.endswith("_allowed") else f"{column.name}_{suffix}"
            yield rule_id, good | {column.name: value}
    for (table, rule_id), changes in WRITTEN.items():
        if table == name:
            yield rule_id, good | changes


def _bad_values(column: Column) -> Iterator[tuple[str, Any]]:
    options = column.options
    if column.required:
        yield "required", None
    if "minimum" in options or "maximum" in options:
        yield (
            "range",
            _typed(column, options["minimum"] - 1 if "minimum" in options else options["maximum"] + 1),
        )
    if "maxLength" in options:
        yield "length", "x" * (options["maxLength"] + 1)
    if "pattern" in options:
        yield "pattern", "gbp"
    for rule in column.rules:
        yield rule.id, "NOPE"


def _typed(column: Column, number: int) -> int | Decimal:
    return Decimal(number) if column.physical_type.startswith("DECIMAL") else number


@pytest.mark.check
@pytest.mark.parametrize("name", CONTRACTS)
def test_every_row_rule_of_a_table_has_a_fault(name: str) -> None:
    good = good_lake()[name][0]
    tried = {rule_id for rule_id, _ in faults(name, CONTRACTS[name], good)}
    assert {rule.id for rule in table_rules(CONTRACTS[name].table)} == tried


@pytest.mark.parametrize("name", CONTRACTS)
def test_each_fault_is_found_by_its_rule_once(judged: Judged, name: str) -> None:
    good = good_lake()[name][0]
    tried = list(faults(name, CONTRACTS[name], good))
    expected = Counter(each for rule_id, _ in tried for each in {rule_id} | ALSO.get((name, rule_id), set()))
    rules = replace(rules_of(CONTRACTS[name]), of_rows=table_rules(CONTRACTS[name].table), of_sets=())
    verdict = judged(rules, {name: [good, *(row for _, row in tried)]})
    assert verdict.checked_count == len(tried) + 1
    assert (
        Counter({each.rule_id: each.failed_count for each in verdict.findings if each.is_failed}) == expected
    )


def test_a_finding_shows_the_key_of_the_row(judged: Judged) -> None:
    good = good_lake()["gold.agg_sales_hourly"][0]
    rules = replace(rules_of(CONTRACTS["gold.agg_sales_hourly"]), of_sets=())
    verdict = judged(
        rules,
        {"gold.agg_sales_hourly": [good, good | {"local_hour": 24, "business_date": dt.date(2026, 1, 5)}]},
    )
    (finding,) = verdict.failed("error")
    assert finding.rule_id == "local_hour_range"
    assert '"business_date":"2026-01-05"' in finding.examples[0]


def test_an_empty_place_among_lines_or_tenders_is_found(judged: Judged) -> None:
    """No receipt that the stream accepts has one; a table that was written by hand may."""
    name = "silver.receipts"
    good = good_lake()[name][0]
    tender = {"seq": 1, "type": "CARD", "amount": Decimal(11), "currency": "gbp"}
    rows = [good, good | {"lines": [None]}, good | {"tenders": [None]}, good | {"tenders": [tender]}]
    verdict = judged(replace(rules_of(CONTRACTS[name]), of_sets=()), {name: rows})
    found = {each.rule_id: each.failed_count for each in verdict.findings if each.is_failed}
    for rule_id in ("lines_element_required", "tenders_element_required", "tenders_currency_pattern"):
        assert found[rule_id] == 1
