"""Names, literals and types of contracts in Snowflake's dialect."""

from __future__ import annotations

from lakehouse.contracts import Column, ContractError
from lakehouse.contracts.physical_types import DECIMAL

# https://docs.snowflake.com/en/sql-reference/intro-summary-data-types; whole numbers keep the digits of their width.
_TYPES = {
    "STRING": "VARCHAR",
    "INT": "NUMBER(10, 0)",
    "BIGINT": "NUMBER(19, 0)",
    "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMP_NTZ(6)",
    "BOOLEAN": "BOOLEAN",
    "BINARY": "BINARY",
    "ARRAY": "ARRAY",
}


def identifier(name: str) -> str:
    """The name in upper case and quoted, so that it may be written without quotes too."""
    return '"' + name.upper().replace('"', '""') + '"'


def exact_identifier(name: str) -> str:
    """The name as it is, quoted: a field of parquet, or a name found in the account."""
    return '"' + name.replace('"', '""') + '"'


def text_literal(text: str) -> str:
    """A string literal. Snowflake reads a backslash in one as an escape."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def snowflake_type(column: Column) -> str:
    """Type of the column; instants are TIMESTAMP_NTZ in UTC."""
    decimal = DECIMAL.fullmatch(column.physical_type)
    if decimal:
        return f"NUMBER({decimal[1]}, {decimal[2]})"
    if column.physical_type in _TYPES:
        return _TYPES[column.physical_type]
    raise ContractError(
        f"column {column.name}: no Snowflake type for physicalType {column.physical_type!r}; "
        f"expected DECIMAL(p,s) or one of {', '.join(_TYPES)}"
    )
