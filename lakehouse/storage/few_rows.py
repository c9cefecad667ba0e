"""Current rows of a table, read through the driver where they are few.

Spark takes a second to open a table that has a new commit and another to plan a scan, however little there is to read; a
small batch looks at a few rows of several tables. What is read by Arrow and what by a scan is the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.schema.spark_ddl import columns_ddl
from lakehouse.storage.delta_tables import LakeTable, open_table, rows_of
from lakehouse.storage.lake_reader import LakeReader, files_read, files_within

# Of data files, some hundred thousand lines of sales.
_MOST_BYTES = 32 << 20

Bounds = Mapping[str, tuple[Any, Any]]
"""Least and greatest value by column, both included; None where it is open."""


def rows_of_days(spark: SparkSession, table: LakeTable, dates: Collection[dt.date]) -> DataFrame:
    """The rows of these business dates of a table that is partitioned by business date."""
    found = few_rows_of_days(table, dates, table.contract.table.column_names)
    if found is None:
        return rows_of(spark, table).where(F.col("business_date").isin(sorted(dates)))
    return local_rows(spark, table, found)


def few_rows_of_days(table: LakeTable, dates: Collection[dt.date], columns: Sequence[str]) -> pa.Table | None:
    """These columns of the rows of the dates; None where they are not few, or there is no table."""
    if not dates:
        return None
    found = few_rows(table, {"business_date": (min(dates), max(dates))}, [*columns, "business_date"])
    if found is None:
        return None
    is_asked = pc.is_in(found["business_date"], pa.array(sorted(dates), pa.date32()))
    return found.filter(is_asked).select(list(columns))


def rows_within(spark: SparkSession, table: LakeTable, bounds: Bounds) -> DataFrame:
    """The rows with each of these columns within its bounds."""
    found = few_rows(table, bounds, table.contract.table.column_names)
    if found is not None:
        return local_rows(spark, table, found)
    rows = rows_of(spark, table)
    for name, (low, high) in bounds.items():
        rows = rows if low is None else rows.where(F.col(name) >= F.lit(low))
        rows = rows if high is None else rows.where(F.col(name) <= F.lit(high))
    return rows


def few_rows(table: LakeTable, bounds: Bounds, columns: Sequence[str]) -> pa.Table | None:
    """These columns of the rows within the bounds; None where the files that may hold them are not few, or there is no
    table.
    """
    opened = open_table(table)
    if opened is None:
        return None
    files = files_within(opened, bounds)
    if sum(files["size_bytes"].to_pylist()) > _MOST_BYTES:
        return None
    wanted = list(dict.fromkeys([*columns, *bounds]))
    with files_read(table.name):
        # Bounds are asked of what was read: in a scan, Arrow stumbles over statistics of text as delta-rs tells them.
        rows = _reader(frozenset(table.storage_options.items())).dataset(opened, files).to_table(wanted)
    for name, (low, high) in bounds.items():
        rows = rows if low is None else rows.filter(pc.greater_equal(rows[name], low))
        rows = rows if high is None else rows.filter(pc.less_equal(rows[name], high))
    return rows.select(list(dict.fromkeys(columns)))


@lru_cache(4)
def _reader(options: frozenset[tuple[str, str]]) -> LakeReader:
    """One reader a store: each has a client with connections of its own."""
    return LakeReader("", dict(options))


def local_rows(spark: SparkSession, table: LakeTable, rows: pa.Table) -> DataFrame:
    """Rows of the table as a frame of the driver."""
    ddl = columns_ddl(table.contract.table.columns)
    return spark.createDataFrame(rows, ddl) if rows.num_rows else _no_rows(spark, ddl)


def _no_rows(spark: SparkSession, ddl: str) -> DataFrame:
    """A frame that Spark knows to be empty: PySpark cannot take an Arrow table without chunks, and sends a list, however
    short, through a Python worker."""
    jvm: Any = spark._jvm
    schema = jvm.org.apache.spark.sql.types.StructType.fromDDL(ddl)
    return DataFrame(spark._jsparkSession.createDataFrame(jvm.java.util.ArrayList(), schema), spark)
