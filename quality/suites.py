"""A contract becomes a Great Expectations suite: every rule of the table, tied by its id."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from great_expectations.core import ExpectationSuite
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from lakehouse.contracts import Contract
from lakehouse.rules.judged_rows import judged_rows
from lakehouse.rules.row_rules import RowRule
from quality.expectations import ExpectQueryToFindNothing, ExpectRowsToKeepRule
from quality.set_rules import SetRule, ViewOf, compiled, neighbours, set_rules

_GX_SEVERITY = {"error": FailureSeverity.CRITICAL, "warning": FailureSeverity.WARNING}


@dataclass(frozen=True)
class TableRules:
    """All rules of one table."""

    contract: Contract
    of_rows: tuple[RowRule, ...]
    of_sets: tuple[SetRule, ...]

    @property
    def table_name(self) -> str:
        """``layer.table``."""
        return f"{self.contract.layer}.{self.contract.name}"

    @property
    def id(self) -> str:
        """16 hex digits that change when any rule does."""
        texts = [f"{rule.id}|{rule.severity}|{rule.sql}" for rule in self.of_rows]
        texts += [f"{rule.id}|{rule.severity}|{rule.findings}" for rule in self.of_sets]
        return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]

    @property
    def sources(self) -> tuple[str, ...]:
        """The other tables that the rules read, sorted."""
        return tuple(sorted(set().union(*(neighbours(rule) for rule in self.of_sets)) - {self.table_name}))


def rules_of(contract: Contract) -> TableRules:
    """The rules of a table, all from its contract and from that of the topic it holds."""
    return TableRules(contract, judged_rows(contract), set_rules(contract))


def suite_of(rules: TableRules, view_of: ViewOf, now: dt.datetime) -> ExpectationSuite:
    """The suite of a table; ``meta`` of each expectation holds the rule's id and what it expects."""
    return ExpectationSuite(name=rules.table_name, expectations=list(_expectations(rules, view_of, now)))


def _expectations(rules: TableRules, view_of: ViewOf, now: dt.datetime) -> Iterator[Expectation]:
    for row_rule in rules.of_rows:
        yield ExpectRowsToKeepRule(
            predicate=row_rule.sql,
            severity=_GX_SEVERITY[row_rule.severity],
            meta=_meta(row_rule.id, f"{row_rule.path}: {row_rule.expected}"),
        )
    for set_rule in rules.of_sets:
        yield ExpectQueryToFindNothing(
            query=compiled(set_rule, rules.contract, view_of, now),
            severity=_GX_SEVERITY[set_rule.severity],
            meta=_meta(set_rule.id, set_rule.expected),
        )


def _meta(rule_id: str, expected: str) -> dict[str, str]:
    return {"rule_id": rule_id, "expected": expected}
