"""A check looks at what changed, at what closed the gate, and at everything when the rules are others."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from lakehouse.storage.gates import Gate
from quality.scope import WHOLE, Scope, scope_of

pytestmark = pytest.mark.check

MONDAY, TUESDAY = dt.date(2026, 11, 23), dt.date(2026, 11, 24)
AT = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)
OPEN = Gate("gold.t", True, (), (), 3, AT, AT, 7, {"gold.dim": 2}, True, None, "rules-1")
CLOSED = replace(OPEN, is_open=False, rule_ids=("line_unique",), is_whole=False, scope_dates=(MONDAY,))


def scope(
    gate: Gate | None,
    own: set[dt.date] | None,
    dim: set[dt.date] | str | None = "",
    rules_id: str = "rules-1",
) -> Scope | None:
    return scope_of(
        gate, rules_id, "gold.t", {"gold.t": own, "gold.dim": set() if isinstance(dim, str) else dim}
    )


def test_the_first_check_looks_at_the_whole_table() -> None:
    assert scope(None, {MONDAY}) == WHOLE


def test_other_rules_are_asked_of_the_whole_table() -> None:
    assert scope(OPEN, set(), rules_id="rules-2") == WHOLE


def test_an_open_gate_stands_when_nothing_changed() -> None:
    assert scope(OPEN, set()) is None


def test_only_the_dates_of_new_files_are_looked_at() -> None:
    assert scope(OPEN, {TUESDAY, MONDAY}) == Scope((MONDAY, TUESDAY))


def test_a_table_without_dates_is_looked_at_whole() -> None:
    assert scope(OPEN, None) == WHOLE


def test_dates_that_changed_in_a_table_it_is_compared_with_are_looked_at_too() -> None:
    assert scope(OPEN, set(), {TUESDAY}) == Scope((TUESDAY,))


def test_a_change_without_dates_next_door_asks_the_rules_over_whole_tables_again() -> None:
    assert scope(OPEN, set(), None) == Scope(())


def test_what_closed_the_gate_is_looked_at_until_it_is_mended() -> None:
    assert scope(CLOSED, set()) == Scope((MONDAY,))
    assert scope(CLOSED, {TUESDAY}) == Scope((MONDAY, TUESDAY))
    assert scope(replace(CLOSED, is_whole=True, scope_dates=None), set()) == WHOLE
