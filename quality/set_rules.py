"""Set rules: queries over a table and its neighbours, as their contracts write them and as Spark runs them.

A contract writes ``SELECT count(*) FROM (<what is wrong>)``. In it ``{table}`` is the table, ``{changed}`` the part
that a check looks at, ``{gold.dim_store}`` another table and ``{changed gold.fct_receipts}`` the same business
dates of another one; ``{now}`` is the instant of the check and ``{freshness}`` the interval that the SLA promises.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass

from lakehouse.contracts import Contract, ContractError
from lakehouse.contracts.model import Severity

_COUNTED = re.compile(r"\s*SELECT\s+count\(\*\)\s+FROM\s*\((?P<inner>.+)\)\s*", re.IGNORECASE | re.DOTALL)
_NAME = re.compile(r"\{(?P<changed>changed)?\s*(?P<table>table|now|freshness|[a-z]+\.[a-z_]+)?\}")

ViewOf = Callable[[str, bool], str]
"""Name of the view over a table (``layer.name``), whole or only its changed part."""


@dataclass(frozen=True)
class SetRule:
    """One rule. ``findings`` is the query of what is wrong, with its names still in braces."""

    id: str
    findings: str
    expected: str
    severity: Severity


def set_rules(contract: Contract) -> tuple[SetRule, ...]:
    """Set rules of a table; raises ContractError for one that does not count findings to 0."""
    return tuple(
        SetRule(
            rule.id, _findings(contract, rule.id, rule.sql, rule.must_be), rule.description, rule.severity
        )
        for rule in contract.table.rules
        if rule.kind == "sql"
    )


def neighbours(rule: SetRule) -> set[str]:
    """The other tables (``layer.name``) that a rule reads."""
    return {match["table"] for match in _NAME.finditer(rule.findings) if "." in (match["table"] or "")}


def compiled(rule: SetRule, contract: Contract, view_of: ViewOf, now: dt.datetime) -> str:
    """The findings of the rule as a query over views. ``now`` is an instant with its zone."""
    own = f"{contract.layer}.{contract.name}"

    def put(match: re.Match[str]) -> str:
        name = match["table"]
        if name == "now":
            return f"TIMESTAMP '{now.astimezone(dt.UTC).isoformat()}'"
        if name == "freshness":
            return f"INTERVAL '{contract.freshness_seconds}' SECOND"
        return view_of(own if name in (None, "table") else name, match["changed"] is not None)

    return _NAME.sub(put, rule.findings)


def _findings(contract: Contract, rule_id: str, sql: str, must_be: int | None) -> str:
    counted = _COUNTED.fullmatch(sql)
    if counted is None or must_be != 0:
        raise ContractError(
            f"{contract.layer}.{contract.name}, rule {rule_id}: expected SELECT count(*) FROM (<findings>) and "
            f"mustBe 0, seen mustBe {must_be} and {sql[:80]!r}"
        )
    findings = counted["inner"].strip()
    if "{freshness}" in findings and contract.freshness_seconds is None:
        raise ContractError(f"{contract.layer}.{contract.name}, rule {rule_id}: no SLA freshness to ask for")
    unknown = re.findall(r"\{[^}]*\}", _NAME.sub("", findings))
    if unknown:
        raise ContractError(f"{contract.layer}.{contract.name}, rule {rule_id}: unknown names {unknown}")
    return findings
