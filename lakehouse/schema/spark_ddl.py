"""Spark SQL types of contract columns, as stored (typed) and as first read from JSON (raw).

Raw numbers are wide decimals: the digits a producer sent are all still there when the digits rule compares
them with the typed value, so that 0.12345 is refused and not rounded to DECIMAL(18,4). One digit of
precision is left before the point, so that a number just too large is seen as such.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lakehouse.contracts import Column, ContractError
from lakehouse.contracts.physical_types import DECIMAL, INTEGERS

_SCALARS = ("STRING", "INT", "BIGINT", "DATE", "TIMESTAMP", "BOOLEAN", "BINARY")
_WIDEST = 38
_RAW_INTEGER = f"DECIMAL({_WIDEST},18)"


def typed(column: Column) -> str:
    """Type of the column in a table."""
    return _type(column, _scalar)


def raw(column: Column) -> str:
    """Type that the JSON field of the column is first read as."""
    return _type(column, _raw_scalar)


def columns_ddl(columns: Iterable[Column], *, as_raw: bool = False) -> str:
    """Column list for STRUCT<…>, from_json or createDataFrame."""
    to_type = raw if as_raw else typed
    return ", ".join(f"`{column.name}` {to_type(column)}" for column in columns)


def _type(column: Column, scalar: Callable[[Column], str]) -> str:
    if column.logical_type == "array":
        inner = _struct(column, scalar) if column.fields else _type(_element(column), scalar)
        return f"ARRAY<{inner}>"
    if column.logical_type == "object":
        return _struct(column, scalar)
    return scalar(column)


def _struct(column: Column, scalar: Callable[[Column], str]) -> str:
    return "STRUCT<" + ", ".join(f"`{field.name}`: {_type(field, scalar)}" for field in column.fields) + ">"


def _element(column: Column) -> Column:
    if column.element is None:
        raise ContractError(f"array {column.name} needs items with a type")
    return column.element


def _scalar(column: Column) -> str:
    if column.physical_type in _SCALARS or DECIMAL.fullmatch(column.physical_type):
        return column.physical_type
    raise ContractError(
        f"column {column.name}: physicalType {column.physical_type!r} is not one of "
        f"{', '.join(_SCALARS)} or DECIMAL(p,s)"
    )


def _raw_scalar(column: Column) -> str:
    match = DECIMAL.fullmatch(column.physical_type)
    if match:
        precision, scale = int(match[1]), int(match[2])
        return f"DECIMAL({_WIDEST},{_WIDEST - (precision - scale) - 1})"
    return _RAW_INTEGER if column.physical_type in INTEGERS else "STRING"
