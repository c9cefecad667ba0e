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
# A table has one writer. The observer writes this one, and compacts it itself.
NOT_OURS = ("ops.freshness",)
_VACUUM = {
    # Delta refuses less than a week unless told that no transaction lasts that long; ours last seconds.
    "spark.databricks.delta.retentionDurationCheck.enabled": "false",
    # Files are listed by that many tasks; the default is 10,000, which takes longer than the listing.
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "16",
}


def maintenance_steps(spark: SparkSession, settings: Settings) -> Steps:
    """One step for each table that exists."""
    tables = [lake_table(settings, layer, name) for layer in LAYERS for name in contract_names(layer)]
    return {
        table.name: partial(maintain, spark, table, settings.retention_hours)
        for table in tables
        if table.name not in NOT_OURS and DeltaTable.isDeltaTable(spark, table.path)
    }


def maintain(spark: SparkSession, table: LakeTable, retention_hours: int) -> str:
    """Compact the table and remove what left it longer ago than that; says how many files became how many."""
    opened = DeltaTable.forPath(spark, table.path)
    metrics = opened.optimize().executeCompaction().select("metrics.*").first()
    assert metrics is not None
    for name, value in _VACUUM.items():
        spark.conf.set(name, value)
    try:
        opened.vacuum(retention_hours)
    finally:
        for name in _VACUUM:
            spark.conf.unset(name)
    return f"{metrics['numFilesRemoved']} files became {metrics['numFilesAdded']}"
