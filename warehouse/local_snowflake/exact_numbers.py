"""Numbers as Snowflake has them, where fakesnow trades exactness for convenience. Called once, at the start."""

from __future__ import annotations

from fakesnow import rowtype, transforms
from sqlglot import exp

_AGGREGATES = (
    exp.Sum,
    exp.Avg,
    exp.Variance,
    exp.Stddev,
    exp.StddevSamp,
    exp.StddevPop,
    exp.VariancePop,
    exp.Median,
)
_SMALL_INTEGERS = (exp.DType.INT, exp.DType.SMALLINT, exp.DType.TINYINT)
_MORE_TYPES = {"SMALLINT": "fixed", "TINYINT": "fixed", "UINTEGER": "fixed", "FLOAT": "real"}


def keep_numbers_exact() -> None:
    """Undo two shortcuts of fakesnow: sums through DOUBLE, and NUMBER(38,0) in 64 bits, too short for our ids."""
    transforms.numeric_agg_implicit_cast = _named_aggregate
    transforms.integer_precision = _wide_number
    rowtype.duckdb_to_sf_type.update(_MORE_TYPES)


def _named_aggregate(expression: exp.Expr) -> exp.Expr:
    """``SUM(x)`` keeps its argument; its column is called ``SUM(X)`` as in Snowflake."""
    if isinstance(expression, _AGGREGATES) and isinstance(expression.parent, exp.Select):
        return exp.alias_(expression, expression.sql(dialect="snowflake").upper(), quoted=True)
    return expression


def _wide_number(expression: exp.Expr) -> exp.Expr:
    """NUMBER without digits is NUMBER(38,0), where DuckDB would take (18,3); integers are counted in 64 bits."""
    if (
        isinstance(expression, exp.DataType)
        and expression.this == exp.DType.DECIMAL
        and not expression.expressions
    ):
        return exp.DataType.build("DECIMAL(38, 0)")
    if isinstance(expression, exp.DataType) and expression.this in _SMALL_INTEGERS:
        return exp.DataType.build("BIGINT")
    return expression
