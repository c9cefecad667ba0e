"""A lake that was written before dimensions had versions: its rows get their keys, and gold what master data in silver say.

It is done at a start, once for each lake: an object beside the tables says that it is finished, so an interrupted one
goes on, and a later start asks nothing of the tables.
"""

from __future__ import annotations

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.gold.dim_customer import customer_states
from lakehouse.gold.versions import SINCE_EVER, version_key
from lakehouse.settings import Settings
from lakehouse.storage.batches import USER_METADATA, Batch, mark_commits
from lakehouse.storage.corrections import correct
from lakehouse.storage.delta_tables import is_empty, lake_table, rows_of
from lakehouse.storage.dimensions import DIMENSIONS, Told, write_dimension
from lakehouse.storage.known_masters import MEMBER, KnownMasters, histories
from lakehouse.storage.known_members import KnownMembers
from lakehouse.storage.objects import s3_client
from lakehouse.storage.rekeying import change_corrections

_KEYS = {"product_key": "product_id", "store_key": "store_id"}
_KEYED = {
    "dim_product": ("product_key",),
    "dim_store": ("store_key",),
    "fct_sales_lines": ("product_key", "store_key"),
    "fct_receipts": ("store_key",),
}
_FINISHED = "_upgrades/versions_of_members"
# What is written here carries this mark, so a restatement is written once.
_BATCH = Batch("old_lake", "old_lake", 0, {}, may_repeat=True)


def bring_up_to_date(spark: SparkSession, settings: Settings) -> None:
    """Do what an older lake lacks, and say which tables had anything."""
    client, key = s3_client(settings), f"{settings.lake_key}{_FINISHED}"
    if client.list_objects_v2(Bucket=settings.bucket, Prefix=key, MaxKeys=1).get("KeyCount"):
        return
    held = [lake_table(settings, "gold", name) for name in _KEYED]
    held += [lake_table(settings, "silver", name) for name in MEMBER]
    if not all(is_empty(table) for table in held):
        for name in (*fill_keys(spark, settings), *apply_masters(spark, settings)):
            print(f"an older lake: versions of members are filled in for {name}", flush=True)
    client.put_object(Bucket=settings.bucket, Key=key, Body=b"")


def fill_keys(spark: SparkSession, settings: Settings) -> list[str]:
    """Give rows without key that of the first version of their member; returns the tables that had any.

    Files whose statistics say that no key is missing are not read.
    """
    filled = []
    for name, keys in _KEYED.items():
        table = lake_table(settings, "gold", name)
        missing = F.expr(" OR ".join(f"{key} IS NULL" for key in keys))
        if rows_of(spark, table).where(missing).isEmpty():
            continue
        new = {key: version_key(F.col(_KEYS[key])) for key in keys}
        if name.startswith("dim_"):
            new |= {"valid_from": F.lit(SINCE_EVER), "is_current": F.lit(True)}
        DeltaTable.forPath(spark, table.path).update(missing, new)  # type: ignore[arg-type]
        filled.append(table.name)
    return filled


def apply_masters(spark: SparkSession, settings: Settings) -> list[str]:
    """Bring into gold what master data of silver say and gold does not know; returns the silver tables."""
    changes = {}
    for name, member in MEMBER.items():
        # Held as values: a frame over gold would be empty as soon as gold knows the members.
        members = _untold(spark, settings, name).select(member).distinct().toArrow()
        if members.num_rows:
            silver = rows_of(spark, lake_table(settings, "silver", name))
            changes[name] = silver.join(spark.createDataFrame(members), member, "left_semi")
    if not changes:
        return []
    mark_commits(spark, _BATCH)
    told = histories(spark, settings, changes)
    for dimension in DIMENSIONS:
        if dimension.master in told:
            table = lake_table(settings, "gold", dimension.name)
            write_dimension(dimension, Told(None, told[dimension.master]), table, KnownMembers())
    known = KnownMasters().learn(spark, settings, {})
    found = change_corrections(told, told, settings)
    correct(spark, [each for each in found if each is not None], _BATCH, settings, known)
    for rows in told.values():
        rows.unpersist()
    spark.conf.unset(USER_METADATA)
    return sorted(changes)


def _untold(spark: SparkSession, settings: Settings, name: str) -> DataFrame:
    """Rows of silver's table whose member gold knows otherwise: not at all, or from receipts only; of customers also
    those who stand in gold without consent."""
    member = MEMBER[name]
    dimension = next(each for each in DIMENSIONS if each.master == name)
    silver = rows_of(spark, lake_table(settings, "silver", name))
    gold = rows_of(spark, lake_table(settings, "gold", dimension.name))
    told = gold.where(~F.col("is_inferred")).select(member).distinct()
    if name != "customers":
        return silver.join(told, member, "left_anti")
    states = customer_states(silver)
    missing = states.where("is_kept").join(told, member, "left_anti").select(member)
    refused = states.where(~F.col("is_kept")).join(gold.select(member), member, "left_semi").select(member)
    return silver.join(missing.unionByName(refused), member, "left_semi")
