"""The road of sale lines through Snowpipe: landing table, pipe, stream, task, and the native table of newest lines.

Sources: docs.snowflake.com, CREATE PIPE, CREATE STREAM, CREATE TASK, MERGE.
"""

from __future__ import annotations

from lakehouse.contracts import Column, Contract, load_contract
from warehouse.render.lake_tables import table_comment
from warehouse.render.snowflake_names import exact_identifier, identifier, snowflake_type, text_literal

# Where a row came from. The load time is that of the scan: CURRENT_TIMESTAMP in a pipe is when it was compiled.
_ORIGIN = (
    ("FILE_NAME", "VARCHAR", "METADATA$FILENAME", "File of the export that held the row."),
    ("FILE_ROW_NUMBER", "NUMBER(19, 0)", "METADATA$FILE_ROW_NUMBER", "Row within that file."),
    (
        "LOADED_AT",
        "TIMESTAMP_NTZ(6)",
        "CONVERT_TIMEZONE('UTC', METADATA$START_SCAN_TIME)::TIMESTAMP_NTZ(6)",
        "When the pipe read it (UTC instant).",
    ),
)
_HEAD = "-- Rendered from contract export.sales_lines {version}; `retail warehouse render` writes it.\n"


def sales_lines_contract() -> Contract:
    """The contract of the export."""
    return load_contract("export", "sales_lines")


def native_columns(contract: Contract) -> dict[str, str]:
    """Name and type of each column that the landing table takes from the contract and then adds."""
    known = {column.name.upper(): snowflake_type(column) for column in contract.table.columns}
    return known | {name: kind for name, kind, _, _ in _ORIGIN}


def tables_file(contract: Contract) -> str:
    """LANDING.SALES_LINES, one row per change, and SALES.SALES_LINES, one row per line."""
    origin = [
        f"{identifier(name)} {kind} NOT NULL COMMENT {text_literal(said)}" for name, kind, _, said in _ORIGIN
    ]
    landed = ",\n  ".join([*map(native_column, contract.table.columns), *origin])
    newest = ",\n  ".join(
        [*map(native_column, contract.table.columns), 'CONSTRAINT "SALES_LINES_KEY" PRIMARY KEY ("ID")']
    )
    return (
        _HEAD.format(version=contract.version)
        + _as_role("LOADER")
        + 'CREATE TABLE IF NOT EXISTS "LANDING"."SALES_LINES" (\n  '
        + landed
        + "\n)\nCHANGE_TRACKING = TRUE\n"
        + f"COMMENT = {text_literal(table_comment(contract))};\n\n"
        + _as_role("ENGINEER")
        + "-- A deleted line stays as a row with op D: Snowpipe knows no order between files, and a row that is gone\n"
        + "-- could not refuse an older change that arrives after it. SALES.SALES_DATA leaves such rows out.\n"
        + 'CREATE TABLE IF NOT EXISTS "SALES"."SALES_LINES" (\n  '
        + newest
        + "\n)\n"
        + "COMMENT = 'Newest change of each sale line. Grain: one row per line; op D marks a line that is no more.';\n\n"
        + 'GRANT SELECT, INSERT, UPDATE ON TABLE "SALES"."SALES_LINES" TO ROLE "{{ prefix }}_LOADER";\n'
    )


