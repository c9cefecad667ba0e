"""The schema of a Delta table from the columns of its contract, as it stands in the table's log.

Form: Delta transaction log protocol, "Schema Serialization Format". Names of the types are those of that page.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lakehouse.contracts import Column, ContractError
from lakehouse.contracts.physical_types import DECIMAL

_NAMES = {"STRING": "string", "INT": "integer", "BIGINT": "long", "DATE": "date", "TIMESTAMP": "timestamp",
          "BOOLEAN": "boolean", "BINARY": "binary"}  # fmt: skip

Json = dict[str, Any]


def delta_schema(columns: Iterable[Column]) -> Json:
    """Names, types, comments, and null only where the contract requires no value. Inside arrays and objects all may be null."""
    fields = [
        _field(column, required=column.required, comment={"comment": column.description})
        for column in columns
    ]
    return {"type": "struct", "fields": fields}


def _field(column: Column, *, required: bool, comment: Json) -> Json:
    return {"name": column.name, "type": _type(column), "nullable": not required, "metadata": comment}


def _type(column: Column) -> Json | str:
    if column.logical_type == "array":
        inside = _struct(column) if column.fields else _type(_element(column))
        return {"type": "array", "elementType": inside, "containsNull": True}
    if column.logical_type == "object":
        return _struct(column)
    if DECIMAL.fullmatch(column.physical_type):
        return column.physical_type.lower()
    if column.physical_type not in _NAMES:
        raise ContractError(
            f"column {column.name}: physicalType {column.physical_type!r} is not one of {', '.join(_NAMES)} or DECIMAL(p,s)"
        )
    return _NAMES[column.physical_type]


def _struct(column: Column) -> Json:
    return {
        "type": "struct",
        "fields": [_field(each, required=False, comment={}) for each in column.fields],
    }


def _element(column: Column) -> Column:
    if column.element is None:
        raise ContractError(f"array {column.name} needs items with a type")
    return column.element
