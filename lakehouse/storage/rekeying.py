"""Facts that a late change of master data describes anew: keyed to the version that was valid at the time of sale.

Only members of the batch that have more than one version are looked at, and only facts at or after the earliest
change of theirs in the batch; statistics of ``occurred_at`` leave out the files before it. Whether a fact is keyed
right is read from the fact, so a batch that comes again finds what is left to do.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from delta.tables import DeltaTable
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.gold.restatements import of_changes
from lakehouse.gold.versions import key_in_force, version_arrays
from lakehouse.settings import Settings
from lakehouse.storage.batches import date_in
from lakehouse.storage.corrections import Correction
from lakehouse.storage.crash_points import reached
from lakehouse.storage.delta_tables import lake_table
from lakehouse.storage.few_rows import rows_within


@dataclass(frozen=True)
class _Keyed:
    """How facts carry the key of a dimension. ``tables``: all that do; the first one is looked through."""

    member: str
    key: str
    reason: str
    tables: tuple[str, ...]
    lines: Column
    net: Column


def _keyed() -> Mapping[str, _Keyed]:
    return {
        "products": _Keyed(
            "product_id", "product_key", "PRODUCT_CHANGE", ("fct_sales_lines",), F.lit(1), F.col("net_amount")
        ),
        "stores": _Keyed(
            "store_id",
            "store_key",
            "STORE_CHANGE",
            ("fct_receipts", "fct_sales_lines"),
            F.col("line_count"),
            F.col("net"),
        ),
    }


def change_corrections(
    changes: Mapping[str, DataFrame], histories: Mapping[str, DataFrame], settings: Settings
) -> list[Correction | None]:
    """What the changes of a batch do to facts. ``changes`` and ``histories`` by silver table, as known_masters has them."""
    found: list[Correction | None] = []
    for name, keyed in _keyed().items():
        if name in changes:
            touched = _touched(changes[name], histories[name], keyed.member)
            found.append(_rekeyed(touched, keyed, settings) if touched is not None else None)
    if "stores" in changes:
        found.append(_moved_hours(changes["stores"], histories["stores"], settings))
    return found


def _touched(changes: DataFrame, history: DataFrame, member: str) -> DataFrame | None:
    """Members with more than one version: versions, since (earliest change in the batch), cause. None if none."""
    news = changes.groupBy(member).agg(
        F.min("effective_at").alias("since"), F.min(F.struct("received_at", "event_id")).alias("cause")
    )
    arrays = version_arrays(history, member).where(F.size("versions") > 1)
    touched = arrays.join(news, member, "inner")  # one to one
    rows = touched.toArrow()
    return changes.sparkSession.createDataFrame(rows, touched.schema) if rows.num_rows else None


def _rekeyed(touched: DataFrame, keyed: _Keyed, settings: Settings) -> Correction | None:
    spark = touched.sparkSession
    micros = touched.agg(F.unix_micros(F.min("since"))).collect()[0][0]
    first = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=micros)
    facts = rows_within(spark, lake_table(settings, "gold", keyed.tables[0]), {"occurred_at": (first, None)})
    both = facts.join(F.broadcast(touched), keyed.member, "inner").where("occurred_at >= since")
    wrong = both.where(~F.col(keyed.key).eqNullSafe(key_in_force(F.col(keyed.member))))
    rows = wrong.select(
        "event_id",
        "business_date",
        "store_id",
        "currency",
        F.when(F.col("is_void"), 0).otherwise(keyed.lines).alias("lines"),
        F.when(F.col("is_void"), 0).otherwise(keyed.net).alias("net"),
        "cause",
    )
    moved = of_changes(rows, keyed.reason)
    found = moved.toArrow()
    if not found.num_rows:
        return None
    dates = sorted(set(found["business_date"].to_pylist()))
    return Correction(
        spark.createDataFrame(found, moved.schema),
        partial(_key_anew, touched, keyed, dates, settings),
        frozenset(),
    )


def _key_anew(touched: DataFrame, keyed: _Keyed, dates: list[dt.date], settings: Settings) -> None:
    spark = touched.sparkSession
    right = key_in_force(F.col(f"t.{keyed.member}"), "s.versions", "t.occurred_at")
    where = F.expr(f"t.{keyed.member} = s.{keyed.member} AND {date_in(dates, 't.business_date')}")
    for name in keyed.tables:
        table = lake_table(settings, "gold", name)
        merge = DeltaTable.forPath(spark, table.path).alias("t").merge(F.broadcast(touched).alias("s"), where)
        merge.whenMatchedUpdate(~F.col(f"t.{keyed.key}").eqNullSafe(right), set={keyed.key: right}).execute()
        reached(f"after:rekeyed.{table.name}")


def _moved_hours(changes: DataFrame, history: DataFrame, settings: Settings) -> Correction | None:
    """Days with hours of these stores that are no hours by the clock of their zone, as it is known now."""
    spark = changes.sparkSession
    stores = version_arrays(history, "store_id", "zone")
    hours = rows_within(spark, lake_table(settings, "gold", "agg_sales_hourly"), {})
    both = hours.join(F.broadcast(stores), "store_id", "inner")
    zone = F.array_max(F.filter("versions", lambda v: v["valid_from"] <= F.col("hour_start_at")))["zone"]
    local = F.from_utc_timestamp("hour_start_at", zone)
    is_hour = (F.hour(local) == F.col("local_hour")) & (F.minute(local) == 0) & (F.second(local) == 0)
    dates = frozenset(row[0] for row in both.where(~is_hour).select("business_date").distinct().collect())
    return Correction(None, lambda: None, dates) if dates else None
