"""What a column's physicalType says, and how text is quoted in the SQL of rules and tables."""

from __future__ import annotations

import re

from lakehouse.contracts.model import Column

DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
INTEGERS = ("INT", "BIGINT")


def is_number(column: Column) -> bool:
    """Whether the column is stored as an integer or a decimal."""
    return column.physical_type in INTEGERS or DECIMAL.fullmatch(column.physical_type) is not None


def literal(text: str) -> str:
    """A SQL string literal that Spark reads back as exactly ``text``."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
