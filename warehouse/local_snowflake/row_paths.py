"""Snowflake's ways into a staged row (``$1:c``, ``VALUE:c``, METADATA$…) as columns of a parquet file."""

from __future__ import annotations

from collections.abc import Mapping

import sqlglot
from sqlglot import exp

from warehouse.local_snowflake.errors import compilation_error

_SEMI_STRUCTURED = (exp.DType.ARRAY, exp.DType.OBJECT, exp.DType.VARIANT, exp.DType.STRUCT)


def column_expression(snowflake: str, columns: Mapping[str, str], metadata: Mapping[str, str]) -> str:
    """One expression in DuckDB's SQL. A path that is not in the row is null, as in Snowflake.

    ``columns``: DuckDB's expression by column of the file; ``metadata``: by METADATA$ name.
    """
    parsed = sqlglot.parse_one(snowflake, read="snowflake")
    return parsed.transform(lambda node: _resolved(node, columns, metadata)).sql(dialect="duckdb")


def paths_read(snowflake: str) -> set[str]:
    """The columns of the file that an expression reads."""
    return {_key(node) for node in sqlglot.parse_one(snowflake, read="snowflake").find_all(exp.JSONExtract)}


def _resolved(node: exp.Expr, columns: Mapping[str, str], metadata: Mapping[str, str]) -> exp.Expr:
    if isinstance(node, exp.JSONExtract):
        found = columns.get(_key(node))
        return sqlglot.parse_one(found, read="duckdb") if found else exp.Null()
    if (
        isinstance(node, exp.Cast)
        and isinstance(node.this, exp.JSONExtract)
        and node.to.this in _SEMI_STRUCTURED
    ):
        return exp.func("to_json", _resolved(node.this, columns, metadata))
    if isinstance(node, exp.Column) and node.name.upper().startswith("METADATA$"):
        if node.name.upper() not in metadata:
            raise compilation_error(f"invalid identifier '{node.name}'", 904)
        return sqlglot.parse_one(metadata[node.name.upper()], read="duckdb")
    return node


def _key(node: exp.JSONExtract) -> str:
    """The column named by a path of one step; a deeper one reaches into a nested column, which ours have not."""
    keys = list(node.expression.find_all(exp.JSONPathKey))
    if len(keys) != 1:
        raise compilation_error(f"a path of one step is expected, seen {node.sql(dialect='snowflake')}", 1003)
    return str(keys[0].this)
