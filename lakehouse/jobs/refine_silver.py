"""Bronze to silver: judge, type and de-duplicate the records of a micro-batch; balance the ledger.

``spark-submit --py-files dist/retail.zip lakehouse/jobs/refine_silver.py [--trigger once|continuous]`` reads
the bronze tables as Delta streams. The one application calls ``refine`` on the same records live.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial, reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.contracts import load_contract
from lakehouse.settings import Settings
from lakehouse.silver.identity import accepted
from lakehouse.silver.judged_events import SILVER_TABLE, all_rules, judged_events
from lakehouse.silver.quarantine import quarantine
from lakehouse.storage.batches import Batch, append
from lakehouse.storage.concurrently import Write, concurrently
from lakehouse.storage.delta_tables import LakeTable, ensure_tables, lake_table, rows_of
from lakehouse.storage.file_layout import few_files
from lakehouse.storage.job_errors import run_job
from lakehouse.storage.lease import Lease
from lakehouse.storage.ledger import Balance, check_balance, ledger_rows
from lakehouse.storage.recent_events import RecentEvents
from lakehouse.storage.streams import job_arguments, run_delta_query
from lakehouse.storage.verdicts import TopicVerdicts, large_verdicts, small_verdicts

# Up to here a batch is judged into memory; beyond, its records are read again.
SMALL_BATCH = 50_000
TOPICS = tuple(SILVER_TABLE)


@dataclass
class Memory:
    """What a query remembers between its batches; made anew at each start."""

    mark: str = field(default_factory=lambda: "m" + secrets.token_hex(8))
    recent: dict[str, RecentEvents] = field(
        default_factory=lambda: {topic: RecentEvents() for topic in TOPICS}
    )


@dataclass(frozen=True)
class Refined:
    """A judged batch: its writes, its receipts, and what it adds up to.

    ``receipts`` yields the accepted receipts as rows of silver.receipts; when ``is_small`` is false they can
    be read only after the writes were made.
    """

    is_small: bool
    writes: list[Write]
    receipts: Callable[[], DataFrame] | None
    receipt_dates: list[dt.date]
    balances: list[Balance]
    sent_at: tuple[float, float] | None
    release: Callable[[], None]


@dataclass(frozen=True)
class _Topic:
    """One topic's part of a batch."""

    name: str
    judged: DataFrame
    verdicts: TopicVerdicts


def refine(records: DataFrame, batch: Batch, settings: Settings, memory: Memory) -> Refined:
    """Judge the records of a batch (rows with the columns of bronze) and prepare their writes.

    Raises LedgerUnbalanced before anything is written.
    """
    planned = batch.planned or records.count()
    is_small = planned <= SMALL_BATCH
    topics = [
        _judge(records, name, batch, settings, memory if is_small else None, memory.mark)
        for name in _present(records, batch, settings)
    ]
    balances = [balance for topic in topics for balance in topic.verdicts.balances]
    check_balance(balances, batch)
    writes = [_silver_write(topic, batch, settings, is_small) for topic in topics if topic.verdicts.dates]
    refused = [
        _quarantine_rows(topic, records, batch, settings, memory, is_small)
        for topic in topics
        if topic.verdicts.has_quarantined
    ]
    if refused:
        rows = reduce(DataFrame.unionByName, refused).coalesce(1)
        writes.append(partial(append, rows, lake_table(settings, "silver", "quarantine"), batch))
    ledger = ledger_rows(records.sparkSession, balances, batch)
    writes.append(partial(append, ledger, lake_table(settings, "ops", "ledger"), batch))
    sales = next((topic for topic in topics if topic.name == "sales_data" and topic.verdicts.dates), None)
    return Refined(
        is_small=is_small,
        writes=writes,
        receipts=partial(_receipts, sales, batch, settings, is_small) if sales else None,
        receipt_dates=sales.verdicts.dates if sales else [],
        balances=balances,
        sent_at=sales.verdicts.sent_at if sales else None,
        release=partial(_release, topics),
    )


