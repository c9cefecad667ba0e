"""A key figure as a SQL aggregate. One text serves Spark and Snowflake; they differ in how names and texts are quoted.

A sum of nothing is null and a count of nothing is 0. A ratio is null where nothing stands below the line, and 0 where
nothing stands above it; it is rounded to six decimals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lakehouse.contracts.kpis import Condition, Kpi, Term
from lakehouse.contracts.physical_types import literal


@dataclass(frozen=True)
class Dialect:
    """How a name and a text are written."""

    name: Callable[[str], str]
    text: Callable[[str], str]


SPARK = Dialect(lambda name: f"`{name}`", literal)


def spark_expression(kpi: Kpi) -> str:
    """The figure for ``F.expr`` in an aggregation over its table."""
    return kpi_sql(kpi, SPARK)


def kpi_sql(kpi: Kpi, dialect: Dialect) -> str:
    """The figure as an aggregate expression over the columns of its table."""
    above = _added(kpi.numerator, dialect)
    if not kpi.is_ratio:
        return above
    below = _added(kpi.denominator, dialect)
    quotient = f"CAST(COALESCE({above}, 0) AS DECIMAL(28, 6)) / NULLIF(CAST({below} AS DECIMAL(28, 6)), 0)"
    return f"CAST({quotient} AS DECIMAL(18, 6))"


def _added(terms: Sequence[Term], dialect: Dialect) -> str:
    """The sum of the terms; a term without rows counts nothing, and all terms without rows are null."""
    each = [_term(term, dialect) for term in terms]
    return each[0] if len(each) == 1 else f"COALESCE({' + '.join(each)}, {', '.join(each)})"


def _term(term: Term, dialect: Dialect) -> str:
    when = " AND ".join(_condition(each, dialect) for each in term.where)
    if term.column is None:
        return f"COUNT(CASE WHEN {when} THEN 1 END)" if when else "COUNT(*)"
    column = dialect.name(term.column)
    summed = f"SUM(CASE WHEN {when} THEN {column} END)" if when else f"SUM({column})"
    return summed if term.sign > 0 else f"(-{summed})"


def _condition(condition: Condition, dialect: Dialect) -> str:
    column = dialect.name(condition.column)
    if condition.kind == "null":
        return f"{column} IS NULL" if condition.values[0] else f"{column} IS NOT NULL"
    values = [_value(value, dialect) for value in condition.values]
    return f"{column} = {values[0]}" if len(values) == 1 else f"{column} IN ({', '.join(values)})"


def _value(value: str | int | bool, dialect: Dialect) -> str:
    return dialect.text(value) if isinstance(value, str) else str(value).upper()
