"""Rules over a whole record; what Spark makes of them stands in tests/lakehouse/silver."""

from __future__ import annotations

import pytest

from lakehouse.contracts import load_contract
from lakehouse.rules.record_rules import record_rules

pytestmark = pytest.mark.check


def test_a_record_is_asked_from_the_outside_in() -> None:
    rules = record_rules(load_contract("topics", "inventory_movements").shapes)
    assert [(rule.id, rule.severity, rule.path) for rule in rules] == [
        (rule_id, "error", "$")
        for rule_id in (
            "value_present", "value_size", "utf8_valid", "json_object", "json_types", "field_once", "number_plain",
        )
    ]  # fmt: skip


def test_numbers_of_every_shape_and_of_lines_are_looked_at_for_commas() -> None:
    sql = record_rules(load_contract("topics", "sales_data").shapes)[-1].sql
    for name in (
        "id",
        "quantity",
        "price",
        "unit_price",
        "net_amount",
        "amount",
        "line_seq",
        "schema_version",
    ):
        assert f"|{name}|" in sql.replace("(", "|").replace(")", "|")
    assert "|description|" not in sql
