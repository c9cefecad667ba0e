"""Questions to the warehouse: one statement, or a worksheet, which is a file of statements with their titles."""

from __future__ import annotations

import datetime as dt
import difflib
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from io import StringIO
from typing import Any

from snowflake.connector.util_text import split_statements

from warehouse.connection import Row, Warehouse
from warehouse.errors import UnknownWorksheet


@dataclass(frozen=True)
class Question:
    """One statement of a worksheet and the comment above it, which says what it answers."""

    title: str
    sql: str


def worksheet_names() -> tuple[str, ...]:
    """Names of the worksheets, sorted."""
    folder = resources.files("warehouse").joinpath("worksheets")
    return tuple(
        sorted(file.name.removesuffix(".sql") for file in folder.iterdir() if file.name.endswith(".sql"))
    )


def read_worksheet(name: str) -> tuple[Question, ...]:
    """The questions of a worksheet; raises UnknownWorksheet with the nearest name."""
    names = worksheet_names()
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}"
        raise UnknownWorksheet(f"no worksheet {name!r}; {hint}")
    text = resources.files("warehouse").joinpath("worksheets", f"{name}.sql").read_text(encoding="utf-8")
    return questions(text)


def questions(text: str) -> tuple[Question, ...]:
    """Statements of a text, each with the comment lines that stand before it."""
    found = []
    for statement, _ in split_statements(StringIO(text)):
        lines = statement.strip().splitlines()
        title = [line[2:].strip() for line in lines if line.startswith("--")]
        sql = "\n".join(line for line in lines if not line.startswith("--")).strip().rstrip(";")
        if sql:
            found.append(Question(" ".join(title), sql))
    return tuple(found)


def ask(warehouse: Warehouse, sql: str) -> list[Row]:
    """Rows of one statement as they are shown: decimals as text, so that no reader makes a float of them."""
    return [{name: shown(value) for name, value in row.items()} for row in warehouse.rows(sql)]


def shown(value: Any) -> Any:
    """A value for JSON: decimals and times as text, bytes in hex, everything else as it is."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes | bytearray) else value
