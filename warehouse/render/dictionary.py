"""The data dictionary of what Snowflake shows, and the key figures with their SQL: one page of Markdown from contracts."""

from __future__ import annotations

from collections.abc import Iterable

from lakehouse.contracts import Column
from lakehouse.contracts.kpis import Kpi, all_kpis
from warehouse.render.kpis import snowflake_query
from warehouse.render.lake_tables import LakeTable
from warehouse.render.sql_files import lake_tables

NAME = "dictionary.md"
_HEAD = """\
# Data dictionary

Written by `retail warehouse render` from the contracts; a test fails while they differ.

- Tables of layer gold stand in schema `GOLD`, all others in `OPS`, names in capitals. Types are those of the lake.
- Instants (`_at`) are UTC; `business_date` is the day of the store.
- Amounts are ex tax and stand beside their currency; two currencies are never added.
- *key*: part of the primary key.
"""


def dictionary() -> str:
    """The text of the page."""
    parts = [_HEAD, "## Key figures\n", *_figures(all_kpis())]
    parts += [part for table in lake_tables() for part in _table(table)]
    return "\n".join(parts)


def _figures(kpis: Iterable[Kpi]) -> list[str]:
    rows = ["| figure | what it says | never added over | how it is counted |", "|---|---|---|---|"]
    for kpi in kpis:
        grain = ", ".join(f"`{name}`" for name in kpi.grain)
        rows.append(
            f"| {kpi.name} (`{kpi.id}`) | {_cell(kpi.sentence)} | {grain} | `{_cell(snowflake_query(kpi))}` |"
        )
    return [*rows, ""]


def _table(table: LakeTable) -> list[str]:
    contract, shape = table.contract, table.contract.table
    head = [
        f"## {table.title}\n",
        f"{contract.description} Grain: {shape.grain}. Contract {contract.version}.\n",
        "| column | type | meaning |",
        "|---|---|---|",
    ]
    rows = [
        f"| `{column.name}` | {_kind(column)} | {_cell(column.description)} |" for column in table.columns
    ]
    return [*head, *rows, ""]


def _kind(column: Column) -> str:
    notes = [
        "key" if column.primary_key is not None else "",
        "" if column.required else "may be null",
        column.classification or "",
    ]
    return ", ".join([column.physical_type, *filter(None, notes)])


def _cell(text: str) -> str:
    """A text that cannot end its cell."""
    return " ".join(text.split()).replace("|", "\\|")
