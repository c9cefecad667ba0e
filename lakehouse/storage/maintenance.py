"""Upkeep of Delta tables: few large files instead of many small ones, and no files or bytes that nobody can need any more.

OPTIMIZE moves rows between files and changes none (dataChange=false): streams and the export pass over it. VACUUM
removes files that left a table longer ago than ``retention_hours``: Snowflake reads the files of its last refresh, so
that must be far longer than the time between two refreshes. While a gate is closed nothing is refreshed, so until a
day after it opened again no file of a published layer goes, however old it is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import partial

from delta.tables import DeltaTable
from pyspark.sql import SparkSession

from lakehouse.contracts import contract_names
from lakehouse.settings import Layer, Settings
from lakehouse.storage.delta_tables import LakeTable, lake_table
from lakehouse.storage.gates import Gate, latest_gates
from lakehouse.storage.lake_reader import lake_reader
from lakehouse.storage.requests import Steps
from lakehouse.storage.retention import expiry_steps

_REFRESHED_WITHIN = dt.timedelta(days=1)
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
    now = dt.datetime.now(dt.UTC)
    is_shown = is_last_snapshot_shown(latest_gates(lake_reader(settings)).values(), now)
    tables = [lake_table(settings, layer, name) for layer in LAYERS for name in contract_names(layer)]
    upkeep = {
        table.name: partial(
            maintain, spark, table, None if _is_read(table) and is_shown else settings.retention_hours
        )
        for table in tables
        if table.name not in NOT_OURS and DeltaTable.isDeltaTable(spark, table.path)
    }
    return {**expiry_steps(spark, settings, now), **upkeep}


def is_last_snapshot_shown(gates: Iterable[Gate], now: dt.datetime) -> bool:
    """Whether the warehouse may still show an old snapshot: a gate is closed, or opened less than a day ago."""
    return any(not gate.is_open or now - gate.since_at < _REFRESHED_WITHIN for gate in gates)


def _is_read(table: LakeTable) -> bool:
    """Whether external tables read the files of the table."""
    return table.contract.layer in ("gold", "ops") or table.name == "silver.quarantine"


def maintain(spark: SparkSession, table: LakeTable, retention_hours: int | None) -> str:
    """Compact the table and remove what left it longer ago than that (None: nothing); says how many files became how
    many."""
    opened = DeltaTable.forPath(spark, table.path)
    metrics = opened.optimize().executeCompaction().select("metrics.*").first()
    assert metrics is not None
    if retention_hours is not None:
        vacuumed(spark, table, retention_hours)
    return f"{metrics['numFilesRemoved']} files became {metrics['numFilesAdded']}"


def vacuumed(spark: SparkSession, table: LakeTable, retention_hours: int) -> None:
    """Remove the files that left the table longer ago than that; 0 = all."""
    for name, value in _VACUUM.items():
        spark.conf.set(name, value)
    try:
        DeltaTable.forPath(spark, table.path).vacuum(retention_hours)
    finally:
        for name in _VACUUM:
            spark.conf.unset(name)
