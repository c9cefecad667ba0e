"""Worksheets are files of questions; what is shown is exact."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from warehouse.errors import UnknownWorksheet
from warehouse.queries import questions, read_worksheet, shown, worksheet_names

pytestmark = pytest.mark.check


@pytest.mark.parametrize("name", worksheet_names())
def test_each_question_of_a_worksheet_says_what_it_answers(name: str) -> None:
    found = read_worksheet(name)
    assert found
    assert all(len(question.title) > 20 and question.title[-1] in ".?" for question in found)
    assert all(question.sql.upper().startswith(("SELECT", "WITH")) for question in found)


def test_a_wrong_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownWorksheet, match="did you mean 'sales_performance'"):
        read_worksheet("sales_performace")


def test_a_comment_belongs_to_the_statement_below_it() -> None:
    found = questions("-- How many?\n-- All.\nSELECT 1;\n\n-- How few?\nSELECT ';';\n")
    assert [(each.title, each.sql) for each in found] == [
        ("How many? All.", "SELECT 1"),
        ("How few?", "SELECT ';'"),
    ]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (Decimal("10.10"), "10.10"),
        (Decimal("1E+3"), "1000"),
        (dt.date(2026, 11, 23), "2026-11-23"),
        (dt.datetime(2026, 11, 23, 1, 2, 3), "2026-11-23T01:02:03"),  # noqa: DTZ001 - TIMESTAMP_NTZ has no zone
        (b"\x01\xff", "01ff"),
        (None, None),
        (3, 3),
        ("x", "x"),
    ],
)
def test_a_value_is_shown_without_loss(value: object, told: object) -> None:
    assert shown(value) == told
