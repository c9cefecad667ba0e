"""Arrow types of a contract's columns."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa  # type: ignore[import-untyped]

from lakehouse.contracts import Column
from lakehouse.contracts.physical_types import DECIMAL

_TYPES = {
    "STRING": pa.string(),
    "INT": pa.int32(),
    "BIGINT": pa.int64(),
    "DATE": pa.date32(),
    "BOOLEAN": pa.bool_(),
    "TIMESTAMP": pa.timestamp("us", tz="UTC"),
}


def arrow_schema(columns: Iterable[Column]) -> pa.Schema:
    """Schema of a flat table; instants are microseconds in UTC."""
    return pa.schema([pa.field(column.name, _type(column)) for column in columns])


def _type(column: Column) -> pa.DataType:
    decimal = DECIMAL.fullmatch(column.physical_type)
    return pa.decimal128(int(decimal[1]), int(decimal[2])) if decimal else _TYPES[column.physical_type]
