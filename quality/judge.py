"""Great Expectations asks all rules of a table; five examples are looked up for those that fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import great_expectations as gx
from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult
from great_expectations.data_context.types.base import ProgressBarsConfig
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.rules.row_rules import RowRule
from quality.quality_results import Check, Finding, Verdict
from quality.set_rules import SetRule, compiled
from quality.suites import suite_of
from quality.views import Views

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.data_context.data_context.abstract_data_context import AbstractDataContext

EXAMPLES = 5


class RuleNotAsked(RuntimeError):
    """A rule could not be evaluated; its SQL does not fit the table. Nothing is known of the table then."""


class Judge:
    """One Great Expectations context over one set of views."""

    def __init__(self, views: Views) -> None:
        self._views = views
        self._context: AbstractDataContext = gx.get_context(mode="ephemeral")
        self._context.variables.progress_bars = ProgressBarsConfig(globally=False)
        self._source = self._context.data_sources.add_or_update_spark("lake", persist=False)

    def verdict(self, check: Check) -> tuple[Verdict, ExpectationSuiteValidationResult]:
        """Ask all rules of the check; returns the verdict and GX's own result, for the pages.

        Raises RuleNotAsked for a rule that GX could not evaluate.
        """
        rows = self._views.judged(check.rules.contract, check.scope)
        result = self._validated(check, rows)
        checked = max((each.result["element_count"] for each in result.results), default=0)
        counts = dict(_count(check, each) for each in result.results)
        findings = [self._of_row(rule, counts[rule.id], check, rows) for rule in check.rules.of_rows]
        findings += [self._of_set(rule, counts[rule.id], check) for rule in check.rules.of_sets]
        return Verdict(check, checked, tuple(findings)), result

    def _validated(self, check: Check, rows: DataFrame) -> ExpectationSuiteValidationResult:
        asset = self._source.add_dataframe_asset(check.table_name)
        definition = asset.add_batch_definition_whole_dataframe("part")
        batch = definition.get_batch({"dataframe": rows})
        suite = suite_of(check.rules, lambda name, changed: self._view(check, name, changed), check.at)
        result = batch.validate(suite, result_format="BASIC")
        self._source.delete_asset(check.table_name)
        return result

    def _view(self, check: Check, name: str, changed: bool) -> str:
        return self._views.name(name, check.scope, is_changed=changed)

    def _of_row(self, rule: RowRule, count: int, check: Check, rows: DataFrame) -> Finding:
        examples: tuple[str, ...] = ()
        if count:
            broken = rows.where(f"NOT coalesce({rule.sql}, true)")
            key = F.to_json(F.struct(*check.rules.contract.table.primary_key))
            examples = tuple(row[0] for row in broken.select(key).limit(EXAMPLES).collect())
        return Finding(rule.id, "row", rule.severity, f"{rule.path}: {rule.expected}", count, examples)

    def _of_set(self, rule: SetRule, count: int, check: Check) -> Finding:
        examples: tuple[str, ...] = ()
        if count:
            query = compiled(
                rule, check.rules.contract, lambda name, changed: self._view(check, name, changed), check.at
            )
            found = self._views.spark.sql(query)
            examples = tuple(
                row[0] for row in found.select(F.to_json(F.struct("*"))).limit(EXAMPLES).collect()
            )
        return Finding(rule.id, "set", rule.severity, rule.expected, count, examples)


def _count(check: Check, result: ExpectationValidationResult) -> tuple[str, int]:
    """Rule id and how often it was broken."""
    config = result.expectation_config
    assert config is not None
    assert config.meta is not None
    rule_id = str(config.meta["rule_id"])
    if (result.exception_info or {}).get("raised_exception") or "unexpected_count" not in result.result:
        raise RuleNotAsked(
            f"{check.table_name}: rule {rule_id} could not be asked: {_why(result.exception_info)}. Mend the "
            "rule in the contract; until then the gate stays as it is"
        )
    return rule_id, int(result.result["unexpected_count"])


def _why(info: object) -> str:
    """GX nests what went wrong by metric; the message is what helps."""
    if isinstance(info, dict):
        if "exception_message" in info:
            return " ".join(str(info["exception_message"]).split())[:500]
        return "; ".join(_why(each) for each in info.values() if isinstance(each, dict))
    return str(info)
