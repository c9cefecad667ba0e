"""Only members that are news are written into a dimension: new ones, and ones seen earlier than the table says."""

from __future__ import annotations

import datetime as dt

import pytest
from pyspark.sql import DataFrame, SparkSession

from lakehouse.settings import Settings
from lakehouse.storage import known_members
from lakehouse.storage.delta_tables import LakeTable, ensure_table, lake_table
from lakehouse.storage.known_members import KnownMembers
from tests.lakehouse.gold.receipt_rows import assert_fits_contract, table_frame
from tests.lakehouse.sales_events import rows_of

pytestmark = pytest.mark.stack

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
Seen = dict[str, int]


@pytest.fixture
def stores(spark: SparkSession, stack_settings: Settings) -> LakeTable:
    """gold.dim_store with the stores s1 and s2, seen at noon."""
    table = lake_table(stack_settings, "gold", "dim_store")
    ensure_table(spark, table)
    members(spark, {"s1": 0, "s2": 0}).write.format("delta").mode("append").save(table.path)
    return table


def members(spark: SparkSession, seen: Seen) -> DataFrame:
    """Members by name and the hour after noon when they were first seen."""
    rows = [
        {"store_id": store, "first_seen_at": NOON + dt.timedelta(hours=hour), "is_inferred": True}
        for store, hour in seen.items()
    ]
    return table_frame(spark, "gold", "dim_store", rows)


def hours(frame: DataFrame | None) -> Seen:
    if frame is None:
        return {}
    assert_fits_contract(frame, "dim_store")
    return {row["store_id"]: (row["first_seen_at"] - NOON) // dt.timedelta(hours=1) for row in rows_of(frame)}


def news(known: KnownMembers, table: LakeTable, candidates: DataFrame) -> tuple[Seen, Seen]:
    found = known.news(table, candidates)
    return hours(found.new), hours(found.earlier)


def test_what_the_table_holds_is_known_after_a_start(spark: SparkSession, stores: LakeTable) -> None:
    assert news(KnownMembers(), stores, members(spark, {"s1": -1, "s2": 1, "s3": 5})) == (
        {"s3": 5},
        {"s1": -1},
    )


def test_what_was_met_in_an_earlier_batch_is_known(spark: SparkSession, stores: LakeTable) -> None:
    known = KnownMembers()
    batches: list[tuple[Seen, tuple[Seen, Seen]]] = [
        ({"s1": 0, "s3": 5}, ({"s3": 5}, {})),
        ({"s1": 0, "s3": 5}, ({}, {})),
        ({"s3": 6}, ({}, {})),
        ({"s3": 4}, ({}, {"s3": 4})),
        ({"s3": 5, "s4": 9}, ({"s4": 9}, {})),
    ]
    for seen, expected in batches:
        assert news(known, stores, members(spark, seen)) == expected


def test_many_candidates_are_joined_with_the_same_result(
    spark: SparkSession, stores: LakeTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_members, "_MOST_CANDIDATES", 1)
    candidates = members(spark, {"s1": -1, "s2": 1, "s3": 5})
    assert news(KnownMembers(), stores, candidates) == ({"s3": 5}, {"s1": -1})
