"""The verdicts of one topic's records in a batch, found in the way that its size asks for.

Both are judged once. A small batch comes into the driver and is looked up in what the driver remembers; a large one is
looked up by a join pruned to its business dates, and what was judged is kept until it is written.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from numpy.typing import NDArray
from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from lakehouse.silver.identity import DUPLICATE, IDENTITY, QUARANTINED, accepted, exceptions, placed
from lakehouse.silver.store_time import DAYS_APART
from lakehouse.storage.batches import Batch, written_by
from lakehouse.storage.delta_tables import LakeTable, is_empty, rows_of
from lakehouse.storage.few_rows import few_rows_of_days
from lakehouse.storage.ledger import Balance
from lakehouse.storage.recent_events import Exceptional, RecentEvents, each_date

EXCEPTION_DDL = "partition INT, offset BIGINT, outcome STRING, exception_ids ARRAY<STRING>"
_VERDICT = "_verdict"
_AS_JUDGED = ("partition", "offset", "event_id", "content_hash", "rule_ids", "line_count", "is_undated")
_LEARNT_AT_ONCE = 100_000  # events that are Python objects at a time, when a date is remembered
_OF_ACCEPTED = {
    "accepted": "records",
    "lines": "lines",
    "with_warnings": "warned",
    "with_unknown_fields": "unknown",
}
"""What a balance tells of accepted records, and the column of ``_counted`` that holds it."""


@dataclass(frozen=True)
class Collected:
    """A small batch's judged records of one topic in the driver: the accepted and the quarantined ones."""

    accepted: pa.Table
    refused: pa.Table


@dataclass(frozen=True)
class TopicVerdicts:
    """Which records of one topic are not accepted, and what that adds up to.

    ``sent_at``: median and 5th percentile of when the accepted events were sent, in seconds since the epoch.
    ``voids``: accepted receipts that void another; ``late``: accepted records that came on a later day, by UTC, than
    their business date. ``collected``: the records of a small batch; ``kept``: the frame of a large one, to unpersist
    when the batch is written.
    """

    exceptional: DataFrame | None
    has_quarantined: bool
    dates: list[dt.date]
    balances: list[Balance]
    sent_at: tuple[float, float] | None
    voids: int
    late: int
    collected: Collected | None = None
    kept: DataFrame | None = None


def verdict_columns(judged: DataFrame) -> list[Column]:
    """What must be known of each record to decide on it and to balance the ledger."""
    return [*map(F.col, _AS_JUDGED), *_computed(judged)]


def _computed(judged: DataFrame) -> list[Column]:
    """Those that are no columns of ``judged`` as they are."""
    sent = (
        F.coalesce("produced_at", "received_at") if "produced_at" in judged.columns else F.col("received_at")
    )
    is_void = F.col("transaction_type") == "POST_VOID" if "transaction_type" in judged.columns else F.lit(0)
    return [
        # Only of good events: a refused one may lie in a year that Python cannot hold.
        F.when(F.size("rule_ids") == 0, F.col("business_date")).alias("business_date"),
        (F.size("warnings") > 0).cast("int").alias("warned"),
        (F.size("unknown_fields") > 0).cast("int").alias("unknown"),
        F.coalesce(is_void.cast("int"), F.lit(0)).alias("voids"),
        (F.to_date("received_at") > F.col("business_date")).cast("int").alias("late"),
        (F.unix_micros(sent) / 1e6).alias("sent_at"),
    ]


