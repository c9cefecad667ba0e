"""Key figures in Snowflake's SQL and in DAX: pure text from ``kpis.yaml``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lakehouse.contracts.kpis import Condition, Kpi, Term
from lakehouse.rules.kpi_sql import Dialect, kpi_sql
from warehouse.render.snowflake_names import identifier, text_literal

SNOWFLAKE = Dialect(identifier, text_literal)
ColumnName = Callable[[str], str]
"""From a column of the contract to what DAX calls it."""


def snowflake_expression(kpi: Kpi) -> str:
    """The figure as an aggregate over the view of its table."""
    return kpi_sql(kpi, SNOWFLAKE)


def snowflake_query(kpi: Kpi) -> str:
    """The figure by its grain."""
    grain = [identifier(name) for name in kpi.grain]
    shown = ", ".join([*grain, f"{snowflake_expression(kpi)} AS {identifier(kpi.id)}"])
    table = f"{identifier(kpi.layer)}.{identifier(kpi.table)}"
    return f"SELECT {shown} FROM {table}" + (f" GROUP BY {', '.join(grain)}" if grain else "")


def dax(kpi: Kpi, table: str = "", caption: ColumnName = str) -> str:
    """The figure as a DAX measure. ``table``: name of its table in the model, else that of the contract; ``caption``:
    from a column of the contract to its name in the model.

    It is blank while more than one value of a column of its grain is in sight: two currencies are never added. Filters
    of a report narrow its conditions and never replace them (KEEPFILTERS). DIVIDE is blank where nothing stands below
    the line. https://learn.microsoft.com/dax/divide-function-dax, keepfilters-function-dax, calculate-function-dax
    """
    quoted = "'" + (table or kpi.table).replace("'", "''") + "'"

    def column(name: str) -> str:
        return f"{quoted}[{caption(name)}]"

    above = _dax_sum(kpi.numerator, quoted, column)
    # + 0: a count of nothing is 0 in SQL and blank in DAX; a sum of nothing stays blank.
    counts = not kpi.is_ratio and kpi.numerator[0].column is None
    figure = f"{above} + 0" if counts else above
    if kpi.is_ratio:
        figure = f"DIVIDE({above} + 0, {_dax_sum(kpi.denominator, quoted, column)})"
    if not kpi.grain:
        return figure
    one_of_each = " && ".join(f"DISTINCTCOUNTNOBLANK({column(name)}) = 1" for name in kpi.grain)
    return f"IF({one_of_each}, {figure})"


def _dax_sum(terms: Sequence[Term], table: str, column: ColumnName) -> str:
    first, *others = (_dax_term(term, table, column) for term in terms)
    text = f"{'-' if terms[0].sign < 0 else ''}{first}"
    for term, other in zip(terms[1:], others, strict=True):
        text += f" {'+' if term.sign > 0 else '-'} {other}"
    return text if len(terms) == 1 else f"({text})"


def _dax_term(term: Term, table: str, column: ColumnName) -> str:
    aggregate = f"COUNTROWS({table})" if term.column is None else f"SUM({column(term.column)})"
    if not term.where:
        return aggregate
    kept = ", ".join(f"KEEPFILTERS({_dax_condition(each, column)})" for each in term.where)
    return f"CALCULATE({aggregate}, {kept})"


def _dax_condition(condition: Condition, column: ColumnName) -> str:
    name = column(condition.column)
    if condition.kind == "null":
        return f"ISBLANK({name})" if condition.values[0] else f"NOT ISBLANK({name})"
    values = [_dax_value(value) for value in condition.values]
    return f"{name} = {values[0]}" if len(values) == 1 else f"{name} IN {{{', '.join(values)}}}"


def _dax_value(value: str | int | bool) -> str:
    if isinstance(value, bool):
        return f"{str(value).upper()}()"
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    return str(value)
