"""Rows that commits of gold.fct_sales_lines brought and took, read file by file without a JVM."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from deltalake import DeltaTable

from lakehouse.contracts import load_contract
from lakehouse.schema.arrow_schema import arrow_schema
from lakehouse.settings import Settings
from lakehouse.storage.delta_commits import Commit, CommitsGone, DataFile, commits_after

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

SOURCE = ("gold", "fct_sales_lines")


class ExportError(RuntimeError):
    """The export cannot go on without losing a change; the message says what is missing and the remedy."""


def new_commits(client: S3Client, settings: Settings, table: DeltaTable, version: int) -> Iterator[Commit]:
    """Commits after ``version``; where the log was cleaned before they were read, the table as it is now."""
    key = f"{settings.lake_key}{SOURCE[0]}/{SOURCE[1]}"
    try:
        yield from commits_after(client, settings.bucket, key, version)
    except CommitsGone:
        yield _whole_table(table, key)


def rows_of_files(client: S3Client, settings: Settings, files: tuple[DataFile, ...]) -> pa.Table:
    """All rows of the files; partition columns come from the log, columns younger than a file are null."""
    tables = [_source_schema().empty_table(), *(_rows(client, settings, file) for file in files)]
    return pa.concat_tables(tables)


def _whole_table(table: DeltaTable, key: str) -> Commit:
    partitions = load_contract(*SOURCE).table.partition_columns
    files = tuple(
        DataFile(
            f"{key}/{row['path']}",
            {name: str(row[f"partition.{name}"]) for name in partitions},
            row["num_records"],
        )
        for row in pa.table(table.get_add_actions(flatten=True)).to_pylist()
    )
    return Commit(table.version(), files, ())


def _rows(client: S3Client, settings: Settings, file: DataFile) -> pa.Table:
    try:
        body = client.get_object(Bucket=settings.bucket, Key=file.key)["Body"].read()
    except client.exceptions.NoSuchKey:
        raise ExportError(
            f"{file.key} is gone before its rows were exported: VACUUM keeps files for a shorter time than the export "
            f"is behind. Delete {settings.lake_key}export/ in the bucket and truncate LANDING.SALES_LINES and "
            "SALES.SALES_LINES in Snowflake; the next export writes the whole table"
        ) from None
    rows = pq.read_table(io.BytesIO(body))
    for column in _source_schema():
        if column.name in rows.column_names:
            continue
        value = file.partition.get(column.name)
        rows = rows.append_column(column.name, pa.array([value] * rows.num_rows, pa.string()))
    return rows.select(_source_schema().names).cast(_source_schema())


def _source_schema() -> pa.Schema:
    return arrow_schema(load_contract(*SOURCE).table.columns)
