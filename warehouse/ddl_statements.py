"""Snowflake statements as the lint looks at them: what is made, under which names, reading what. Pure.

By patterns, not by a syntax tree: sqlglot knows half of these statements only as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

from snowflake.connector.util_text import split_statements

TEXT = r"'(?:[^'\\]|''|\\.)*'"
NAME = r'(?:"(?:[^"]|"")+"|[\w$]+)'
_KINDS = (
    r"EXTERNAL\s+TABLE|DYNAMIC\s+TABLE|ICEBERG\s+TABLE|TABLE|SECURE\s+VIEW|VIEW|PIPE|STREAM|TASK|STAGE|"
    r"FILE\s+FORMAT|MASKING\s+POLICY|SCHEMA|DATABASE|ROLE|WAREHOUSE|RESOURCE\s+MONITOR|EXTERNAL\s+VOLUME|"
    r"(?:STORAGE|NOTIFICATION|CATALOG)\s+INTEGRATION"
)
_CREATED = re.compile(
    rf"^CREATE\s+(?P<replace>OR\s+REPLACE\s+)?(?P<kind>{_KINDS})\s+(?P<once>IF\s+NOT\s+EXISTS\s+)?"
    rf"(?P<name>{NAME}(?:\s*\.\s*{NAME})*)",
    re.IGNORECASE,
)
_COLUMN = re.compile(rf"^\s*({NAME})(?:\s+\w+|\s*$)", re.IGNORECASE)


@dataclass(frozen=True)
class Statement:
    """One statement. In ``bare`` texts are emptied, so that a word in a comment or literal is no option."""

    sql: str
    bare: str

    @property
    def created(self) -> str:
        """The kind of object that it makes, in capitals; empty for any other statement."""
        match = _CREATED.match(self.bare)
        return " ".join(match["kind"].upper().split()) if match else ""

    @property
    def name(self) -> str:
        """Name of that object with its schema, where that is written, without quotes and in capitals."""
        match = _CREATED.match(self.bare)
        return plain_name(match["name"]) if match else ""

    @property
    def head(self) -> str:
        """The statement up to that name."""
        match = _CREATED.match(self.bare)
        return match[0] if match else ""

    @property
    def replaces(self) -> bool:
        """Whether it says OR REPLACE."""
        match = _CREATED.match(self.bare)
        return bool(match and match["replace"])

    @property
    def is_once(self) -> bool:
        """Whether it says IF NOT EXISTS."""
        match = _CREATED.match(self.bare)
        return bool(match and match["once"])

    def has(self, pattern: str) -> bool:
        """Whether the pattern occurs outside texts."""
        return re.search(pattern, self.bare, re.IGNORECASE) is not None

    def defined_names(self) -> Iterator[str]:
        """Parts of the object's name as written, and its columns where it lists any."""
        match = _CREATED.match(self.bare)
        if match is None:
            return
        yield from re.findall(NAME, match["name"])
        listed = self.bare[match.end() :].lstrip()
        if listed.startswith("(") and self.created.endswith(("TABLE", "VIEW")):
            columns = (_COLUMN.match(part) for part in _parted(listed))
            yield from (column[1] for column in columns if column and column[1].upper() != "CONSTRAINT")

    def read_names(self) -> Iterator[str]:
        """Names of the tables it reads, in the form of ``name``."""
        for match in re.finditer(rf"\b(?:FROM|JOIN)\s+({NAME}(?:\.{NAME})*)", self.bare, re.IGNORECASE):
            yield plain_name(match[1])


def statements(text: str) -> Iterator[Statement]:
    """The statements of a text, without comments."""
    for sql, _ in split_statements(StringIO(text), True):
        plain = sql.strip().rstrip(";").strip()
        if plain:
            yield Statement(plain, re.sub(TEXT, "''", plain))


def plain_name(name: str) -> str:
    """Schema and name, without quotes and database, in capitals."""
    return ".".join(re.sub(r"[\"\s]", "", name).upper().split(".")[-2:])


def _parted(text: str) -> Iterator[str]:
    """Parts of the first parenthesis, at its commas."""
    depth, part = 0, ""
    for letter in text:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth == 0:
            break
        if letter == "," and depth == 1:
            yield part
            part = ""
        elif part or letter != "(":
            part += letter
    yield part
