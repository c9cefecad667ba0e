"""Upkeep of Delta tables: few large files instead of many small ones, and no files that nobody can need any more.

OPTIMIZE moves rows between files and changes none (dataChange=false): streams and the export pass over it. VACUUM
removes files that left a table longer ago than ``retention_hours``: Snowflake reads the files of its last refresh, so
that must be far longer than the time between two refreshes.
"""

from __future__ import annotations

from functools import partial

from delta.tables import DeltaTable
from pyspark.sql import SparkSession

from lakehouse.contracts import contract_names
from lakehouse.settings import Layer, Settings
from lakehouse.storage.delta_tables import LakeTable, lake_table
from lakehouse.storage.requests import Steps

LAYERS: tuple[Layer, ...] = ("bronze", "silver", "gold", "ops")
_CHECK = "spark.databricks.delta.retentionDurationCheck.enabled"


def maintenance_steps(spark: SparkSession, settings: Settings) -> Steps:
    """One step for each table that exists."""
    tables = [lake_table(settings, layer, name) for layer in LAYERS for name in contract_names(layer)]
    return {
        table.name: partial(maintain, spark, table, settings.retention_hours)
        for table in tables
        if DeltaTable.isDeltaTable(spark, table.path)
    }


def maintain(spark: SparkSession, table: LakeTable, retention_hours: int) -> str:
    """Compact the table and remove what left it longer ago than that; says how many files came and went."""
    opened = DeltaTable.forPath(spark, table.path)
    before = _files(spark, table)
    opened.optimize().executeCompaction()
    # Delta refuses less than a week unless told that no transaction lasts that long; ours last seconds.
    spark.conf.set(_CHECK, "false")
    try:
        opened.vacuum(retention_hours)
    finally:
        spark.conf.unset(_CHECK)
    return f"{before} files before, {_files(spark, table)} after"


def _files(spark: SparkSession, table: LakeTable) -> int:
    detail = DeltaTable.forPath(spark, table.path).detail().select("numFiles").first()
    assert detail is not None
    return int(detail[0])