def pipe_file(contract: Contract) -> str:
    """The pipe; replaced by a new one when the contract changes, which may load files again: the MERGE absorbs that."""
    names = [identifier(name) for name in native_columns(contract)]
    fields = [
        f"$1:{exact_identifier(column.name)}::{snowflake_type(column)}" for column in contract.table.columns
    ]
    fields += [f"{expression} AS {identifier(name)}" for name, _, expression, _ in _ORIGIN]
    return (
        _HEAD.format(version=contract.version)
        + _as_role("LOADER")
        + "-- A new pipe forgets which files it has loaded; the task's MERGE takes a change only once.\n"
        + 'CREATE OR REPLACE PIPE "LANDING"."SALES_LINES_PIPE"\n'
        + "AUTO_INGEST = TRUE\n"
        + 'ERROR_INTEGRATION = "{{ error_integration }}"\n'
        + "COMMENT = 'Loads each exported file once; a file with a fault is skipped whole and reported.'\n"
        + "AS\n"
        + 'COPY INTO "LANDING"."SALES_LINES" (\n  '
        + ",\n  ".join(names)
        + "\n)\nFROM (\n  SELECT\n    "
        + ",\n    ".join(fields)
        + '\n  FROM @"LANDING"."EXPORT_STAGE"/sales_lines/\n)\n'
        + "FILE_FORMAT = (FORMAT_NAME = 'LANDING.PARQUET_LOGICAL')\n"
        + "ON_ERROR = SKIP_FILE;\n\n"
        + "-- Files that were released before the pipe stood.\n"
        + 'ALTER PIPE "LANDING"."SALES_LINES_PIPE" REFRESH;\n'
    )


def merge_file(contract: Contract) -> str:
    """Stream over the landing table and the task that merges it: of each id the highest change_version wins."""
    names = [identifier(column.name) for column in contract.table.columns]
    updates = ",\n  ".join(f'{name} = "CHANGE".{name}' for name in names if name != '"ID"')
    return (
        _HEAD.format(version=contract.version)
        + _as_role("LOADER")
        + 'CREATE STREAM IF NOT EXISTS "LANDING"."SALES_LINES_STREAM"\n'
        + 'ON TABLE "LANDING"."SALES_LINES"\n'
        + "APPEND_ONLY = TRUE\n"
        + "SHOW_INITIAL_ROWS = TRUE\n"
        + "COMMENT = 'Changes that the task has not merged yet.';\n\n"
        + 'CREATE OR REPLACE TASK "LANDING"."MERGE_SALES_LINES"\n'
        + 'WAREHOUSE = "{{ prefix }}_LOAD_WH"\n'
        + "SCHEDULE = '1 MINUTE'\n"
        + "COMMENT = 'Brings landed changes into SALES.SALES_LINES; repeated changes move nothing.'\n"
        + "WHEN SYSTEM$STREAM_HAS_DATA('LANDING.SALES_LINES_STREAM')\n"
        + "AS\n"
        + 'MERGE INTO "SALES"."SALES_LINES" AS "LINE"\n'
        + "USING (\n  SELECT\n    "
        + ",\n    ".join(names)
        + '\n  FROM "LANDING"."SALES_LINES_STREAM"\n'
        + '  QUALIFY ROW_NUMBER() OVER (PARTITION BY "ID" ORDER BY "CHANGE_VERSION" DESC, "OP" ASC) = 1\n'
        + ') AS "CHANGE"\n'
        + 'ON "LINE"."ID" = "CHANGE"."ID"\n'
        + 'WHEN MATCHED AND "CHANGE"."CHANGE_VERSION" > "LINE"."CHANGE_VERSION" THEN UPDATE SET\n  '
        + updates
        + "\nWHEN NOT MATCHED THEN INSERT (\n  "
        + ",\n  ".join(names)
        + "\n) VALUES (\n  "
        + ",\n  ".join(f'"CHANGE".{name}' for name in names)
        + "\n);\n\n"
        + 'ALTER TASK "LANDING"."MERGE_SALES_LINES" RESUME;\n'
    )


def _as_role(role: str) -> str:
    """Where a statement runs, so that each file stands on its own."""
    return f'USE ROLE "{{{{ prefix }}}}_{role}";\nUSE DATABASE "{{{{ database }}}}";\n\n'


def native_column(column: Column) -> str:
    """Definition of one column of a native table."""
    required = " NOT NULL" if column.required else ""
    return f"{identifier(column.name)} {snowflake_type(column)}{required} COMMENT {text_literal(column.description)}"
