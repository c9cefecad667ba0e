"""The one application: a single Kafka query whose batches walk bronze, silver and gold.

``spark-submit --py-files dist/retail.zip orchestration/jobs/run_medallion.py [--trigger once|continuous] [--check]
[--up-to INSTANT]``.
It wires the functions of the rooms and holds no logic of its own.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from pyspark.errors import StreamingQueryException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from ingestion.jobs import land_bronze
from ingestion.kafka_stream import LIVE, check_kafka_position, start_kafka_query
from lakehouse.jobs import publish_gold, refine_silver
from lakehouse.jobs.publish_gold import GoldBatch, GoldMemory, publish
from lakehouse.jobs.refine_silver import Memory, Refined, refine
from lakehouse.settings import Settings, load_settings
from lakehouse.storage.batches import Batch
from lakehouse.storage.class_archive import keep_classes
from lakehouse.storage.concurrently import beside, concurrently
from lakehouse.storage.customer_tables import analyse_customers
from lakehouse.storage.delta_tables import ensure_tables
from lakehouse.storage.erasures import ErasedCustomers
from lakehouse.storage.job_errors import run_job
from lakehouse.storage.lease import Lease
from lakehouse.storage.old_lake import bring_up_to_date
from lakehouse.storage.recurring import Recurring
from lakehouse.storage.requests import serve
from lakehouse.storage.small_files import join_small_files
from lakehouse.storage.stock import refresh_stock
from lakehouse.storage.streams import Handler, JobArguments, job_parser, opened_job
from lakehouse.storage.upkeep import tell, verbs
from orchestration.catch_up import brought_by_stream, instant

QUERY = LIVE
_LOOK_SECONDS = 5  # how soon a request is taken up
# After the first batch: a fresh driver is slow, and sales come before what is made of them.
_WARM_UP_SECONDS = 60.0
_SETTLED_SECONDS = 600.0


@dataclass
class Remembered:
    """What the stream remembers of the tables between its batches, and who is erased."""

    settings: Settings
    silver: Memory = field(default_factory=Memory)
    gold: GoldMemory = field(default_factory=GoldMemory)
    erased: ErasedCustomers = field(default_factory=ErasedCustomers)

    def begin_anew(self) -> None:
        """Forget the tables, which somebody has rewritten, and read again who is erased."""
        self.silver, self.gold = Memory(), GoldMemory()
        self.erased.renew(self.settings)


def walk(arguments: JobArguments, remembered: Remembered | None = None) -> Handler:
    """The walk of one micro-batch through all layers; what it remembers lives as long as the query."""
    settings = arguments.settings
    known = remembered or Remembered(settings)
    known.begin_anew()

    def handle(as_sent: DataFrame, batch: Batch) -> None:
        started = time.time()
        if batch.is_heavy:
            known.begin_anew()  # what the first try of the batch remembered may stand in no table
        records = land_bronze.at_the_door(as_sent, known.erased, settings)
        landed = partial(concurrently, land_bronze.land(records, batch, settings))
        # Bronze needs no verdict, and judging leaves a core idle between its jobs.
        refined = beside(landed, lambda: refine(records, batch, settings, known.silver))
        gold = publish(records.sparkSession, _gold_batch(refined, batch), settings, known.gold)
        concurrently([*gold.writes, *refined.writes])
        gold.correct()
        refined.release()
        _report(arguments, batch, refined, started)

    return handle


def _gold_batch(refined: Refined, batch: Batch) -> GoldBatch:
    return GoldBatch(
        batch,
        refined.receipts() if refined.receipts else None,
        refined.receipt_dates,
        refined.has_voids,
        refined.may_be_late,
        {name: rows() for name, rows in refined.others.items()},
    )


def derivations(spark: SparkSession, settings: Settings, lease: Lease) -> list[Recurring]:
    """What is made of gold's facts beside the batches, in this order."""
    return [
        Recurring("stock", partial(refresh_stock, spark, settings, lease.turn), settings.stock_seconds),
        Recurring(
            "customers", partial(analyse_customers, spark, settings, lease.turn), settings.customers_seconds
        ),
    ]


