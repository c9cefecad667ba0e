"""What a query may ask that DuckDB does not know: SYSTEM$ functions, load history; and what it may not ask."""

from __future__ import annotations

import json
from collections.abc import Callable

from sqlglot import exp

from warehouse.local_snowflake.catalogue import literal
from warehouse.local_snowflake.errors import compilation_error, not_known_here
from warehouse.local_snowflake.pipes import Pipes
from warehouse.local_snowflake.sessions import Session
from warehouse.local_snowflake.statements import name_parts
from warehouse.local_snowflake.streams import Streams

# DuckDB reads any file of this machine through functions of these names; Snowflake knows none of them.
_FILE_READERS = (
    "READ_",
    "PARQUET_",
    "GLOB",
    "SNIFF_",
    "DUCKDB_",
    "PRAGMA_",
    "GETENV",
    "ARROW_SCAN",
    "WHICH_SECRET",
)

# Asked by Snowflake's clients at their start. Every role is in session: none is enforced.
_OF_THE_SESSION: dict[object, Callable[[Session], str | bool | None]] = {
    exp.CurrentRole: lambda session: session.role,
    exp.CurrentWarehouse: lambda session: session.warehouse,
    exp.CurrentUser: lambda session: session.user,
    exp.CurrentAccount: lambda _: "LOCAL",
    exp.CurrentAccountName: lambda _: "LOCAL",
    exp.CurrentOrganizationName: lambda _: "LOCAL",
    exp.CurrentRegion: lambda _: "LOCAL",
    exp.CurrentSession: lambda session: str(id(session)),
    exp.CurrentDatabase: lambda session: session.fake.database,
    exp.CurrentSchema: lambda session: session.fake.schema,
    "LAST_QUERY_ID": lambda session: session.last_query_id,
    "IS_ROLE_IN_SESSION": lambda _: True,
}


class Queries:
    """Fills in what only this server knows."""

    def __init__(self, pipes: Pipes, streams: Streams) -> None:
        self._functions: dict[object, Callable[[Session, str], str | bool]] = {
            "SYSTEM$PIPE_STATUS": lambda session, name: json.dumps(pipes.status(session, name)),
            "SYSTEM$STREAM_HAS_DATA": streams.has_data,
        }

    def resolved(self, session: Session, parsed: exp.Expr) -> exp.Expr:
        """The query with this server's own functions answered. Raises SnowflakeError for what Snowflake has not."""
        _refuse_files(parsed)
        return parsed.transform(lambda node: self._answered(session, node))

    def _answered(self, session: Session, node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Div) and not _is_never_zero(node.expression):
            return _division(node)
        called = str(node.this).upper() if isinstance(node, exp.Anonymous) else type(node)
        if called in _OF_THE_SESSION:
            return _named(exp.convert(_OF_THE_SESSION[called](session)), node)
        if called in self._functions:
            if len(node.expressions) != 1 or not node.expressions[0].is_string:
                raise compilation_error(f"{called} takes the name of an object, in quotes")
            return _named(exp.convert(self._functions[called](session, node.expressions[0].name)), node)
        if isinstance(node, exp.TableFromRows):
            call = node.find(exp.Anonymous)
            if call is not None and str(call.this).upper().endswith("COPY_HISTORY"):
                return _copy_history(session, call, node)
        return node


def _named(value: exp.Expr, node: exp.Expr) -> exp.Expr:
    """The value; in a list of columns under the name that Snowflake gives it."""
    shown = isinstance(node.parent, exp.Select)
    return exp.alias_(value, node.sql("snowflake"), quoted=True) if shown else value


def _is_never_zero(divisor: exp.Expr) -> bool:
    return isinstance(divisor, exp.Nullif) or (
        isinstance(divisor, exp.Literal) and bool(divisor.name.strip("0."))
    )


def _division(node: exp.Div) -> exp.Expr:
    """Division by zero is an error, where DuckDB gives infinity."""
    by = node.expression
    fault = exp.Anonymous(this="error", expressions=[exp.Literal.string("Division by zero")])
    is_zero = exp.EQ(this=exp.paren(by.copy()), expression=exp.Literal.number(0))
    checked = exp.case().when(is_zero, fault).else_(by.copy())
    return exp.Div(**{**node.args, "this": node.this.copy(), "expression": checked})


def _copy_history(session: Session, call: exp.Anonymous, table: exp.Expr) -> exp.Expr:
    """TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => …, START_TIME => …)) as a query on our record of loads."""
    given = {str(e.this.name).upper(): e.expression for e in call.expressions if isinstance(e, exp.Kwarg)}
    if "TABLE_NAME" not in given:
        raise compilation_error("COPY_HISTORY needs TABLE_NAME => 'schema.table'", 938, "22023")
    name = name_parts(given["TABLE_NAME"].name)
    here = (session.fake.database or "", session.fake.schema or "")
    database, schema, target = (*here[: 3 - len(name)], *name)
    query = exp.select("*").from_(f'"{database}"."_fs_information_schema"."pipe_files"')
    query = query.where(
        f"TABLE_NAME = {literal(target)}", f"TABLE_SCHEMA_NAME = {literal(schema)}", copy=False
    )
    if "START_TIME" in given:
        query = query.where(exp.column("LAST_LOAD_TIME") >= given["START_TIME"], copy=False)
    return query.subquery(table.alias or "COPY_HISTORY")


def _refuse_files(parsed: exp.Expr) -> None:
    for node in parsed.find_all(exp.Func, exp.Table):
        name = str(node.this).upper() if isinstance(node, exp.Anonymous) else type(node).__name__.upper()
        if name.startswith(_FILE_READERS) or name in ("READCSV", "READPARQUET"):
            raise not_known_here(f"the function {name}")
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Literal):
            raise compilation_error(f"a table is expected, seen the text {node.sql()}")
        if isinstance(node, exp.Table) and (
            "/" in node.name or node.name.lower().endswith((".parquet", ".csv"))
        ):
            raise compilation_error(f"Object '{node.name}' does not exist or not authorized.", 2003, "42S02")
