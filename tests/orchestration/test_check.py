"""What `retail check` makes of the events of its job, and which tables it knows."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from orchestration.check import UnknownTable, check_screen, full_name, outcome
from orchestration.job_log import verdict_line

pytestmark = pytest.mark.check

BROKEN = {
    "rule": "line_unique",
    "severity": "error",
    "count": 1200,
    "expected": "once",
    "examples": ['{"event_id":"e1"}'],
}
CLOSED: dict[str, Any] = {
    "event": "verdict", "table": "gold.fct_sales_lines", "is_open": False, "is_carried": False, "is_whole": True,
    "rules": 35, "rows": 208378, "failed": [BROKEN], "seconds": 1.2,
}  # fmt: skip
STANDING = CLOSED | {
    "table": "gold.dim_store",
    "is_open": True,
    "is_carried": True,
    "is_whole": False,
    "failed": [],
}
PAGES = {"event": "pages", "path": "/docs/index.html"}


def test_a_check_adds_up_to_closed_gates_verdicts_and_pages() -> None:
    found = outcome([STANDING, CLOSED, PAGES])
    assert found["closed"] == ["gold.fct_sales_lines"]
    assert [each["table"] for each in found["tables"]] == ["gold.dim_store", "gold.fct_sales_lines"]
    assert found["data_docs"] == "/docs/index.html"
    assert outcome([]) == {"closed": [], "tables": [], "data_docs": None}


def test_a_verdict_is_told_in_one_line() -> None:
    assert verdict_line(CLOSED) == (
        "gold.fct_sales_lines: CLOSED, 35 rules over 208,378 rows, 1.2 s; broken: line_unique 1,200"
    )
    assert verdict_line(STANDING) == "gold.dim_store: open, nothing changed since the last check"


def test_the_screen_shows_each_broken_rule_with_its_examples() -> None:
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(check_screen(outcome([STANDING, CLOSED, PAGES])))
    seen = console.export_text()
    assert "gold.fct_sales_lines line_unique  1,200 broken; expected: once" in seen
    assert '{"event_id":"e1"}' in seen
    assert "verdict stands" in seen


def test_a_table_is_named_with_or_without_its_layer() -> None:
    assert full_name("fct_sales_lines") == full_name("gold.fct_sales_lines") == "gold.fct_sales_lines"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("sales_lines", "no table sales_lines; tables are bronze.customers"),
        (
            "inventory_movements",
            "inventory_movements is bronze.inventory_movements or silver.inventory_movements",
        ),
    ],
)
def test_a_name_of_none_or_of_two_is_refused_with_those_there_are(name: str, told: str) -> None:
    with pytest.raises(UnknownTable, match=told):
        full_name(name)
