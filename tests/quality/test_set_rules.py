"""Set rules as contracts write them become queries over views; what is no rule is refused with a remedy."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
import sqlglot

from lakehouse.contracts import Contract, ContractError, Rule, load_contract
from quality.set_rules import compiled, neighbours, set_rules
from quality.suites import rules_of
from tests.quality.good_lake import judged_contracts

pytestmark = pytest.mark.check

NOW = dt.datetime(2026, 11, 23, 13, 0, tzinfo=dt.timezone(dt.timedelta(hours=1)))
STORES = load_contract("gold", "dim_store")


def view_of(table: str, changed: bool) -> str:
    return f"{table.replace('.', '_')}{'_changed' if changed else ''}"


def with_rule(sql: str, must_be: int | None = 0) -> Contract:
    rule = Rule("r1", "sql", "error", "none", sql=sql, must_be=must_be)
    return replace(STORES, shapes=(replace(STORES.table, rules=(rule,)),), freshness_seconds=90)


def test_names_in_braces_become_views_and_the_instant_of_the_check() -> None:
    contract = with_rule(
        "SELECT count(*) FROM (SELECT * FROM {table} JOIN {changed} JOIN {gold.dim_date} JOIN {changed gold.fct_receipts} "
        "WHERE first_seen_at < {now} - {freshness})"
    )
    (rule,) = set_rules(contract)
    assert compiled(rule, contract, view_of, NOW) == (
        "SELECT * FROM gold_dim_store JOIN gold_dim_store_changed JOIN gold_dim_date JOIN gold_fct_receipts_changed "
        "WHERE first_seen_at < TIMESTAMP '2026-11-23T12:00:00+00:00' - INTERVAL '90' SECOND"
    )
    assert neighbours(rule) == {"gold.dim_date", "gold.fct_receipts"}


@pytest.mark.parametrize(
    ("sql", "must_be"),
    [
        ("SELECT * FROM {table}", 0),
        ("SELECT count(*) FROM (SELECT 1 FROM {table})", 1),
        ("SELECT count(*) FROM (SELECT 1 FROM {table})", None),
        ("SELECT count(*) FROM (SELECT 1 FROM {tables})", 0),
    ],
)
def test_what_does_not_count_findings_to_zero_is_refused(sql: str, must_be: int | None) -> None:
    with pytest.raises(ContractError, match="r1"):
        set_rules(with_rule(sql, must_be))


def test_freshness_needs_a_promise() -> None:
    contract = replace(with_rule("SELECT count(*) FROM (SELECT {freshness})"), freshness_seconds=None)
    with pytest.raises(ContractError, match="no SLA freshness"):
        set_rules(contract)


@pytest.mark.parametrize("name", judged_contracts())
def test_every_set_rule_is_one_query(name: str) -> None:
    contract = judged_contracts()[name]
    for rule in set_rules(contract):
        (statement,) = sqlglot.parse(compiled(rule, contract, view_of, NOW), dialect="spark")
        assert isinstance(statement, sqlglot.exp.Query), rule.id


@pytest.mark.parametrize("name", judged_contracts())
def test_every_primary_key_is_unique_by_a_rule(name: str) -> None:
    contract = judged_contracts()[name]
    unique = [rule.findings for rule in set_rules(contract) if rule.id.endswith("_unique")]
    assert unique
    key = set(contract.table.primary_key) - set(contract.table.partition_columns)
    assert any(all(column in findings.partition("GROUP BY")[2] for column in key) for findings in unique)


@pytest.mark.parametrize("name", judged_contracts())
def test_a_rule_compares_a_table_with_what_it_is_made_from_or_points_to(name: str) -> None:
    """What a rule reads is known beforehand, so that a change there makes the table be looked at again."""
    for table in rules_of(judged_contracts()[name]).sources:
        assert table in judged_contracts()