def _present(records: DataFrame, batch: Batch, settings: Settings) -> list[str]:
    """Contract names of the topics that have records in the batch."""
    if batch.ranges:
        wire = {topic for (topic, _), (first, end) in batch.ranges.items() if end > first}
    else:
        wire = {row.topic for row in records.select("topic").distinct().collect()}
    return [name for name in TOPICS if settings.topic(name) in wire]


def _judge(
    records: DataFrame, name: str, batch: Batch, settings: Settings, memory: Memory | None, mark: str
) -> _Topic:
    contract, silver = load_contract("topics", name), lake_table(settings, "silver", SILVER_TABLE[name])
    wire = settings.topic(name)
    judged = judged_events(records.where(F.col("topic") == wire), contract, settings, mark)
    if memory is None:
        return _Topic(name, judged, large_verdicts(judged, wire, silver, batch))
    return _Topic(name, judged, small_verdicts(judged, wire, silver, batch, memory.recent[name]))


def _accepted_rows(topic: _Topic, batch: Batch, silver: LakeTable) -> DataFrame:
    """Rows of the topic's silver table."""
    exceptional = topic.verdicts.exceptional
    good = topic.judged if exceptional is None else accepted(topic.judged, exceptional)
    stamped = good.withColumns(
        {"checkpoint_id": F.lit(batch.checkpoint_id), "batch_id": F.lit(batch.batch_id).cast("bigint")}
    )
    return stamped.select(*silver.contract.table.column_names)


def _silver_write(topic: _Topic, batch: Batch, settings: Settings, is_small: bool) -> Write:
    silver = lake_table(settings, "silver", SILVER_TABLE[topic.name])
    rows = _accepted_rows(topic, batch, silver)
    return partial(append, few_files(rows, topic.verdicts.dates, is_small=is_small), silver, batch)


def _quarantine_rows(
    topic: _Topic, records: DataFrame, batch: Batch, settings: Settings, memory: Memory, is_small: bool
) -> DataFrame:
    contract = load_contract("topics", topic.name)
    exceptional = topic.verdicts.exceptional
    assert exceptional is not None
    judged = topic.judged
    if not is_small:
        # Only the refused records are read and judged again.
        few = F.broadcast(exceptional.where("outcome = 'quarantined'").select("partition", "offset"))
        own = records.where(F.col("topic") == settings.topic(topic.name))
        judged = judged_events(
            own.join(few, ["partition", "offset"], "left_semi"), contract, settings, memory.mark
        )
    rules = all_rules(contract, settings)
    return quarantine(judged, exceptional, rules, (batch.checkpoint_id, batch.batch_id))


def _receipts(topic: _Topic, batch: Batch, settings: Settings, is_small: bool) -> DataFrame:
    silver = lake_table(settings, "silver", "receipts")
    if is_small:
        return _accepted_rows(topic, batch, silver)
    own = (F.col("checkpoint_id") == batch.checkpoint_id) & (F.col("batch_id") == batch.batch_id)
    dates = F.col("business_date").isin(topic.verdicts.dates)
    return rows_of(topic.judged.sparkSession, silver).where(dates & own)


def _release(topics: list[_Topic]) -> None:
    for topic in topics:
        topic.verdicts.kept.unpersist()
        if topic.verdicts.exceptional is not None:
            topic.verdicts.exceptional.unpersist()


def tables(settings: Settings) -> list[LakeTable]:
    """The tables that this job writes."""
    silver = [lake_table(settings, "silver", name) for name in (*SILVER_TABLE.values(), "quarantine")]
    return [*silver, lake_table(settings, "ops", "ledger")]


def main() -> None:
    """Run the job: bronze tables as Delta streams, one query over all of them."""
    arguments = job_arguments("refine_silver", __doc__ or "")
    settings, spark = arguments.settings, arguments.spark
    memory = Memory()

    def handle(records: DataFrame, batch: Batch) -> None:
        refined = refine(records, batch, settings, memory)
        concurrently(refined.writes)
        refined.release()

    with Lease(settings, "refine_silver") as lease:
        bronze = [lake_table(settings, "bronze", name) for name in TOPICS]
        ensure_tables(spark, (*bronze, *tables(settings)))
        run_delta_query(arguments, "refine_silver", bronze, handle, lease)


if __name__ == "__main__":
    run_job(main)
