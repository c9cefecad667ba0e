"""A batch is decided alike whether it is small and looked up in memory, or large and joined."""

from __future__ import annotations

import datetime as dt

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.contracts import load_contract
from lakehouse.settings import Settings
from lakehouse.silver.identity import accepted
from lakehouse.silver.judged_events import judged_events
from lakehouse.storage.batches import Batch, append, mark_commits, stamped
from lakehouse.storage.delta_tables import ensure_table, lake_table
from lakehouse.storage.recent_events import RecentEvents
from lakehouse.storage.verdicts import TopicVerdicts, large_verdicts, small_verdicts
from tests.lakehouse.sales_events import ABSENT, kafka_records, line, plain_line, receipt, rows_of
from tests.lakehouse.silver.hostile_records import REFUSED

pytestmark = pytest.mark.stack

EARLIER = Batch("refine", "c1", 0, {}, may_repeat=False)
BATCH = Batch("refine", "c1", 1, {}, may_repeat=False)
VALUES = [
    plain_line(),
    plain_line(id="18"),
    plain_line(id="18", price="2.550"),
    plain_line(id="18", price="9.99"),
    receipt(lines=[line(), line(line_seq=2)], colour="red"),
    receipt(event_id="other day", business_date="2026-11-22"),
    *[value for value, _ in REFUSED.values()],
]


def test_memory_and_join_agree_on_every_record_and_in_the_ledger(
    spark: SparkSession, stack_settings: Settings
) -> None:
    """The plain line was accepted by an earlier batch; what this batch itself left behind is not counted."""
    session = spark.newSession()
    silver = lake_table(stack_settings, "silver", "receipts")
    ensure_table(session, silver)
    judged = judged_events(
        kafka_records(session, VALUES), load_contract("topics", "sales_data"), stack_settings, "m3"
    )
    for batch, offsets in ((EARLIER, [0]), (BATCH, [1, 4])):
        mark_commits(session, batch)
        left = judged.where(F.col("offset").isin(offsets)).withColumns(
            {"checkpoint_id": F.lit(batch.checkpoint_id), "batch_id": F.lit(batch.batch_id).cast("bigint")}
        )
        append(left.select(*silver.contract.table.column_names), silver, batch)

    small = small_verdicts(judged, "sales_data", silver, BATCH, RecentEvents())
    large = large_verdicts(judged, "sales_data", silver, BATCH)
    assert _found(small) == _found(large)
    assert small.balances == large.balances
    assert set(small.dates) <= set(large.dates)
    assert _offsets(judged, small) == [1, 4, 5]
    assert small.collected is not None
    assert sorted(small.collected.accepted["offset"].to_pylist()) == [1, 4, 5]
    refused = {row[1] for row in _found(small) if row[2] == "quarantined"}
    assert set(small.collected.refused["offset"].to_pylist()) == refused
    assert small.dates == [dt.date(2026, 11, 22), dt.date(2026, 11, 23)]
    (balance,) = small.balances
    assert (balance.received, balance.accepted, balance.duplicate) == (len(VALUES), 3, 2)
    assert balance.quarantined == len(REFUSED) + 1
    assert (balance.lines, balance.with_unknown_fields, balance.with_warnings) == (4, 1, 1)
    assert large.kept is not None
    large.kept.unpersist()


def test_a_sale_without_date_meets_its_original_though_its_store_is_known_to_lie_elsewhere_now(
    spark: SparkSession, stack_settings: Settings
) -> None:
    session = spark.newSession()
    silver, contract = lake_table(stack_settings, "silver", "receipts"), load_contract("topics", "sales_data")
    ensure_table(session, silver)
    evening = {"business_date": ABSENT, "occurred_at": "2026-11-23T20:00:00+00:00"}
    other = [line(description="OTHER")]
    values = [receipt(**evening), receipt(**evening, lines=other), receipt(**evening, event_id="new")]
    records = kafka_records(session, values)
    first = judged_events(records.limit(1), contract, stack_settings, "m3")
    mark_commits(session, EARLIER)
    append(stamped(first, EARLIER).select(*silver.contract.table.column_names), silver, EARLIER)

    clock = "named_struct('valid_from', TIMESTAMP'1900-01-01', 'zone', 'Asia/Kolkata', 'closing_hour', 0)"
    again = judged_events(records, contract, stack_settings, "m3", F.expr(f"map('s1', array({clock}))"))
    small = small_verdicts(again, "sales_data", silver, BATCH, RecentEvents())
    large = large_verdicts(again, "sales_data", silver, BATCH)
    assert _found(small) == _found(large)
    assert [found[1:3] for found in _found(small)] == [(0, "duplicate"), (1, "quarantined")]
    assert small.dates == [dt.date(2026, 11, 24)]
    assert large.kept is not None
    large.kept.unpersist()


def _found(verdicts: TopicVerdicts) -> list[tuple[object, ...]]:
    assert verdicts.exceptional is not None
    rows = rows_of(verdicts.exceptional)
    return sorted((r["partition"], r["offset"], r["outcome"], tuple(r["exception_ids"])) for r in rows)


def _offsets(judged: DataFrame, verdicts: TopicVerdicts) -> list[int]:
    assert verdicts.exceptional is not None
    return sorted(row["offset"] for row in rows_of(accepted(judged, verdicts.exceptional).select("offset")))
