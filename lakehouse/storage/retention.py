"""What a lake lets go of by contract: the bytes of old records in bronze and quarantine, and old files of the export.

Rows stay with their coordinates, so ledger and bronze go on counting the same records; a row without bytes costs next
to nothing. What is let go of cannot be made again from bronze (`retail rebuild` refuses then).
"""

from __future__ import annotations

import datetime as dt
from functools import partial

from delta.tables import DeltaTable
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from lakehouse.contracts import contract_names, load_contract
from lakehouse.settings import Settings
from lakehouse.storage.delta_tables import LakeTable, append_only, lake_table
from lakehouse.storage.objects import s3_client
from lakehouse.storage.requests import Steps

_BYTES = ("key", "value", "headers")


def expiry_steps(spark: SparkSession, settings: Settings, now: dt.datetime) -> Steps:
    """One step for each table that holds bytes, and one for the export."""
    tables = [lake_table(settings, "bronze", name) for name in contract_names("bronze")]
    tables.append(lake_table(settings, "silver", "quarantine"))
    steps = {
        f"{table.name} by retention": partial(expire_bytes, spark, table, now)
        for table in tables
        if DeltaTable.isDeltaTable(spark, table.path)
    }
    return {**steps, "export by retention": partial(expire_exports, settings, now)}


def expire_bytes(spark: SparkSession, table: LakeTable, now: dt.datetime) -> str:
    """Empty key, value and headers of records received longer ago than the contract's retention."""
    before = now - dt.timedelta(days=table.contract.retention_days)
    held = F.expr(" OR ".join(f"{name} IS NOT NULL" for name in _BYTES))
    old = (F.col("received_at") < F.lit(before)) & held
    is_bronze = table.contract.layer == "bronze"
    if DeltaTable.forPath(spark, table.path).toDF().where(old).isEmpty():
        return "nothing is old enough"
    if is_bronze:
        spark.sql(append_only(table, is_on=False))
    try:
        DeltaTable.forPath(spark, table.path).update(old, _emptied(is_bronze=is_bronze))  # type: ignore[arg-type]
    finally:
        if is_bronze:
            spark.sql(append_only(table, is_on=True))
    return f"bytes of records before {before:%F} let go"


def expire_exports(settings: Settings, now: dt.datetime) -> str:
    """Remove files of the export older than its contract says; the newest stays, it tells where the export stands."""
    client = s3_client(settings)
    before = now - dt.timedelta(days=load_contract("export", "sales_lines").retention_days)
    pages = client.get_paginator("list_objects_v2").paginate(
        Bucket=settings.bucket, Prefix=f"{settings.lake_key}export/sales_lines/"
    )
    files = sorted(
        (entry["Key"], entry["LastModified"]) for page in pages for entry in page.get("Contents", ())
    )
    old = [key for key, modified in files[:-1] if modified < before]
    for key in old:
        client.delete_object(Bucket=settings.bucket, Key=key)
    return f"{len(old)} files removed"


def _emptied(*, is_bronze: bool) -> dict[str, Column]:
    emptied = {name: F.lit(None) for name in _BYTES}
    if is_bronze:
        return emptied
    # A reason shows what was seen; each rule keeps one, as the contract has it.
    return {
        **emptied,
        "reasons": F.expr("transform(rule_ids, rule -> concat(rule, ': expired by retention'))"),
    }