def _upkeep(settings: Settings, lease: Lease) -> Recurring:
    """What keeps the tables of a live stream readable."""
    return Recurring("files", partial(join_small_files, settings, lease.turn), settings.join_files_seconds)


def _keep_classes(spark: SparkSession) -> Recurring:
    """Once, for the driver that comes after this one; not while somebody waits for the first numbers."""
    due_at = time.monotonic() + _SETTLED_SECONDS
    return Recurring("classes", partial(keep_classes, spark), every_seconds=float("inf"), due_at=due_at)


def _report(arguments: JobArguments, batch: Batch, refined: Refined, started: float) -> None:
    """Log the batch as one line of JSON, and show it in the progress file. Freshness and duration in seconds."""
    now = time.time()
    counts = ("received", "accepted", "duplicate", "quarantined", "lines")
    line = {
        "event": "batch",
        "query": batch.query,
        "batch_id": batch.batch_id,
        "at": round(now, 3),
        "seconds": round(now - started, 3),
        **{name: sum(getattr(balance, name) for balance in refined.balances) for name in counts},
    }
    if refined.sent_at:
        line |= {
            "freshness_p50": round(now - refined.sent_at[0], 3),
            "freshness_p95": round(now - refined.sent_at[1], 3),
        }
    print(json.dumps(line), flush=True)
    if arguments.progress_file:
        draft = Path(arguments.progress_file + ".draft")
        draft.write_text(json.dumps(line), encoding="utf-8")
        draft.replace(arguments.progress_file)  # a reader sees the batch before or this one, whole


def _look_after(
    query: StreamingQuery, lease: Lease, serve_requests: Callable[[], object], derived: list[Recurring]
) -> None:
    """What is done beside a live stream, until it ends: requests, and when it is warm what is made of its facts and the
    joining of files."""
    warm_at: float | None = None
    while not query.awaitTermination(_LOOK_SECONDS):
        serve_requests()
        if warm_at is None and query.lastProgress is not None:
            warm_at = time.monotonic() + _WARM_UP_SECONDS
        if warm_at is not None and time.monotonic() > warm_at:
            for each in derived:
                each.run_if_due(lease, tell)


def main() -> None:
    """Run the application."""
    parser = job_parser("run_medallion", __doc__ or "")
    parser.add_argument("--check", action="store_true", help="with --trigger once: check the tables then")
    parser.add_argument(
        "--up-to",
        default="",
        metavar="INSTANT",
        help="bring gold up to it (or to `now`): by --trigger once, or by waiting for the stream that holds the lake",
    )
    given, settings = parser.parse_args(), load_settings()
    if given.up_to and brought_by_stream(settings, instant(given.up_to), tell):
        return  # no session was opened: waiting for a stream takes no executor
    arguments = opened_job("run_medallion", given, settings)
    spark = arguments.spark
    with Lease(settings, "run_medallion") as lease:
        rooms = (land_bronze, refine_silver, publish_gold)
        ensure_tables(spark, [table for room in rooms for table in room.tables(settings)])
        publish_gold.ensure_calendar(settings)
        bring_up_to_date(spark, settings)
        try:
            known = Remembered(settings)
            query = start_kafka_query(arguments, QUERY, walk(arguments, known), lease)
            derived = derivations(spark, settings, lease)
            if arguments.is_once:
                query.awaitTermination()
            else:
                asked = verbs(spark, settings, known.begin_anew)
                beside = [_keep_classes(spark), *derived, _upkeep(settings, lease)]
                _look_after(query, lease, partial(serve, settings, lease, asked, tell), beside)
        except StreamingQueryException:
            check_kafka_position(arguments, QUERY)
            raise
        if arguments.is_once:
            for each in derived:
                each.run(tell)
        if arguments.is_once and arguments.is_checked:
            from quality.jobs.check_table import check  # noqa: PLC0415 - Great Expectations takes seconds to load

            check(spark, settings, is_settled=True)


if __name__ == "__main__":
    run_job(main)
