"""Names of export files. A name says which versions of gold.fct_sales_lines its rows come from, and is used once."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Versions of one generation of the table stay below this.
GENERATION = 10**12
_NAME = re.compile(
    r"g(?P<generation>\d{4})-(?P<table_id>[0-9a-f]{8})/"
    r"v(?P<first>\d{12})-(?P<last>\d{12})-p(?P<part>\d{4})of(?P<parts>\d{4})\.parquet$"
)


@dataclass(frozen=True, order=True)
class ExportName:
    """One file: the versions ``first`` to ``last`` of the table ``table_id``, part ``part`` of ``parts``.

    ``generation`` counts the tables that have stood at this place: a table made anew begins at version 0 again,
    and its changes must still win over those of the old one.
    """

    generation: int
    table_id: str
    first: int
    last: int
    part: int = 1
    parts: int = 1

    @property
    def path(self) -> str:
        """Path below the export folder. Sorting by it is sorting by age."""
        return (
            f"g{self.generation:04d}-{self.table_id}/"
            f"v{self.first:012d}-{self.last:012d}-p{self.part:04d}of{self.parts:04d}.parquet"
        )

    @property
    def is_last_part(self) -> bool:
        """Parts are written in order, so this one says that the others stand too."""
        return self.part == self.parts


def parsed_name(key: str) -> ExportName | None:
    """The name of an export file from its key; None for any other object."""
    found = _NAME.search(key)
    if not found:
        return None
    numbers = {name: int(found[name]) for name in ("generation", "first", "last", "part", "parts")}
    return ExportName(table_id=found["table_id"], **numbers)


def change_version(generation: int, version: int) -> int:
    """Number that orders all changes of a line, over tables made anew too."""
    return generation * GENERATION + version
