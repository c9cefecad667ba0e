"""What the account holds when all scripts have run, as far as contracts say it: tables, views, columns, comments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lakehouse.contracts import Column
from warehouse.render.lake_tables import LakeTable, external_column
from warehouse.render.sales_lines import native_column, native_columns, sales_lines_contract
from warehouse.render.snowflake_names import identifier, snowflake_type
from warehouse.render.sql_files import lake_tables, script_name


@dataclass(frozen=True)
class ExpectedColumn:
    """Type and comment of a column; ``addition`` is what ADD COLUMN says, empty where it cannot be added."""

    kind: str
    comment: str = ""
    addition: str = ""


@dataclass(frozen=True)
class ExpectedObject:
    """A table or view, the script that makes it, and its columns by name."""

    schema: str
    name: str
    script: str
    is_view: bool
    columns: Mapping[str, ExpectedColumn] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Its name with its schema."""
        return f"{self.schema}.{self.name}"

    @property
    def quoted(self) -> str:
        """The same for SQL."""
        return f"{identifier(self.schema)}.{identifier(self.name)}"


def expected_objects(use_iceberg: bool = False) -> tuple[ExpectedObject, ...]:
    """Everything that derives from contracts. Columns of an Iceberg table come from its files, so are not compared."""
    found = []
    for table in lake_tables():
        if not use_iceberg:
            found.append(_external(table))
        found.append(_view(table))
    return (*_sales_lines(), *found)


def _external(table: LakeTable) -> ExpectedObject:
    columns = {
        column.name.upper(): ExpectedColumn(
            snowflake_type(column), "", "" if column.partition_key else external_column(column)
        )
        for column in table.columns
    }
    return ExpectedObject("LANDING", table.source.upper(), script_name(table), False, columns)


def _view(table: LakeTable) -> ExpectedObject:
    columns = {c.name.upper(): ExpectedColumn(snowflake_type(c), c.description) for c in table.columns}
    return ExpectedObject(table.schema, table.name.upper(), script_name(table), True, columns)


def _sales_lines() -> tuple[ExpectedObject, ...]:
    contract = sales_lines_contract()
    columns = {column.name.upper(): _native(column) for column in contract.table.columns}
    landed = {
        name: columns.get(name) or ExpectedColumn(kind) for name, kind in native_columns(contract).items()
    }
    script = "R__20_sales_lines.sql"
    return (
        ExpectedObject("LANDING", "SALES_LINES", script, False, landed),
        ExpectedObject("SALES", "SALES_LINES", script, False, columns),
    )


def _native(column: Column) -> ExpectedColumn:
    addition = "" if column.required else native_column(column)
    return ExpectedColumn(snowflake_type(column), column.description, addition)
