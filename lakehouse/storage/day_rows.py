"""Rows of some business dates of a table, read through the driver where they are few.

A scan takes Spark a second to plan, however little there is to read; a small batch looks at a day or two, several times.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.schema.spark_ddl import columns_ddl
from lakehouse.settings import Settings
from lakehouse.storage.delta_tables import LakeTable, rows_of
from lakehouse.storage.lake_reader import files_read, lake_reader

# Of data files, some hundred thousand lines of sales.
_MOST_BYTES = 8 << 20


def rows_of_days(
    spark: SparkSession, settings: Settings, table: LakeTable, dates: Collection[dt.date]
) -> DataFrame:
    """The current rows of these business dates of a table that is partitioned by business date."""
    reader = lake_reader(settings)
    opened = reader.table(table.contract.layer, table.contract.name)
    if opened is None or _bytes_of(pa.table(opened.get_add_actions(flatten=True)), dates) > _MOST_BYTES:
        return rows_of(spark, table).where(F.col("business_date").isin(sorted(dates)))
    columns = table.contract.table.columns
    with files_read(table.name):
        rows = reader.dataset(opened).to_table(
            [column.name for column in columns], filter=pc.field("business_date").isin(sorted(dates))
        )
    return spark.createDataFrame(rows, columns_ddl(columns))


def _bytes_of(files: pa.Table, dates: Collection[dt.date]) -> int:
    if not files.num_rows:
        return 0
    is_asked = pc.is_in(files["partition.business_date"], pa.array(sorted(dates), pa.date32()))
    return int(pc.sum(files.filter(is_asked)["size_bytes"]).as_py() or 0)
