"""Which files of ``warehouse/sql`` derive from contracts, and their text."""

from __future__ import annotations

from lakehouse.contracts import contract_names
from warehouse.render.lake_tables import LakeTable, lake_table, lake_table_file
from warehouse.render.sales_lines import merge_file, pipe_file, sales_lines_contract, tables_file


def lake_tables() -> tuple[LakeTable, ...]:
    """Every Delta table that Snowflake reads: gold, ops, and the quarantine of silver."""
    names = [("gold", name) for name in contract_names("gold")]
    names += [("ops", name) for name in contract_names("ops")]
    return tuple(lake_table(layer, name) for layer, name in [*names, ("silver", "quarantine")])


def rendered_files() -> dict[str, str]:
    """Text by file name below ``warehouse/sql``."""
    lines = sales_lines_contract()
    files = {
        "R__20_sales_lines.sql": tables_file(lines),
        "R__21_sales_lines_merge.sql": merge_file(lines),
        "R__22_sales_lines_pipe.sql": pipe_file(lines),
    }
    return files | {script_name(table): lake_table_file(table) for table in lake_tables()}


def script_name(table: LakeTable) -> str:
    """The file of a Delta table; repeatable scripts run in the order of their names."""
    return f"R__{30 if table.contract.layer == 'gold' else 40}_{table.source}.sql"
