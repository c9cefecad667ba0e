"""Bronze to silver: judge, type and de-duplicate the records of a micro-batch; balance the ledger.

``spark-submit --py-files dist/retail.zip lakehouse/jobs/refine_silver.py [--trigger once|continuous]`` reads
the bronze tables as Delta streams. The one application calls ``refine`` on the same records live.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial, reduce

import pyarrow as pa  # type: ignore[import-untyped]
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.contracts import load_contract
from lakehouse.settings import Settings
from lakehouse.silver.identity import accepted
from lakehouse.silver.judged_events import SILVER_TABLE, all_rules, judge_steps, judged_by
from lakehouse.silver.parsed_events import BYTES, Select
from lakehouse.silver.post_voids import post_voids
from lakehouse.silver.quarantine import quarantine
from lakehouse.storage.batches import SMALL_BATCH, Batch, append, stamped
from lakehouse.storage.concurrently import Write, concurrently, gathered
from lakehouse.storage.delta_tables import LakeTable, ensure_tables, lake_table
from lakehouse.storage.few_rows import local_rows
from lakehouse.storage.file_layout import by_date
from lakehouse.storage.job_errors import run_job
from lakehouse.storage.known_masters import KnownMasters, histories
from lakehouse.storage.lease import Lease
from lakehouse.storage.ledger import Balance, check_balance, ledger_rows
from lakehouse.storage.recent_events import RecentEvents
from lakehouse.storage.streams import job_arguments, run_delta_query
from lakehouse.storage.verdicts import TopicVerdicts, large_verdicts, small_verdicts

TOPICS = tuple(SILVER_TABLE)


@dataclass
class Memory:
    """What a query remembers between its batches; made anew at each start."""

    mark: str = field(default_factory=lambda: "m" + secrets.token_hex(8))
    recent: dict[str, RecentEvents] = field(
        default_factory=lambda: {topic: RecentEvents() for topic in TOPICS}
    )
    stores: KnownMasters = field(default_factory=lambda: KnownMasters(("stores",)))
    steps: dict[str, tuple[Column | None, tuple[Select, ...]]] = field(default_factory=dict)

    def steps_of(self, name: str, settings: Settings, clocks: Column | None) -> tuple[Select, ...]:
        """How records of the topic are judged, made anew when what is known of stores has changed."""
        known = self.steps.get(name)
        if known is None or known[0] is not clocks:
            known = clocks, judge_steps(load_contract("topics", name), settings, self.mark, clocks)
            self.steps[name] = known
        return known[1]


@dataclass(frozen=True)
class Refined:
    """A judged batch: its writes, its receipts, and what it adds up to.

    ``receipts`` yields the accepted receipts as rows of silver.receipts, ``others`` what of tills and master data was
    accepted as rows of their silver table, by its name; both until ``release`` is called.
    """

    writes: list[Write]
    receipts: Callable[[], DataFrame] | None
    others: Mapping[str, Callable[[], DataFrame]]
    receipt_dates: list[dt.date]
    has_voids: bool
    may_be_late: bool
    balances: list[Balance]
    sent_at: tuple[float, float] | None
    release: Callable[[], None]


@dataclass(frozen=True)
class _Work:
    """A batch being refined; ``frames``: accepted rows by topic, kept until it is released."""

    records: DataFrame
    batch: Batch
    settings: Settings
    memory: Memory
    is_small: bool
    frames: dict[str, DataFrame] = field(default_factory=dict)


@dataclass(frozen=True)
class _Topic:
    """One topic's part of a batch."""

    name: str
    judged: DataFrame
    verdicts: TopicVerdicts
    clocks: Column | None = None


def refine(records: DataFrame, batch: Batch, settings: Settings, memory: Memory) -> Refined:
    """Judge the records of a batch (rows with the columns of bronze) and prepare their writes.

    Raises LedgerUnbalanced before anything is written.
    """
    is_small = not batch.is_heavy and (batch.planned or records.count()) <= SMALL_BATCH
    work = _Work(records, batch, settings, memory, is_small)
    topics = _judged_topics(work)
    balances = [balance for topic in topics for balance in topic.verdicts.balances]
    check_balance(balances, batch)
    sales = next((topic for topic in topics if topic.name == "sales_data" and topic.verdicts.dates), None)
    return Refined(
        writes=_writes(work, topics, balances),
        receipts=partial(_rows, work, sales) if sales else None,
        others={SILVER_TABLE[topic.name]: partial(_rows, work, topic) for topic in topics if _tells(topic)},
        receipt_dates=sales.verdicts.dates if sales else [],
        has_voids=bool(sales and sales.verdicts.voids),
        may_be_late=bool(sales and sales.verdicts.late),
        balances=balances,
        sent_at=sales.verdicts.sent_at if sales else None,
        release=partial(_release, work, topics),
    )


def _present(work: _Work) -> list[str]:
    """Contract names of the topics that have records in the batch."""
    if work.batch.ranges:
        wire = {topic for (topic, _), (first, end) in work.batch.ranges.items() if end > first}
    else:
        wire = {row.topic for row in work.records.select("topic").distinct().collect()}
    return [name for name in TOPICS if work.settings.topic(name) in wire]


def _judged_topics(work: _Work) -> list[_Topic]:
    """Stores first: they say on which day something happened that does not tell its business date."""
    names = _present(work)
    topics = [_judge(work, name, None) for name in names if name == "stores"]
    told = {topic.name: topic for topic in topics if topic.verdicts.dates}
    spark = work.records.sparkSession
    changes = {name: _rows(work, topic) for name, topic in told.items()}
    news = histories(spark, work.settings, changes)
    work.memory.stores.learn(spark, work.settings, news)
    for rows in news.values():
        rows.unpersist()
    clocks = work.memory.stores.clocks()
    others = [name for name in names if name != "stores"]
    return topics + gathered([partial(_judge, work, name, clocks) for name in others])


