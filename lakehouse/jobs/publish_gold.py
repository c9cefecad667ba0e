"""Silver to gold: facts appended, hours added up, dimensions brought up to date, for what a micro-batch accepted.

``spark-submit --py-files dist/retail.zip lakehouse/jobs/publish_gold.py [--trigger once|continuous]`` reads
silver's tables as one Delta stream. The one application calls ``publish`` on the same rows live.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

import pyarrow as pa  # type: ignore[import-untyped]
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.gold.agg_sales_hourly import added, agg_sales_hourly
from lakehouse.gold.dim_date import dim_date
from lakehouse.gold.fct_receipts import fct_receipts
from lakehouse.gold.fct_sales_lines import fct_sales_lines
from lakehouse.gold.versions import Known
from lakehouse.gold.voided import marked
from lakehouse.settings import Settings
from lakehouse.silver.post_voids import post_voids
from lakehouse.storage.batches import Batch, append, date_in, replace
from lakehouse.storage.concurrently import Write, concurrently, gathered
from lakehouse.storage.corrections import Correction, correct
from lakehouse.storage.delta_tables import (
    LakeTable,
    ensure_tables,
    is_empty,
    lake_table,
    overwrite_rows,
)
from lakehouse.storage.dimensions import DIMENSIONS, Told, write_dimension
from lakehouse.storage.few_rows import local_rows, rows_of_days
from lakehouse.storage.file_layout import by_date
from lakehouse.storage.job_errors import run_job
from lakehouse.storage.known_masters import MEMBER, KnownMasters, histories
from lakehouse.storage.known_members import KnownMembers
from lakehouse.storage.lake_reader import lake_reader
from lakehouse.storage.late_receipts import late_correction
from lakehouse.storage.lease import Lease
from lakehouse.storage.old_lake import bring_up_to_date
from lakehouse.storage.rekeying import change_corrections
from lakehouse.storage.source_versions import newest_told
from lakehouse.storage.streams import job_arguments, run_delta_query
from lakehouse.storage.till_sessions import KnownSessions, write_till_sessions
from lakehouse.storage.voids import KnownVoids, void_correction

SOURCES = ("receipts", "till_sessions", *MEMBER)
_TABLES = (
    "fct_sales_lines",
    "fct_receipts",
    "fct_till_sessions",
    "agg_sales_hourly",
    "dim_date",
    *(each.name for each in DIMENSIONS),
)
_CALENDAR = (dt.date(1990, 1, 1), dt.date(2100, 1, 1))
_FISCAL_MONTH = "fiscal_month"  # what the commit that filled the calendar notes


@dataclass(frozen=True)
class GoldBatch:
    """What a micro-batch accepted, for gold: its identity, and its rows.

    ``receipts``: rows of silver.receipts, None without any; ``dates``: their business dates; ``has_voids``: some void
    another receipt; ``may_be_late``: some came on a later day than their business date. ``others``: rows of silver's
    tables of tills and master data, by table, those that have any.
    """

    batch: Batch
    receipts: DataFrame | None
    dates: list[dt.date]
    has_voids: bool
    may_be_late: bool
    others: Mapping[str, DataFrame]

    @property
    def changes(self) -> Mapping[str, DataFrame]:
        """Those of master data."""
        return {name: rows for name, rows in self.others.items() if name in MEMBER}


@dataclass
class GoldMemory:
    """What a query remembers between its batches; made anew at each start. ``has_facts``: gold was seen to hold facts."""

    members: KnownMembers = field(default_factory=KnownMembers)
    voids: KnownVoids = field(default_factory=KnownVoids)
    masters: KnownMasters = field(default_factory=KnownMasters)
    sessions: KnownSessions = field(default_factory=KnownSessions)
    has_facts: bool = False


@dataclass(frozen=True)
class Published:
    """``writes`` bring a batch into gold, each independent of the others; when all writes of the batch are made, in
    every layer, ``correct`` must follow."""

    writes: list[Write]
    correct: Callable[[], None]


def publish(spark: SparkSession, gold_batch: GoldBatch, settings: Settings, memory: GoldMemory) -> Published:
    """How gold takes in what a batch accepted."""
    told = histories(spark, settings, gold_batch.changes)
    known = memory.masters.learn(spark, settings, told)
    receipts = gold_batch.receipts
    memory.has_facts = memory.has_facts or not is_empty(lake_table(settings, "gold", "fct_receipts"))
    writes: list[Write] = []
    if receipts is not None:
        voids = memory.voids.learn(
            spark,
            lake_table(settings, "silver", "post_voids"),
            post_voids(receipts) if gold_batch.has_voids else None,
        )
        receipts = marked(receipts, voids)
        writes = _fact_writes(receipts, gold_batch, settings, known)
    for dimension in DIMENSIONS:
        if receipts is not None or dimension.master in told:
            seen = dimension.seen(receipts, known) if receipts is not None else None
            table = lake_table(settings, "gold", dimension.name)
            news = Told(seen, told.get(dimension.master))
            writes.append(partial(write_dimension, dimension, news, table, memory.members, gold_batch.batch))
    touched: set[dt.date] = set()
    came, reports = (receipts, gold_batch.dates), gold_batch.others.get("till_sessions")
    writes.append(lambda: touched.update(memory.sessions.touched(spark, settings, came, reports)))
    return Published(
        writes,
        partial(_correct, spark, gold_batch, settings, _Learned(known, told, touched, memory.has_facts)),
    )


def _fact_writes(receipts: DataFrame, gold_batch: GoldBatch, settings: Settings, known: Known) -> list[Write]:
    batch, dates = gold_batch.batch, gold_batch.dates
    lines = fct_sales_lines(receipts, known)
    whole = fct_receipts(receipts, known)
    frames: dict[str, DataFrame | pa.Table] = {"fct_receipts": whole, "fct_sales_lines": lines}
    if batch.is_tiny:
        frames["fct_sales_lines"] = found = lines.toArrow()
        lines = local_rows(lines.sparkSession, lake_table(settings, "gold", "fct_sales_lines"), found)
    elif not batch.is_small:
        frames = {"fct_receipts": by_date(whole, dates), "fct_sales_lines": by_date(lines, dates)}
    writes: list[Write] = [
        partial(append, rows, lake_table(settings, "gold", name), batch) for name, rows in frames.items()
    ]
    hours = agg_sales_hourly(lines, settings.default_zone, known.stores, None if batch.is_tiny else whole)
    return [*writes, partial(_add_hours, hours, dates, batch, settings)]


@dataclass(frozen=True)
class _Learned:
    """What is known, the changes behind it, business dates whose till sessions are made again, and whether gold held
    facts before the batch: those of the batch itself need no correction."""

    known: Known
    histories: Mapping[str, DataFrame]
    till_dates: set[dt.date]
    had_facts: bool


def _correct(spark: SparkSession, gold_batch: GoldBatch, settings: Settings, learned: _Learned) -> None:
    """Correct the facts; beside it, for they are made of silver alone, make the touched till sessions again."""
    work: list[Write] = [partial(_correct_facts, spark, gold_batch, settings, learned)]
    if learned.till_dates:
        work.append(partial(write_till_sessions, spark, settings, learned.till_dates, gold_batch.batch))
    concurrently(work)
    for rows in learned.histories.values():
        rows.unpersist()


def _correct_facts(spark: SparkSession, gold_batch: GoldBatch, settings: Settings, learned: _Learned) -> None:
    receipts, known = gold_batch.receipts, learned.known
    asked: list[Callable[[], Iterable[Correction | None]]] = []
    if learned.had_facts:
        asked.append(partial(change_corrections, gold_batch.changes, learned.histories, settings))
        if receipts is not None and gold_batch.has_voids:
            asked.append(lambda: [void_correction(receipts, settings, gold_batch.batch)])
        if receipts is not None and gold_batch.may_be_late:
            asked.append(lambda: [late_correction(receipts, settings, known)])
    found = [each for told in gathered(asked) for each in told if each is not None]
    correct(spark, found, gold_batch.batch, settings, known)


def tables(settings: Settings) -> list[LakeTable]:
    """The tables that this job writes."""
    return [
        *(lake_table(settings, "gold", name) for name in _TABLES),
        lake_table(settings, "ops", "restatements"),
    ]


def ensure_calendar(settings: Settings) -> None:
    """Fill gold.dim_date, once and again when its 4-4-5 year begins in another month than the settings say."""
    told = newest_told(lake_reader(settings), "gold.dim_date", _FISCAL_MONTH)
    if told is not None and told[0] == settings.fiscal_month:
        return
    note = json.dumps({_FISCAL_MONTH: settings.fiscal_month})
    rows = dim_date(*_CALENDAR, settings.fiscal_month)
    overwrite_rows(lake_table(settings, "gold", "dim_date"), rows, note)


def _add_hours(hours: DataFrame, dates: list[dt.date], batch: Batch, settings: Settings) -> None:
    table = lake_table(settings, "gold", "agg_sales_hourly")
    spark = hours.sparkSession
    where = date_in(dates)

    def rows() -> DataFrame:
        return added(rows_of_days(spark, table, dates), hours).coalesce(1)

    replace(table, where, rows, batch)


def main() -> None:
    """Run the job: the tables of silver as one Delta stream."""
    arguments = job_arguments("publish_gold", __doc__ or "")
    settings, spark = arguments.settings, arguments.spark
    memory = GoldMemory()

    def handle(rows: DataFrame, batch: Batch) -> None:
        rows.persist()
        published = publish(rows.sparkSession, _of_stream(rows, batch), settings, memory)
        concurrently(published.writes)
        published.correct()
        rows.unpersist()

    with Lease(settings, "publish_gold") as lease:
        sources = [lake_table(settings, "silver", name) for name in SOURCES]
        ensure_tables(spark, (*sources, lake_table(settings, "silver", "post_voids"), *tables(settings)))
        ensure_calendar(settings)
        bring_up_to_date(spark, settings)
        run_delta_query(arguments, "publish_gold", sources, handle, lease)


def _of_stream(rows: DataFrame, batch: Batch) -> GoldBatch:
    """The batch of a stream over several tables (lakehouse.storage.streams)."""
    names = {row[0] for row in rows.select("table_name").distinct().collect()}
    frames = {name: rows.where(F.col("table_name") == name).select(f"`{name}`.*") for name in sorted(names)}
    receipts = frames.pop("receipts", None)
    if receipts is None:
        return GoldBatch(batch, None, [], False, False, frames)
    dates = sorted(row[0] for row in receipts.select("business_date").distinct().collect())
    has_voids = not post_voids(receipts).isEmpty()
    return GoldBatch(batch, receipts, dates, has_voids, may_be_late=True, others=frames)


if __name__ == "__main__":
    run_job(main)
