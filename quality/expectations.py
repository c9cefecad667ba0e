"""The two expectations that Great Expectations asks for us: of rows, and of a query.

GX's own map expectations read the table again for the values of each one, and UnexpectedRowsExpectation twice for
each query. Here all row rules of a table are counted in one pass (GX bundles aggregates), a query runs once, and
the rule means the same SQL boolean as in the stream: NULL passes.
"""
# mypy: disable-error-code="misc,no-untyped-call,untyped-decorator"
# ruff: noqa: ARG002, ARG003, N805 - the signatures are those that GX calls

from __future__ import annotations

from typing import Any, ClassVar

from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
from great_expectations.execution_engine.execution_engine import ExecutionEngine
from great_expectations.execution_engine.sparkdf_execution_engine import SparkDFExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation, render_suite_parameter_string
from great_expectations.expectations.metrics.metric_provider import metric_partial, metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.render.components import LegacyRendererType, RenderedStringTemplateContent
from great_expectations.render.renderer.renderer import renderer
from pyspark.sql import Column
from pyspark.sql import functions as F

_BREAKING, _FINDINGS, _ROWS = "table.rows_breaking_rule", "table.findings_of_query", "table.row_count"
_DOMAIN = ("batch_id", "row_condition", "condition_parser")


class RowsBreakingRule(TableMetricProvider):
    """How many rows break a SQL boolean; true and NULL pass."""

    metric_name = _BREAKING
    value_keys = ("predicate",)

    @metric_partial(
        engine=SparkDFExecutionEngine,
        partial_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN,
        domain_type=MetricDomainTypes.TABLE,
    )
    def _spark(
        cls,
        execution_engine: SparkDFExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any],
    ) -> tuple[Column, dict[str, Any], dict[str, Any]]:
        kept = F.coalesce(F.expr(metric_value_kwargs["predicate"]), F.lit(True))
        return F.count_if(~kept), metric_domain_kwargs, {}


class FindingsOfQuery(TableMetricProvider):
    """How many rows a query finds, over the views of the session that holds the batch."""

    metric_name = _FINDINGS
    value_keys = ("query",)

    @metric_value(engine=SparkDFExecutionEngine)
    def _spark(
        cls,
        execution_engine: SparkDFExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any],
    ) -> int:
        batch, _, _ = execution_engine.get_compute_domain(
            metric_domain_kwargs, domain_type=MetricDomainTypes.TABLE
        )
        return int(batch.sparkSession.sql(metric_value_kwargs["query"]).count())


class ExpectRowsToKeepRule(BatchExpectation):
    """Expect every row to keep a SQL boolean."""

    predicate: str
    metric_dependencies: ClassVar[tuple[str, ...]] = (_BREAKING, _ROWS)
    success_keys: ClassVar[tuple[str, ...]] = ("predicate",)
    domain_keys: ClassVar[tuple[str, ...]] = _DOMAIN

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: ExecutionEngine[Any] | None = None,
    ) -> dict[str, Any]:
        broken, rows = metrics[_BREAKING], metrics[_ROWS]
        return {"success": broken == 0, "result": _counted(broken, rows)}

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)
    @render_suite_parameter_string
    def _prescriptive_renderer(
        cls, configuration: Any = None, result: Any = None, runtime_configuration: Any = None, **_: Any
    ) -> list[RenderedStringTemplateContent]:
        return _sentence(configuration)


class ExpectQueryToFindNothing(BatchExpectation):
    """Expect a query of what is wrong to find nothing."""

    query: str
    metric_dependencies: ClassVar[tuple[str, ...]] = (_FINDINGS, _ROWS)
    success_keys: ClassVar[tuple[str, ...]] = ("query",)
    domain_keys: ClassVar[tuple[str, ...]] = _DOMAIN

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: ExecutionEngine[Any] | None = None,
    ) -> dict[str, Any]:
        found, rows = metrics[_FINDINGS], metrics[_ROWS]
        return {"success": found == 0, "result": _counted(found, rows)}

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)
    @render_suite_parameter_string
    def _prescriptive_renderer(
        cls, configuration: Any = None, result: Any = None, runtime_configuration: Any = None, **_: Any
    ) -> list[RenderedStringTemplateContent]:
        return _sentence(configuration)


def _counted(failed: int, rows: int) -> dict[str, Any]:
    percent = 100 * failed / rows if rows else 0.0
    return {
        "observed_value": failed,
        "unexpected_count": failed,
        "unexpected_percent": percent,
        "element_count": rows,
    }


def _sentence(configuration: Any) -> list[RenderedStringTemplateContent]:
    """Rule id and what it expects, as the pages show them; the SQL stands in the suite."""
    params = {"rule": configuration.meta["rule_id"], "expected": configuration.meta["expected"]}
    template = {
        "template": "$rule: $expected",
        "params": params,
        "styling": {"params": {"rule": {"classes": ["badge", "badge-secondary"]}}},
    }
    return [RenderedStringTemplateContent(content_block_type="string_template", string_template=template)]
