"""A verdict becomes rows: one per rule, and one for the gate that says since when it is in its state."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from lakehouse.contracts import load_contract
from lakehouse.storage.gates import Gate
from quality.quality_results import Check, Finding, Verdict, carried, gate_row, result_rows, told
from quality.scope import Scope
from quality.suites import rules_of

pytestmark = pytest.mark.check

NOON = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)
DAY = dt.date(2026, 11, 23)
RULES = rules_of(load_contract("gold", "fct_receipts"))
CHECK = Check(
    "c2", NOON, RULES, {"gold.fct_receipts": 7, "gold.dim_store": 3, "silver.receipts": 9}, Scope((DAY,))
)
GOOD = Finding("receipt_unique", "set", "error", "once", 0)
BAD = Finding("total_is_net_plus_tax", "row", "error", "adds up", 2, ('{"event_id":"e1"}',))
ODD = Finding("fresh", "set", "warning", "young", 1)


def verdict(*findings: Finding) -> Verdict:
    return Verdict(CHECK, 10, findings)


def named(table: str, row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(load_contract("ops", table).table.column_names, row, strict=True))


def before(is_open: bool) -> Gate:
    at = NOON - dt.timedelta(days=1)
    return Gate("gold.fct_receipts", is_open, (), (), 25, at, at, 6, {}, True, None, RULES.id)


def test_a_warning_closes_nothing() -> None:
    assert verdict(GOOD, ODD).is_open
    assert not verdict(GOOD, BAD).is_open


def test_each_rule_leaves_one_row() -> None:
    good, bad = (named("quality_results", row) for row in result_rows(verdict(GOOD, BAD)))
    assert (good["rule_id"], good["is_failed"], good["failed_count"]) == ("receipt_unique", False, 0)
    assert (bad["is_failed"], bad["failed_count"], bad["examples"]) == (True, 2, ['{"event_id":"e1"}'])
    assert (bad["table_version"], bad["is_whole"], bad["checked_count"]) == (7, False, 10)


def test_a_gate_names_what_closed_it_and_what_was_read() -> None:
    row = named("gates", gate_row(verdict(GOOD, BAD, ODD), None))
    assert (row["is_open"], row["rule_ids"], row["warning_ids"]) == (
        False,
        ["total_is_net_plus_tax"],
        ["fresh"],
    )
    assert row["source_versions"] == [("gold.dim_store", 3), ("silver.receipts", 9)]
    assert (row["scope_dates"], row["since_at"], row["rules_id"]) == ([DAY], NOON, RULES.id)


@pytest.mark.parametrize(("was_open", "findings", "since"), [
    (True, (GOOD,), before(True).since_at),
    (True, (BAD,), NOON),
    (False, (BAD,), before(False).since_at),
    (False, (GOOD,), NOON),
])  # fmt: skip
def test_a_gate_says_since_when_it_is_in_its_state(
    was_open: bool, findings: tuple[Finding, ...], since: dt.datetime
) -> None:
    assert named("gates", gate_row(verdict(*findings), before(was_open)))["since_at"] == since


def test_what_is_told_holds_the_broken_rules_and_a_standing_verdict_none() -> None:
    found = told(verdict(GOOD, BAD, ODD))
    assert (found["is_open"], found["rules"], found["rows"]) == (False, 3, 10)
    assert [(each["rule"], each["severity"], each["count"]) for each in found["failed"]] == [
        ("total_is_net_plus_tax", "error", 2), ("fresh", "warning", 1),
    ]  # fmt: skip
    standing = carried(before(True))
    assert (standing["is_carried"], standing["rules"], standing["failed"]) == (True, 25, [])
    assert set(standing) == set(found)


def test_other_rules_have_another_id() -> None:
    fewer = replace(RULES, of_sets=RULES.of_sets[1:])
    assert fewer.id != RULES.id
    assert rules_of(load_contract("gold", "fct_receipts")).id == RULES.id
