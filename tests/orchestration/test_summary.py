"""The figures of a run: exact, balanced or said not to be, and the same with decimals as text."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal

import pytest

from lakehouse.contracts import contract_names, load_contract
from lakehouse.settings import Settings
from lakehouse.silver.judged_events import all_rules
from lakehouse.storage.lake_reader import LakeReader
from orchestration.summary import broken_rules, checked_rules, ledger, summary, totals
from tests.orchestration.conftest import Rows, balance, refused, sales_line

pytestmark = pytest.mark.check

Write = Callable[[str, Rows], None]


def test_an_empty_lake_has_zeros_everywhere_and_is_balanced(lake: LakeReader) -> None:
    found = summary(lake)
    assert found["ledger"] == {**balance(0, 0, 0, 0), "balanced": True}
    assert found["totals"]["net_value"] == "0.0000"
    assert set(found["layers"]) == {"bronze", "silver", "gold", "warehouse"}
    assert set(found["layers"]["gold"]) == set(contract_names("gold"))


def test_totals_leave_out_voided_lines_and_unknown_customers(lake: LakeReader, write: Write) -> None:
    write(
        "gold.fct_sales_lines",
        [
            sales_line("a", "10.0001", customer_key="c1"),
            sales_line("a", "-0.0002", customer_key="c1", quantity=Decimal("-2.500")),
            sales_line("b", "5.0000"),
            sales_line("c", "99.0000", is_void=True, customer_key="c2"),
        ],
    )
    assert totals(lake) == {
        "sales_lines": 3,
        "receipts": 2,
        "units": "-0.500",
        "net_value": "14.9999",
        "customers": 1,
    }


def test_a_sum_wider_than_a_single_amount_keeps_its_last_digit(lake: LakeReader, write: Write) -> None:
    write("gold.fct_sales_lines", [sales_line(str(n), "99999999999999.9999") for n in range(11)])
    assert totals(lake)["net_value"] == "1099999999999999.9989"


def test_rows_of_a_partitioned_table_are_all_counted(lake: LakeReader, write: Write) -> None:
    for day in range(1, 6):
        date = dt.date(2026, 11, day)
        write(
            "gold.fct_sales_lines",
            [sales_line(f"{day}-{n}", "1.0000", business_date=date) for n in range(day)],
        )
    assert summary(lake)["layers"]["gold"]["fct_sales_lines"] == 15


@pytest.mark.parametrize(
    ("rows", "landed", "is_balanced"),
    [
        ([balance(3, 1, 1, 1), balance(2, 2, 0, 0)], 5, True),
        ([balance(3, 1, 1, 1), balance(2, 2, 0, 0)], 6, False),
        # Two errors that cancel each other out are still errors.
        ([balance(3, 2, 0, 0), balance(2, 3, 0, 0)], 5, False),
    ],
)
def test_the_ledger_is_balanced_only_if_each_row_is_and_bronze_agrees(
    lake: LakeReader, write: Write, rows: Rows, landed: int, is_balanced: bool
) -> None:
    write("ops.ledger", rows)
    assert ledger(lake, landed)["balanced"] is is_balanced


def test_the_whole_summary_is_json_without_a_float(lake: LakeReader, write: Write) -> None:
    write("gold.fct_sales_lines", [sales_line("a", "0.1000")])
    write("ops.ledger", [balance(1, 1, 0, 0, 1)])
    write("bronze.sales_data", [{"offset": 0, "value": b"{}"}])
    text = json.dumps(summary(lake))
    seen: list[str] = []
    json.loads(text, parse_float=seen.append)
    assert not seen
    assert json.loads(text)["ledger"]["balanced"] is True


def test_broken_rules_are_counted_by_the_records_that_broke_them(lake: LakeReader, write: Write) -> None:
    write("silver.quarantine", [refused(1, b"x", "json_object"), refused(2, b"y", "a_range", "json_object")])
    assert broken_rules(lake) == {"json_object": 2, "a_range": 1}
    assert summary(lake)["quality"]["failed"] == 2


def test_the_rules_checked_are_those_of_the_stream(settings: Settings) -> None:
    contracts = [load_contract("topics", name) for name in contract_names("topics")]
    assert checked_rules() == {rule.id for contract in contracts for rule in all_rules(contract, settings)}
