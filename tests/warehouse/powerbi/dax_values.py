"""Measures evaluated over rows by pbix-mcp, an evaluator of DAX in Python. It knows floats only, and None for what is broken."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from pbix_mcp.dax import engine  # type: ignore[import-untyped]

from tests.warehouse.powerbi.tmdl_reader import Model
from warehouse.connection import Warehouse
from warehouse.render.powerbi.model import model_tables
from warehouse.render.snowflake_names import identifier

Tables = dict[str, dict[str, list[Any]]]


def rows_of_the_model(warehouse: Warehouse) -> Tables:
    """Every table of the model with the rows that its query would bring from Snowflake."""
    made: Tables = {}
    for table in model_tables():
        names = ", ".join(identifier(column.source) for column in table.columns)
        distinct = "DISTINCT " if table.is_distinct else ""
        where = " WHERE IS_CURRENT" if table.current_only else ""
        rows = warehouse.rows(f'SELECT {distinct}{names} FROM "{table.schema}"."{table.object}"{where}')
        made[table.name] = {
            "columns": [column.name for column in table.columns],
            "rows": [[_value(row[column.source]) for column in table.columns] for row in rows],
        }
    return made


def values(
    model: Model, tables: Tables, choice: Mapping[str, list[Any]], names: Iterable[str] = (), **more: str
) -> dict[str, Any]:
    """Value of each measure under the choice, ``{"Currency.Currency": ["GBP"]}``; ``more`` are measures of the test's own."""
    known = {
        each.name: each.expression.strip() for table in model.tables for each in table.of("measure")
    } | more
    ends = [_ends(each.properties) for each in model.relationships]
    return {
        name: engine.evaluate_measure(
            name,
            tables,
            known,
            dict(choice),
            date_table="Date",
            date_column="Business Date",
            relationships=ends,
        )
        for name in (list(names) or known)
    }


def same_number(seen: Any, expected: Any, within: float = 1e-6) -> bool:
    """Equal to a millionth, or to a part of ``within``: the evaluator counts with floats, and SQL rounds a quotient at its sixth digit."""
    if seen is None or expected is None:
        return seen is expected
    if isinstance(expected, dt.datetime):
        return bool(seen == expected.replace(tzinfo=None))
    return abs(float(seen) - float(expected)) <= within * max(1.0, abs(float(expected)))


def _ends(properties: Mapping[str, str]) -> dict[str, Any]:
    (one, its_column), (other, other_column) = (
        [part.strip("'") for part in properties[end].split(".", 1)] for end in ("fromColumn", "toColumn")
    )
    return {
        "FromTable": one, "FromColumn": its_column, "ToTable": other, "ToColumn": other_column, "IsActive": True
    }  # fmt: skip


def _value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None)
    return value
