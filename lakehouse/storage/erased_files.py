"""Files that left a table with an erased customer: removed at once, and old entries of the log with them.

What is published must have been refreshed before: Snowflake passes over a file that is gone without a word.
"""

from __future__ import annotations

import json
import re
from functools import partial

from delta.tables import DeltaTable
from pyspark.sql import SparkSession

from lakehouse.settings import Settings
from lakehouse.storage.customer_tables import TABLES as ANALYSED
from lakehouse.storage.delta_tables import LakeTable, lake_table
from lakehouse.storage.erasing import ALWAYS, FIRST
from lakehouse.storage.erasures import note_erasure
from lakehouse.storage.lake_reader import lake_reader
from lakehouse.storage.maintenance import vacuumed
from lakehouse.storage.objects import s3_client
from lakehouse.storage.requests import Arguments, Steps
from lakehouse.storage.stock import SOURCES as STOCKED
from lakehouse.storage.stock import refresh_stock

_VERSION = re.compile(r"/_delta_log/(\d{20})\.")


def removal_steps(spark: SparkSession, settings: Settings, arguments: Arguments) -> Steps:
    """A step for each table that holds or held customers. ``tables`` and ``logs``: others whose files or logs named
    the person; their logs begin anew."""
    found, logs = (
        [name for name in arguments.get(given, "").split(",") if name] for given in ("tables", "logs")
    )
    names = dict.fromkeys([*FIRST, *ALWAYS, *(f"gold.{name}" for name in ANALYSED), *found, *logs])
    tables = [
        table for name in names if DeltaTable.isDeltaTable(spark, (table := _table(settings, name)).path)
    ]
    steps: Steps = {
        table.name: partial(_remove, spark, settings, table, has_old_log=table.name in logs)
        for table in tables
    }
    if {table.name for table in tables} & {"gold.dim_product", "silver.inventory_movements"}:
        # The stock looks back at the version it was made from, whose files are gone.
        again = partial(refresh_stock, spark, settings, is_whole=True)
        return {**steps, f"stock ({', '.join(STOCKED)})": again}
    return steps


def note_steps(spark: SparkSession, settings: Settings, arguments: Arguments) -> Steps:
    """One step that appends a row to ops.erasures: ``row`` as JSON."""

    def noted() -> str:
        note_erasure(spark, settings, json.loads(arguments["row"]))
        return "noted"

    return {"note": noted}


def _remove(spark: SparkSession, settings: Settings, table: LakeTable, *, has_old_log: bool) -> str:
    before = _data_files(settings, table)
    vacuumed(spark, table, 0)
    if has_old_log:
        _begin_log_anew(settings, table)
    return f"{before - _data_files(settings, table)} files removed"


def _begin_log_anew(settings: Settings, table: LakeTable) -> None:
    """A checkpoint of the newest version, and no older entry. Whoever has not read them reads the table whole."""
    layer, _, name = table.name.partition(".")
    opened = lake_reader(settings).table(layer, name)
    assert opened is not None, "it is vacuumed just before"
    opened.create_checkpoint()
    client, newest = s3_client(settings), opened.version()
    for key in _keys(settings, table):
        version = _VERSION.search(key)
        if version and int(version[1]) < newest:
            client.delete_object(Bucket=settings.bucket, Key=key)


def _data_files(settings: Settings, table: LakeTable) -> int:
    return sum("/_delta_log/" not in key for key in _keys(settings, table))


def _keys(settings: Settings, table: LakeTable) -> list[str]:
    prefix = f"{settings.lake_key}{table.name.replace('.', '/')}/"
    pages = (
        s3_client(settings).get_paginator("list_objects_v2").paginate(Bucket=settings.bucket, Prefix=prefix)
    )
    return [entry["Key"] for page in pages for entry in page.get("Contents", ())]


def _table(settings: Settings, name: str) -> LakeTable:
    layer, _, table = name.partition(".")
    return lake_table(settings, layer, table)  # type: ignore[arg-type]