def _judge(work: _Work, name: str, clocks: Column | None) -> _Topic:
    silver, recent = lake_table(work.settings, "silver", SILVER_TABLE[name]), work.memory.recent[name]
    wire = work.settings.topic(name)
    judged = _judged(work, work.records.where(F.col("topic") == wire), name, clocks)
    if work.is_small:
        judged = stamped(judged if work.batch.is_tiny else judged.drop(*BYTES), work.batch)
        return _Topic(name, judged, small_verdicts(judged, wire, silver, work.batch, recent), clocks)
    # Judging costs more than all else; the bytes are there, and only those of the refused are read again.
    judged = judged.drop(*BYTES)
    verdicts = large_verdicts(judged, wire, silver, work.batch)
    # What a large batch accepts is not taken in, so its dates are no longer known whole.
    recent.forget(verdicts.dates)
    return _Topic(name, judged, verdicts, clocks)


def _judged(work: _Work, records: DataFrame, name: str, clocks: Column | None) -> DataFrame:
    return judged_by(records, work.memory.steps_of(name, work.settings, clocks))


def _writes(work: _Work, topics: list[_Topic], balances: list[Balance]) -> list[Write]:
    writes = [_silver_write(work, topic) for topic in topics if topic.verdicts.dates]
    for topic in topics:
        if topic.verdicts.voids:
            voids = post_voids(_accepted_rows(work, topic, lake_table(work.settings, "silver", "receipts")))
            table = lake_table(work.settings, "silver", "post_voids")
            writes.append(partial(append, voids.coalesce(1), table, work.batch))
    refused = [_quarantine_rows(work, topic) for topic in topics if topic.verdicts.has_quarantined]
    if refused:
        rows = reduce(DataFrame.unionByName, refused).coalesce(1)
        writes.append(partial(append, rows, lake_table(work.settings, "silver", "quarantine"), work.batch))
    ledger = ledger_rows(balances, work.batch)
    return [*writes, partial(append, ledger, lake_table(work.settings, "ops", "ledger"), work.batch)]


def _accepted_rows(work: _Work, topic: _Topic, silver: LakeTable) -> DataFrame:
    """Rows of the topic's silver table."""
    shape, collected = silver.contract.table, topic.verdicts.collected
    if collected is not None:
        return _local(work, topic.name, silver, collected.accepted.select(list(shape.column_names)))
    exceptional = topic.verdicts.exceptional
    good = topic.judged if exceptional is None else accepted(topic.judged, exceptional)
    return stamped(good, work.batch).select(*shape.column_names)


def _local(work: _Work, name: str, silver: LakeTable, rows: pa.Table) -> DataFrame:
    """Rows that the driver holds; many are unpacked once for all that is made of them."""
    if work.batch.is_tiny:
        return local_rows(work.records.sparkSession, silver, rows)
    if name not in work.frames:
        work.frames[name] = local_rows(work.records.sparkSession, silver, rows).persist()
    return work.frames[name]


def _silver_write(work: _Work, topic: _Topic) -> Write:
    silver, collected = (
        lake_table(work.settings, "silver", SILVER_TABLE[topic.name]),
        topic.verdicts.collected,
    )
    shape = silver.contract.table
    if collected is not None:
        return partial(append, collected.accepted.select(list(shape.column_names)), silver, work.batch)
    dates = topic.verdicts.dates if shape.partition_columns else []
    return partial(append, by_date(_accepted_rows(work, topic, silver), dates), silver, work.batch)


def _quarantine_rows(work: _Work, topic: _Topic) -> DataFrame:
    contract = load_contract("topics", topic.name)
    exceptional = topic.verdicts.exceptional
    assert exceptional is not None, "has_quarantined says that there are exceptions"
    collected = topic.verdicts.collected
    if collected is not None and work.batch.is_tiny:
        judged = work.records.sparkSession.createDataFrame(collected.refused, topic.judged.schema)
    else:
        # Only the refused records are read and judged again.
        few = F.broadcast(exceptional.where("outcome = 'quarantined'").select("partition", "offset"))
        own = work.records.where(F.col("topic") == work.settings.topic(topic.name))
        judged = _judged(work, own.join(few, ["partition", "offset"], "left_semi"), topic.name, topic.clocks)
    rules = all_rules(contract, work.settings)
    return quarantine(judged, exceptional, rules, (work.batch.checkpoint_id, work.batch.batch_id))


def _rows(work: _Work, topic: _Topic) -> DataFrame:
    return _accepted_rows(work, topic, lake_table(work.settings, "silver", SILVER_TABLE[topic.name]))


def _tells(topic: _Topic) -> bool:
    """Whether it brought Z-reports or master data that were accepted."""
    contract = load_contract("topics", topic.name)
    return bool((contract.member or topic.name == "till_sessions") and topic.verdicts.dates)


def _release(work: _Work, topics: list[_Topic]) -> None:
    for rows in work.frames.values():
        rows.unpersist()
    for topic in topics:
        if topic.verdicts.kept is not None:
            topic.verdicts.kept.unpersist()
        if topic.verdicts.exceptional is not None:
            topic.verdicts.exceptional.unpersist()


def tables(settings: Settings) -> list[LakeTable]:
    """The tables that this job writes."""
    silver = [
        lake_table(settings, "silver", name) for name in (*SILVER_TABLE.values(), "post_voids", "quarantine")
    ]
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
