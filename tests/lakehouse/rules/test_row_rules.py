"""A small contract and the SQL that its rules become, to the letter."""

from __future__ import annotations

import pytest

from lakehouse.contracts import Column, Rule, Shape
from lakehouse.rules.row_rules import (
    ArrayRules,
    RowRule,
    element_rules,
    event_rules,
    table_rules,
    typed_rules,
)

pytestmark = pytest.mark.check

TEA_TYPES = Rule("tea_allowed", "invalidValues", "error", "", column="tea", valid_values=("GREEN", "O'BLACK"))
SHAPE = Shape(
    "fct_teas",
    "Teas.",
    "one row per tea",
    columns=(
        Column("tea", "string", "STRING", "Tea.", required=True, options={"minLength": 1, "pattern": "^[A-Z']+$"}, rules=(TEA_TYPES,)),
        Column("price", "number", "DECIMAL(18,4)", "Price.", options={"minimum": 0}),
        Column("sold_at", "timestamp", "TIMESTAMP", "When.", options={"timezone": True, "minimum": "1990-01-01T00:00:00Z", "maximum": "2100-01-01T00:00:00Z"}),
        Column("sold_date", "date", "DATE", "Day."),
        Column("is_hot", "boolean", "BOOLEAN", "Hot."),
        Column("totals", "object", "STRUCT", "Totals.", fields=(Column("cups", "integer", "INT", "Cups.", required=True),)),
        Column("lines", "array", "ARRAY", "Lines.", fields=(Column("seq", "integer", "INT", "Number.", required=True),)),
    ),
    rules=(
        Rule("hot_is_dear", "rowPredicate", "warning", "a hot tea costs", sql="NOT is_hot OR price > 0"),
        Rule("tea_unique", "sql", "error", "each tea once", sql="SELECT 0 FROM {table}", must_be=0),
    ),
)  # fmt: skip
TIME = r"'^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}:?[0-9]{2})$'"


def test_the_rules_of_an_event_come_from_its_contract() -> None:
    assert [(rule.id, rule.sql) for rule in event_rules(SHAPE)] == [
        ("tea_required", "raw.`tea` IS NOT NULL"),
        ("tea_length", "length(`tea`) >= 1"),
        ("tea_pattern", "`tea` RLIKE '^[A-Z\\']+$'"),
        ("tea_allowed", "`tea` IN ('GREEN', 'O\\'BLACK')"),
        ("price_digits", "raw.`price` IS NULL OR coalesce(raw.`price` = `price`, false)"),
        ("price_range", "`price` >= 0"),
        ("sold_at_form", f"raw.`sold_at` IS NULL OR (raw.`sold_at` RLIKE {TIME} AND `sold_at` IS NOT NULL)"),
        ("sold_at_range", "`sold_at` >= TIMESTAMP '1990-01-01T00:00:00Z' AND `sold_at` <= TIMESTAMP '2100-01-01T00:00:00Z'"),
        ("sold_date_form", "raw.`sold_date` IS NULL OR (raw.`sold_date` RLIKE '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' AND `sold_date` IS NOT NULL)"),
        ("is_hot_form", "raw.`is_hot` IN ('true', 'false')"),
        ("totals_cups_required", "raw.totals.`cups` IS NOT NULL"),
        ("totals_cups_digits", "raw.totals.`cups` IS NULL OR coalesce(raw.totals.`cups` = totals.`cups`, false)"),
        ("hot_is_dear", "NOT is_hot OR price > 0"),
    ]  # fmt: skip


def test_the_rules_of_array_elements_look_at_raw_and_typed_element() -> None:
    path = "$.lines[*]"
    number = "a whole number"
    assert element_rules(SHAPE) == (
        ArrayRules(
            "lines",
            (
                RowRule("lines_element_required", "r IS NOT NULL", "an object in each place", "error", path),
                RowRule("lines_seq_required", "r.`seq` IS NOT NULL", number, "error", f"{path}.seq"),
                RowRule(
                    "lines_seq_digits",
                    "r.`seq` IS NULL OR coalesce(r.`seq` = t.`seq`, false)",
                    number,
                    "error",
                    f"{path}.seq",
                ),
            ),
        ),
    )


def test_the_rules_of_a_table_ask_for_required_and_allowed_values_and_what_is_written() -> None:
    assert [(rule.id, rule.sql, rule.severity) for rule in table_rules(SHAPE)] == [
        ("tea_required", "`tea` IS NOT NULL", "error"),
        ("tea_length", "length(`tea`) >= 1", "error"),
        ("tea_pattern", "`tea` RLIKE '^[A-Z\\']+$'", "error"),
        ("tea_allowed", "`tea` IN ('GREEN', 'O\\'BLACK')", "error"),
        ("price_range", "`price` >= 0", "error"),
        ("sold_at_range", "`sold_at` >= TIMESTAMP '1990-01-01T00:00:00Z' AND `sold_at` <= TIMESTAMP '2100-01-01T00:00:00Z'", "error"),
        ("hot_is_dear", "NOT is_hot OR price > 0", "warning"),
    ]  # fmt: skip


def test_a_table_that_holds_a_topic_is_asked_its_rules_without_form_and_digits() -> None:
    asked = {rule.id: rule.sql for rule in typed_rules(SHAPE, ("price", "sold_at", "totals", "lines"))}
    assert set(asked) == {
        "price_range", "sold_at_range", "totals_cups_required", "lines_element_required", "lines_seq_required",
        "hot_is_dear",
    }  # fmt: skip
    assert asked["totals_cups_required"] == "totals.`cups` IS NOT NULL"
    assert asked["lines_seq_required"] == "forall(`lines`, t -> coalesce(t.`seq` IS NOT NULL, true))"


def test_every_rule_says_where_it_looks_and_what_it_expects() -> None:
    assert {rule.id: (rule.path, rule.expected) for rule in event_rules(SHAPE)} == {
        "tea_required": ("$.tea", "text"),
        "tea_length": ("$.tea", "at least 1 characters"),
        "tea_pattern": ("$.tea", "text like ^[A-Z']+$"),
        "tea_allowed": ("$.tea", "one of GREEN, O'BLACK"),
        "price_digits": ("$.price", "a plain number that fits DECIMAL(18,4)"),
        "price_range": ("$.price", "at least 0"),
        "sold_at_form": ("$.sold_at", "a time like 2026-11-23T10:15:00+00:00"),
        "sold_at_range": ("$.sold_at", "between 1990-01-01T00:00:00Z and 2100-01-01T00:00:00Z"),
        "sold_date_form": ("$.sold_date", "a date YYYY-MM-DD"),
        "is_hot_form": ("$.is_hot", "true or false"),
        "totals_cups_required": ("$.totals.cups", "a whole number"),
        "totals_cups_digits": ("$.totals.cups", "a whole number"),
        "hot_is_dear": ("$", "a hot tea costs"),
    }
