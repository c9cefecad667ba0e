"""Silver to gold: facts appended, hours added up, dimension members inferred, for the receipts of a micro-batch.

``spark-submit --py-files dist/retail.zip lakehouse/jobs/publish_gold.py [--trigger once|continuous]`` reads
silver.receipts as a Delta stream. The one application calls ``publish`` on the same rows live.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.gold.agg_sales_hourly import added, agg_sales_hourly
from lakehouse.gold.dim_customer import inferred_customers
from lakehouse.gold.dim_date import dim_date
from lakehouse.gold.dim_product import inferred_products
from lakehouse.gold.dim_store import inferred_stores
from lakehouse.gold.fct_receipts import fct_receipts
from lakehouse.gold.fct_sales_lines import fct_sales_lines
from lakehouse.gold.voided import marked
from lakehouse.settings import Settings
from lakehouse.silver.post_voids import post_voids
from lakehouse.storage.batches import Batch, append, date_in, replace
from lakehouse.storage.concurrently import Write, concurrently
from lakehouse.storage.crash_points import reached
from lakehouse.storage.delta_tables import LakeTable, ensure_tables, lake_table, rows_of
from lakehouse.storage.file_layout import few_files
from lakehouse.storage.job_errors import run_job
from lakehouse.storage.known_members import KnownMembers, member_column
from lakehouse.storage.lease import Lease
from lakehouse.storage.streams import job_arguments, run_delta_query
from lakehouse.storage.voids import KnownVoids, restate

_DIMENSIONS: dict[str, Callable[[DataFrame], DataFrame]] = {
    "dim_store": inferred_stores,
    "dim_product": inferred_products,
    "dim_customer": inferred_customers,
}
_TABLES = ("fct_sales_lines", "fct_receipts", "agg_sales_hourly", "dim_date", *_DIMENSIONS)
_CALENDAR = (dt.date(1990, 1, 1), dt.date(2100, 1, 1))


@dataclass(frozen=True)
class GoldBatch:
    """A micro-batch of receipts: its identity, its business dates, whether it is small and whether it voids."""

    batch: Batch
    dates: list[dt.date]
    is_small: bool
    has_voids: bool


@dataclass(frozen=True)
class GoldMemory:
    """What a query remembers between its batches; made anew at each start."""

    members: KnownMembers = field(default_factory=KnownMembers)
    voids: KnownVoids = field(default_factory=KnownVoids)


def publish(
    receipts: DataFrame, gold_batch: GoldBatch, settings: Settings, memory: GoldMemory
) -> list[Write]:
    """The writes that bring the receipts of a batch (rows of silver.receipts) into gold.

    Each write is independent of the others. When all are made, ``restate`` must follow if the batch has voids.
    """
    batch, dates, is_small = gold_batch.batch, gold_batch.dates, gold_batch.is_small
    voids = memory.voids.learn(
        receipts.sparkSession,
        lake_table(settings, "silver", "post_voids"),
        post_voids(receipts) if gold_batch.has_voids else None,
    )
    receipts = marked(receipts, voids)
    lines = fct_sales_lines(receipts)
    writes: list[Write] = [
        partial(
            append,
            few_files(lines, dates, is_small=is_small),
            lake_table(settings, "gold", "fct_sales_lines"),
            batch,
        ),
        partial(
            append,
            few_files(fct_receipts(receipts), dates, is_small=is_small),
            lake_table(settings, "gold", "fct_receipts"),
            batch,
        ),
        partial(_add_hours, lines, dates, batch, settings),
    ]
    for name, members_of in _DIMENSIONS.items():
        writes.append(
            partial(_add_members, members_of(receipts), lake_table(settings, "gold", name), memory.members)
        )
    return writes


def tables(settings: Settings) -> list[LakeTable]:
    """The tables that this job writes."""
    return [
        *(lake_table(settings, "gold", name) for name in _TABLES),
        lake_table(settings, "ops", "restatements"),
    ]


def ensure_calendar(spark: SparkSession, settings: Settings) -> None:
    """Fill gold.dim_date, once and again when its 4-4-5 year begins in another month than the settings say."""
    table = lake_table(settings, "gold", "dim_date")
    day = dt.date(2026, 1, 1)  # two beginnings are four weeks apart at least, so any day tells them apart
    wanted = dim_date(spark, day, day, settings.fiscal_month).first()
    seen = rows_of(spark, table).where(F.col("business_date") == day).first()
    if wanted and (seen is None or seen["fiscal_week"] != wanted["fiscal_week"]):
        rows = dim_date(spark, *_CALENDAR, settings.fiscal_month).coalesce(1)
        rows.write.format("delta").mode("overwrite").save(table.path)


def _add_hours(lines: DataFrame, dates: list[dt.date], batch: Batch, settings: Settings) -> None:
    table = lake_table(settings, "gold", "agg_sales_hourly")
    spark = lines.sparkSession
    where = date_in(dates)

    def rows() -> DataFrame:
        before = rows_of(spark, table).where(where)
        return added(before, agg_sales_hourly(lines, settings.default_zone)).coalesce(1)

    replace(spark, table, where, rows, batch)


def _add_members(candidates: DataFrame, table: LakeTable, members: KnownMembers) -> None:
    """Insert members that are new and correct those seen earlier than known; repeating it changes nothing."""
    news = members.news(table, candidates)
    if news.new is not None:
        news.new.coalesce(1).write.format("delta").mode("append").save(table.path)
    if news.earlier is not None:
        key = member_column(table)
        (
            DeltaTable.forPath(candidates.sparkSession, table.path)
            .alias("t")
            .merge(news.earlier.alias("s"), f"t.{key} = s.{key} AND t.is_inferred")
            .whenMatchedUpdateAll()
            .execute()
        )
    reached(f"after:{table.name}")


def main() -> None:
    """Run the job: silver.receipts as a Delta stream."""
    arguments = job_arguments("publish_gold", __doc__ or "")
    settings, spark = arguments.settings, arguments.spark
    memory = GoldMemory()

    def handle(receipts: DataFrame, batch: Batch) -> None:
        receipts.persist()
        dates = sorted(row[0] for row in receipts.select("business_date").distinct().collect())
        has_voids = not post_voids(receipts).isEmpty()
        gold_batch = GoldBatch(batch, dates, is_small=False, has_voids=has_voids)
        concurrently(publish(receipts, gold_batch, settings, memory))
        if has_voids:
            restate(receipts, batch, settings)
        receipts.unpersist()

    with Lease(settings, "publish_gold") as lease:
        source = lake_table(settings, "silver", "receipts")
        ensure_tables(spark, (source, lake_table(settings, "silver", "post_voids"), *tables(settings)))
        ensure_calendar(spark, settings)
        run_delta_query(arguments, "publish_gold", [source], handle, lease)


if __name__ == "__main__":
    run_job(main)
