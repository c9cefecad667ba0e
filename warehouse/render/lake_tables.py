"""A Delta table of the lake in Snowflake: external table (or Delta Direct Iceberg table) and secure view.

The table over the files stands in schema LANDING, which no reader may use; readers see the view in the schema
of its layer. The template variable ``lake_tables`` (``external`` or ``iceberg``) chooses what the view reads.
Sources: docs.snowflake.com, CREATE EXTERNAL TABLE (Delta), CREATE ICEBERG TABLE (Delta files), CREATE VIEW.
"""

from __future__ import annotations

from dataclasses import dataclass

from lakehouse.contracts import Column, Contract, load_contract
from warehouse.render.snowflake_names import exact_identifier, identifier, snowflake_type, text_literal

# What a column may show is decided by its classification; V1.3.0 makes the policies.
_POLICIES = {"PII": "MASK_PII", "pseudonym": "MASK_PSEUDONYM"}


@dataclass(frozen=True)
class LakeTable:
    """A Delta table that Snowflake reads: where it lies, the schema of its view and the columns that leave the lake."""

    contract: Contract
    schema: str
    stage: str

    @property
    def name(self) -> str:
        """Name of the contract."""
        return self.contract.name

    @property
    def columns(self) -> tuple[Column, ...]:
        """Columns shown. Bytes and texts of people, of which masking would leave nothing, stay in the lake."""
        hidden = self.contract.layer == "silver"
        return tuple(c for c in self.contract.table.columns if not (hidden and c.classification == "PII"))

    @property
    def title(self) -> str:
        """Layer and name of the contract."""
        return f"{self.contract.layer}.{self.name}"

    @property
    def source(self) -> str:
        """Name of the external table in LANDING."""
        return f"{self.contract.layer}_{self.name}"

    @property
    def folder(self) -> str:
        """Folder of the table below the root of the lake."""
        return f"{self.contract.layer}/{self.name}"


def lake_table(layer: str, name: str) -> LakeTable:
    """How Snowflake reads ``layer.name``; the quarantine of silver is shown in OPS, without what people said."""
    schema = "GOLD" if layer == "gold" else "OPS"
    return LakeTable(load_contract(layer, name), schema, f"{layer}_STAGE".upper())


def lake_table_file(table: LakeTable) -> str:
    """The SQL file of the table."""
    return (
        f"-- Rendered from contract {table.contract.layer}.{table.name} {table.contract.version}; "
        "`retail warehouse render` writes it.\n"
        f"-- Grain: {table.contract.table.grain}.\n"
        'USE ROLE "{{ prefix }}_LOADER";\n'
        'USE DATABASE "{{ database }}";\n\n'
        "{% if lake_tables == 'iceberg' %}\n"
        f"{_iceberg_table(table)}\n"
        "{% else %}\n"
        f"{_external_table(table)}\n"
        "{% endif %}\n"
        'USE ROLE "{{ prefix }}_ENGINEER";\n\n'
        f"{_secure_view(table)}"
    )


def external_column(column: Column) -> str:
    """Definition of one column of the external table; a partition column is read from the path of its file."""
    kind = snowflake_type(column)
    if column.partition_key is not None:
        path = f"SPLIT_PART(SPLIT_PART(METADATA$FILENAME, '{column.name}=', 2), '/', 1)"
        return f"{identifier(column.name)} {kind} AS ({path}::{kind})"
    return f"{identifier(column.name)} {kind} AS (VALUE:{exact_identifier(column.name)}::{kind})"


def table_comment(contract: Contract) -> str:
    """Comment of table and view: purpose, grain and version of the contract."""
    return f"{contract.description} Grain: {contract.table.grain}. Contract {contract.version}."


def _external_table(table: LakeTable) -> str:
    columns = ",\n".join(f"  {external_column(column)}" for column in table.columns)
    parted = ", ".join(identifier(name) for name in table.contract.table.partition_columns)
    return (
        f'CREATE EXTERNAL TABLE IF NOT EXISTS "LANDING".{identifier(table.source)} (\n{columns}\n)\n'
        + (f"PARTITION BY ({parted})\n" if parted else "")
        + f'LOCATION = @"LANDING".{identifier(table.stage)}/{table.name}/\n'
        "REFRESH_ON_CREATE = FALSE\n"
        "AUTO_REFRESH = FALSE\n"
        "FILE_FORMAT = (FORMAT_NAME = 'LANDING.PARQUET_LOGICAL')\n"
        "TABLE_FORMAT = DELTA\n"
        f"COMMENT = {text_literal(table_comment(table.contract))};"
    )


def _iceberg_table(table: LakeTable) -> str:
    return (
        f'CREATE ICEBERG TABLE IF NOT EXISTS "LANDING".{identifier(table.source + "_ICEBERG")}\n'
        "EXTERNAL_VOLUME = '{{ external_volume }}'\n"
        "CATALOG = '{{ catalog_integration }}'\n"
        f"BASE_LOCATION = '{table.folder}/'\n"
        "AUTO_REFRESH = FALSE\n"
        f"COMMENT = {text_literal(table_comment(table.contract))};"
    )


def _secure_view(table: LakeTable) -> str:
    columns = ",\n".join(f"  {_view_column(column)}" for column in table.columns)
    external = ",\n".join(f"  {identifier(column.name)}" for column in table.columns)
    iceberg = ",\n".join(f"  {_from_iceberg(column)}" for column in table.columns)
    return (
        f"CREATE OR REPLACE SECURE VIEW {identifier(table.schema)}.{identifier(table.name)} (\n{columns}\n)\n"
        "COPY GRANTS\n"
        f"COMMENT = {text_literal(table_comment(table.contract))}\n"
        "AS\n"
        "SELECT\n"
        "{% if lake_tables == 'iceberg' %}\n"
        f'{iceberg}\nFROM "LANDING".{identifier(table.source + "_ICEBERG")};\n'
        "{% else %}\n"
        f'{external}\nFROM "LANDING".{identifier(table.source)};\n'
        "{% endif %}\n"
    )


def _view_column(column: Column) -> str:
    policy = _POLICIES.get(column.classification or "")
    masked = f' WITH MASKING POLICY "OPS".{identifier(policy)}' if policy else ""
    return f"{identifier(column.name)}{masked} COMMENT {text_literal(column.description)}"


def _from_iceberg(column: Column) -> str:
    """Delta's instants come as TIMESTAMP_LTZ; the view shows UTC without a zone, as over the external table."""
    name = identifier(column.name)
    if column.physical_type != "TIMESTAMP":
        return name
    return f"CONVERT_TIMEZONE('UTC', {name})::{snowflake_type(column)} AS {name}"
