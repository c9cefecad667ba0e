"""Which records are accepted: the first of each identity; later ones are duplicates or conflicts."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import pyarrow as pa  # type: ignore[import-untyped]
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession

from lakehouse.silver.identity import accepted, exceptions
from lakehouse.storage.recent_events import VERDICTS, Exceptional, RecentEvents
from tests.lakehouse.sales_events import rows_of

MONDAY, TUESDAY = dt.date(2026, 11, 23), dt.date(2026, 11, 24)
VERDICT = "partition INT, offset BIGINT, event_id STRING, business_date DATE, content_hash BIGINT, rule_ids ARRAY<STRING>"
ACCEPTED = "event_id STRING, business_date DATE, content_hash BIGINT"

Event = tuple[str, dt.date, int]
Found = list[tuple[int, int, str, tuple[str, ...]]]


@dataclass(frozen=True)
class Verdict:
    partition: int
    offset: int
    event_id: str
    business_date: dt.date
    content_hash: int
    rule_ids: list[str]


def verdict(
    offset: int, event_id: str = "a", content: int = 1, *, partition: int = 0, date: dt.date = MONDAY,
    refused: bool = False,
) -> Verdict:  # fmt: skip
    return Verdict(partition, offset, event_id, date, content, ["price_range"] if refused else [])


def found_by_join(spark: SparkSession, batch: Sequence[Verdict], before: Iterable[Event] = ()) -> Found:
    frame = exceptions(_verdicts(spark, batch), spark.createDataFrame(list(before), ACCEPTED))
    return sorted(
        (r["partition"], r["offset"], r["outcome"], tuple(r["exception_ids"])) for r in rows_of(frame)
    )


def test_the_first_by_partition_and_offset_is_accepted(spark: SparkSession) -> None:
    batch = [verdict(5), verdict(2, content=2, partition=1), verdict(9, partition=1), verdict(3)]
    assert found_by_join(spark, batch) == [
        (0, 5, "duplicate", ()),
        (1, 2, "quarantined", ("event_id_conflict",)),
        (1, 9, "duplicate", ()),
    ]


def test_what_was_accepted_before_wins_over_the_batch(spark: SparkSession) -> None:
    batch = [verdict(1, content=2), verdict(2)]
    assert found_by_join(spark, batch, [("a", MONDAY, 1)]) == [
        (0, 1, "quarantined", ("event_id_conflict",)),
        (0, 2, "duplicate", ()),
    ]


def test_a_refused_record_keeps_its_rules_and_holds_no_identity(spark: SparkSession) -> None:
    batch = [verdict(1, refused=True), verdict(2)]
    assert found_by_join(spark, batch) == [(0, 1, "quarantined", ("price_range",))]


def test_the_same_id_on_another_business_date_is_another_event(spark: SparkSession) -> None:
    assert (
        found_by_join(spark, [verdict(1), verdict(2, date=TUESDAY)], [("a", dt.date(2026, 11, 20), 1)]) == []
    )


def test_the_accepted_are_those_that_are_no_exception(spark: SparkSession) -> None:
    judged = _verdicts(spark, [verdict(1), verdict(1, partition=1), verdict(2, "b")])
    kept = accepted(judged, exceptions(judged, spark.createDataFrame([], ACCEPTED)))
    assert sorted((row["partition"], row["offset"]) for row in rows_of(kept)) == [(0, 1), (0, 2)]


@st.composite
def batches(draw: st.DrawFn) -> list[list[Verdict]]:
    """Three batches of many records over few ids, dates and contents, so that they meet often."""
    picture = st.tuples(
        st.integers(0, 2), st.sampled_from("abcdefgh"), st.sampled_from([MONDAY, TUESDAY]),
        st.integers(1, 2), st.booleans(), st.booleans(),
    )  # fmt: skip
    pictures = draw(st.lists(picture, min_size=30, max_size=90))
    rows = [
        verdict(offset, event_id, content, partition=partition, date=date, refused=first and second)
        for offset, (partition, event_id, date, content, first, second) in enumerate(pictures)
    ]
    return [rows[place::3] for place in range(3)]


@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(batches(), st.randoms(use_true_random=False))
def test_memory_and_join_decide_alike_whatever_the_order_of_rows(
    spark: SparkSession, three: list[list[Verdict]], shuffler: random.Random
) -> None:
    recent = RecentEvents()
    recent.remember(MONDAY)
    recent.remember(TUESDAY)
    before: set[Event] = set()
    for batch in three:
        shuffled = shuffler.sample(batch, len(batch))
        in_memory = _sorted(recent.exceptions(_table(shuffled)))
        assert found_by_join(spark, shuffler.sample(batch, len(batch)), before) == in_memory
        exceptional = {(partition, offset) for partition, offset, *_ in in_memory}
        news = [v for v in batch if (v.partition, v.offset) not in exceptional]
        assert len({(v.event_id, v.business_date) for v in news}) == len(news)
        before |= {(v.event_id, v.business_date, v.content_hash) for v in news}
        received_again = _sorted(recent.exceptions(_table(v for v in batch if not v.rule_ids)))
        assert {outcome for _, _, outcome, _ in received_again} <= {"duplicate", "quarantined"}
        assert len(received_again) == sum(not v.rule_ids for v in batch)


def _verdicts(spark: SparkSession, batch: Sequence[Verdict]) -> DataFrame:
    return spark.createDataFrame([tuple(asdict(v).values()) for v in batch], VERDICT)


def _table(batch: Iterable[Verdict]) -> pa.Table:
    return pa.Table.from_pylist([asdict(each) for each in batch], VERDICTS)


def _sorted(found: Iterable[Exceptional]) -> Found:
    return sorted((partition, offset, outcome, tuple(ids)) for partition, offset, outcome, ids in found)