def small_verdicts(
    judged: DataFrame, topic: str, silver: LakeTable, batch: Batch, recent: RecentEvents
) -> TopicVerdicts:
    """Verdicts of a batch small enough to be looked up in the driver, with its records."""
    records = judged.select("*", F.struct(*_computed(judged)).alias(_VERDICT)).toArrow()
    verdicts = pa.Table.from_struct_array(records[_VERDICT])
    for name in _AS_JUDGED:
        verdicts = verdicts.append_column(name, records[name])
    _remember(judged, silver, batch, recent, _asked(verdicts))
    verdicts = _placed(verdicts, recent)
    found = recent.exceptions(verdicts)
    recent.forget_oldest()
    is_accepted, is_refused = _outcomes(verdicts, found)
    kept = verdicts.filter(is_accepted)
    sent = np.sort(kept["sent_at"].to_numpy())
    return TopicVerdicts(
        exceptional=judged.sparkSession.createDataFrame(found, EXCEPTION_DDL) if found else None,
        has_quarantined=any(at[2] == QUARANTINED for at in found),
        dates=sorted(pc.unique(kept["business_date"]).to_pylist()),
        balances=_balances(topic, _sums(verdicts), _sums(kept), Counter((at[0], at[2]) for at in found)),
        sent_at=(float(sent[len(sent) // 2]), float(sent[len(sent) // 20])) if len(sent) else None,
        voids=pc.sum(kept["voids"]).as_py() or 0,
        late=pc.sum(kept["late"]).as_py() or 0,
        collected=Collected(
            *(records.drop_columns([_VERDICT]).filter(rows) for rows in (is_accepted, is_refused))
        ),
    )


def _asked(verdicts: pa.Table) -> set[dt.date]:
    """The business dates under which good events may have been accepted before."""
    good = verdicts.filter(pc.equal(pc.list_value_length(verdicts["rule_ids"]), 0))
    undated = good.filter(good["is_undated"])
    return {*pc.unique(good["business_date"]).to_pylist()} | _around(
        pc.unique(undated["business_date"]).to_pylist()
    )


def _placed(verdicts: pa.Table, recent: RecentEvents) -> pa.Table:
    """The verdicts, good ones ``is_undated`` under the date of the event that was accepted under their id."""
    is_good = pc.equal(pc.list_value_length(verdicts["rule_ids"]), 0)
    places = pc.indices_nonzero(pc.and_(is_good, verdicts["is_undated"]))
    if not len(places):
        return verdicts
    dates = verdicts["business_date"].to_pylist()
    told = [
        (event_id, dates[place])
        for event_id, place in zip(
            verdicts["event_id"].take(places).to_pylist(), places.to_pylist(), strict=True
        )
    ]
    for place, date in zip(places.to_pylist(), recent.dates_of(told, DAYS_APART), strict=True):
        dates[place] = date
    column = verdicts.column_names.index("business_date")
    return verdicts.set_column(column, "business_date", pa.array(dates, pa.date32()))


def _outcomes(verdicts: pa.Table, found: list[Exceptional]) -> tuple[pa.Array, pa.Array]:
    """Of each record whether it is accepted, and whether it is quarantined."""

    def among(places: list[tuple[int, int]]) -> NDArray[np.bool_]:
        asked = [_place(np.int64(partition), np.int64(offset)) for partition, offset in places]
        return np.isin(_place(verdicts["partition"].to_numpy(), verdicts["offset"].to_numpy()), asked)

    is_exceptional = among([at[:2] for at in found])
    is_refused = among([at[:2] for at in found if at[2] == QUARANTINED])
    return pa.array(~is_exceptional), pa.array(is_refused)


def _place(partition: Any, offset: Any) -> Any:
    """Partition and offset as one number; an offset takes 48 bits."""
    return partition.astype(np.int64) << 48 | offset


def _sums(verdicts: pa.Table) -> list[Row]:
    """What records add up to by partition, under the names of ``_counted``."""
    summed = {"lines": "line_count", "warned": "warned", "unknown": "unknown"}
    of_offset = {"records": "count", "first": "min", "last": "max"}
    found = verdicts.group_by("partition").aggregate(
        [
            *(("offset", function) for function in of_offset.values()),
            *((name, "sum") for name in summed.values()),
        ]
    )
    names = {"partition": "partition"} | {name: f"offset_{function}" for name, function in of_offset.items()}
    names |= {name: f"{column}_sum" for name, column in summed.items()}
    return [Row(**{name: row[column] for name, column in names.items()}) for row in found.to_pylist()]


def large_verdicts(judged: DataFrame, topic: str, silver: LakeTable, batch: Batch) -> TopicVerdicts:
    """Verdicts of a batch of any size, by joins. Keeps ``judged`` in memory or on disk."""
    judged.persist(StorageLevel.MEMORY_AND_DISK)
    verdicts = judged.select(*verdict_columns(judged))
    counted = _counted(verdicts)
    good = [row for row in counted if row.is_good]
    dates = sorted({row.business_date for row in good})
    around = _around(row.business_date for row in good if row.has_undated)
    before = accepted_before(judged, silver, batch, sorted({*dates, *around}))
    before = before.select(*IDENTITY, "content_hash")
    looked_up = placed(verdicts, before) if around else verdicts
    exceptional = exceptions(looked_up, before).persist(StorageLevel.MEMORY_AND_DISK)
    outcomes = {
        (row.partition, row.outcome): row.n
        for row in exceptional.groupBy("partition", "outcome").agg(F.count("*").alias("n")).collect()
    }
    kept = accepted(verdicts, exceptional) if outcomes else verdicts
    totals = _counted(kept) if outcomes else counted
    sent = kept.agg(F.percentile_approx("sent_at", [0.5, 0.05])).first()
    return TopicVerdicts(
        exceptional=exceptional if outcomes else None,
        has_quarantined=any(outcome == QUARANTINED for _, outcome in outcomes),
        dates=dates,
        balances=_balances(topic, counted, totals, outcomes),
        sent_at=(sent[0][0], sent[0][1]) if sent and sent[0] else None,
        voids=sum(row.voids for row in totals),
        late=sum(row.late for row in totals),
        kept=judged,
    )


def _counted(verdicts: DataFrame) -> list[Row]:
    """What records add up to by partition, business date and whether they are good, in one walk over them."""
    return (
        verdicts.withColumn("is_good", F.size("rule_ids") == 0)
        .groupBy("partition", "business_date", "is_good")
        .agg(
            F.count("*").alias("records"),
            F.min("offset").alias("first"),
            F.max("offset").alias("last"),
            F.max("is_undated").alias("has_undated"),
            F.sum("line_count").alias("lines"),
            *[F.sum(name).alias(name) for name in ("warned", "unknown", "voids", "late")],
        )
        .collect()
    )


def _balances(
    topic: str, counted: list[Row], totals: list[Row], outcomes: Mapping[tuple[int, str], int]
) -> list[Balance]:
    """One balance a partition. ``counted``: all records; ``totals``: those that were accepted."""
    by_partition: defaultdict[int, list[Row]] = defaultdict(list)
    for row in counted:
        by_partition[row.partition].append(row)
    return [
        Balance(
            topic=topic,
            partition=partition,
            first_offset=min(row.first for row in rows),
            last_offset=max(row.last for row in rows),
            received=sum(row.records for row in rows),
            duplicate=outcomes.get((partition, DUPLICATE), 0),
            quarantined=outcomes.get((partition, QUARANTINED), 0),
            **{
                name: sum(row[column] for row in totals if row.partition == partition)
                for name, column in _OF_ACCEPTED.items()
            },
        )
        for partition, rows in sorted(by_partition.items())
    ]


def accepted_before(judged: DataFrame, silver: LakeTable, batch: Batch, dates: list[dt.date]) -> DataFrame:
    """Silver rows of these business dates from earlier batches; what this batch itself left behind is not counted."""
    earlier = ~written_by(batch)
    return rows_of(judged.sparkSession, silver).where(F.col("business_date").isin(dates)).where(earlier)


def _remember(
    judged: DataFrame, silver: LakeTable, batch: Batch, recent: RecentEvents, dates: set[dt.date]
) -> None:
    missing = recent.missing(dates)
    if not missing:
        return
    for date in missing:
        recent.remember(date)
    if is_empty(silver):
        return
    for part in _accepted_before(judged, silver, batch, missing).to_batches(_LEARNT_AT_ONCE):
        for date, events in each_date(pa.Table.from_batches([part])):
            recent.remember(date, events["event_id"].to_numpy(), events["content_hash"].to_numpy())


def _accepted_before(judged: DataFrame, silver: LakeTable, batch: Batch, dates: list[dt.date]) -> pa.Table:
    """event_id, business_date and content_hash of ``accepted_before``."""
    columns = (*IDENTITY, "content_hash")
    few = few_rows_of_days(silver, dates, (*columns, "checkpoint_id", "batch_id"))
    if few is None:
        return accepted_before(judged, silver, batch, dates).select(*columns).toArrow()
    own = pc.and_(
        pc.equal(few["checkpoint_id"], batch.checkpoint_id), pc.equal(few["batch_id"], batch.batch_id)
    )
    return few.filter(pc.invert(own)).select(list(columns))


def _around(dates: Iterable[dt.date]) -> set[dt.date]:
    """The dates with those under which the same events may have been accepted."""
    days = range(-DAYS_APART, DAYS_APART + 1)
    return {date + dt.timedelta(number) for date in dates for number in days}
