"""A page of the Data Docs without Spark: a verdict on gold.dim_store with the result that GX would give."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
    ExpectationValidationResult,
)

from lakehouse.contracts import load_contract
from quality.data_docs import Page
from quality.quality_results import Check, Finding, Verdict
from quality.scope import WHOLE, Scope
from quality.suites import rules_of, suite_of

AT = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)
EXAMPLE = '{"store_id":"<script>"}'


def page(broken: Mapping[str, int], scope: Scope = WHOLE) -> Page:
    """The page of gold.dim_store, where these rules were broken so often."""
    rules = rules_of(load_contract("gold", "dim_store"))
    suite = suite_of(rules, lambda table, _: table, AT)
    results = [
        ExpectationValidationResult(
            success=not (count := broken.get(each.meta["rule_id"], 0)),  # type: ignore[index]
            expectation_config=each.configuration,
            result={
                "observed_value": count,
                "unexpected_count": count,
                "unexpected_percent": 1.0,
                "element_count": 38,
            },
            exception_info={
                "raised_exception": False,
                "exception_message": None,
                "exception_traceback": None,
            },
            meta={},
        )
        for each in suite.expectations
    ]
    statistics = {
        "evaluated_expectations": 6,
        "successful_expectations": 5,
        "unsuccessful_expectations": 1,
        "success_percent": 83.3,
    }
    result = ExpectationSuiteValidationResult(
        success=not broken,
        results=results,
        suite_name=suite.name,
        statistics=statistics,
        meta={},
        suite_parameters={},
    )
    rows = [
        Finding(each.id, "row", each.severity, each.expected, broken.get(each.id, 0))
        for each in rules.of_rows
    ]
    sets = [
        Finding(each.id, "set", each.severity, each.expected, broken.get(each.id, 0), (EXAMPLE,))
        for each in rules.of_sets
    ]
    return Page(Verdict(Check("c1", AT, rules, {"gold.dim_store": 7}, scope), 38, (*rows, *sets)), result)
