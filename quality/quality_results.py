"""What a check found: verdicts on tables, and their rows of ops.quality_results and ops.gates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lakehouse.contracts import load_contract
from lakehouse.contracts.model import Severity
from lakehouse.storage.gates import Gate
from quality.scope import Scope
from quality.suites import TableRules

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Finding:
    """The answer to one rule. ``examples``: at most five keys or findings, as JSON."""

    rule_id: str
    kind: Literal["row", "set"]
    severity: Severity
    expected: str
    failed_count: int
    examples: tuple[str, ...] = ()

    @property
    def is_failed(self) -> bool:
        """Whether something broke the rule."""
        return self.failed_count > 0


@dataclass(frozen=True)
class Check:
    """One run of the checker over one table: when, which versions, which part, by which rules."""

    id: str
    at: dt.datetime
    rules: TableRules
    versions: Mapping[str, int]
    scope: Scope

    @property
    def table_name(self) -> str:
        """``layer.table``."""
        return self.rules.table_name


@dataclass(frozen=True)
class Verdict:
    """What a check found. ``checked_count``: rows of the part that was looked at."""

    check: Check
    checked_count: int
    findings: tuple[Finding, ...]

    @property
    def is_open(self) -> bool:
        """Whether the table may be published: no rule of severity error failed."""
        return not self.failed("error")

    def failed(self, severity: Severity) -> tuple[Finding, ...]:
        """Findings of that severity that failed."""
        return tuple(each for each in self.findings if each.is_failed and each.severity == severity)


def result_rows(verdict: Verdict) -> list[Row]:
    """Rows of ops.quality_results."""
    check = verdict.check
    return [
        _ordered(
            "quality_results",
            check_id=check.id,
            table_name=check.table_name,
            rule_id=finding.rule_id,
            checked_at=check.at,
            kind=finding.kind,
            severity=finding.severity,
            is_failed=finding.is_failed,
            checked_count=verdict.checked_count,
            failed_count=finding.failed_count,
            examples=list(finding.examples),
            description=finding.expected,
            is_whole=check.scope.is_whole,
            table_version=check.versions[check.table_name],
            contract_version=check.rules.contract.version,
        )
        for finding in verdict.findings
    ]


def gate_row(verdict: Verdict, before: Gate | None) -> Row:
    """The row of ops.gates. ``before``: the gate as the check before left it."""
    check = verdict.check
    own = check.table_name
    sources = sorted((name, version) for name, version in check.versions.items() if name != own)
    stays = before is not None and before.is_open == verdict.is_open
    return _ordered(
        "gates",
        check_id=check.id,
        table_name=own,
        checked_at=check.at,
        is_open=verdict.is_open,
        since_at=before.since_at if before is not None and stays else check.at,
        rule_ids=[finding.rule_id for finding in verdict.failed("error")],
        warning_ids=[finding.rule_id for finding in verdict.failed("warning")],
        rule_count=len(verdict.findings),
        checked_count=verdict.checked_count,
        is_whole=check.scope.is_whole,
        scope_dates=None if check.scope.dates is None else list(check.scope.dates),
        table_version=check.versions[own],
        source_versions=sources,
        rules_id=check.rules.id,
        contract_version=check.rules.contract.version,
    )


def told(verdict: Verdict) -> dict[str, Any]:
    """The verdict for people and programs: one JSON object."""
    failed: Sequence[Finding] = [finding for finding in verdict.findings if finding.is_failed]
    return {
        "table": verdict.check.table_name,
        "is_open": verdict.is_open,
        "is_carried": False,
        "is_whole": verdict.check.scope.is_whole,
        "rules": len(verdict.findings),
        "rows": verdict.checked_count,
        "failed": [
            {
                "rule": finding.rule_id,
                "severity": finding.severity,
                "count": finding.failed_count,
                "expected": finding.expected,
                "examples": list(finding.examples),
            }
            for finding in failed
        ],
    }


def carried(gate: Gate) -> dict[str, Any]:
    """An earlier verdict that stands because nothing has changed since."""
    return {
        "table": gate.table_name,
        "is_open": gate.is_open,
        "is_carried": True,
        "is_whole": False,
        "rules": gate.rule_count,
        "rows": 0,
        "failed": [],
    }


def _ordered(table: str, **values: Any) -> Row:
    return tuple(values[name] for name in load_contract("ops", table).table.column_names)
