"""Versions of members: what is said of them, from when to when, whatever the order in which it came."""

from __future__ import annotations

import datetime as dt
from itertools import permutations
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from lakehouse.gold.dim_customer import customer_states
from lakehouse.gold.dim_product import dim_product, inferred_products
from lakehouse.gold.versions import SINCE_EVER, Known, bound, version_arrays
from tests.lakehouse.gold.receipt_rows import assert_fits_contract, silver_receipt, table_frame
from tests.lakehouse.sales_events import rows_of

MONDAY = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
Row = dict[str, Any]
_CAME = {"schema_version": 1, "content_hash": 1, "topic": "t", "partition": 0, "offset": 0, "contract_version": "1",
         "checkpoint_id": "c", "batch_id": 1, "received_at": MONDAY}  # fmt: skip


def product(event_id: str, at: dt.datetime, **changes: Any) -> Row:
    """A row of silver.products."""
    told = {"product_id": "A", "description": event_id, "category": "c", "uom": "EA", "is_active": True}
    return _CAME | told | {"event_id": event_id, "effective_at": at, "business_date": at.date()} | changes


def customer(event_id: str, at: dt.datetime, has_consent: bool, **changes: Any) -> Row:
    """A row of silver.customers."""
    told = {"customer_id": "c1", "customer_key": "k1", "has_consent": has_consent, "is_erased": False}
    return _CAME | told | {"event_id": event_id, "effective_at": at, "business_date": at.date()} | changes


def history(frame: DataFrame) -> list[tuple[Any, ...]]:
    assert_fits_contract(frame, "dim_product")
    rows = [(r["description"], r["valid_from"], r["valid_to"], r["is_current"]) for r in rows_of(frame)]
    return sorted(rows, key=lambda row: row[1])


def test_versions_follow_one_another_and_the_first_holds_since_ever(spark: SparkSession) -> None:
    changes = [product("old", MONDAY), product("new", MONDAY + 2 * DAY), product("between", MONDAY + DAY)]
    expected = [
        ("old", SINCE_EVER, MONDAY + DAY, False),
        ("between", MONDAY + DAY, MONDAY + 2 * DAY, False),
        ("new", MONDAY + 2 * DAY, None, True),
    ]
    for order in permutations(changes):
        frame = dim_product(table_frame(spark, "silver", "products", [*order, order[0]]))
        assert history(frame) == expected


def test_of_two_changes_at_one_instant_the_highest_event_holds(spark: SparkSession) -> None:
    changes = [product("b", MONDAY), product("a", MONDAY), product("x", MONDAY, product_id="X")]
    frame = dim_product(table_frame(spark, "silver", "products", changes)).where("product_id = 'A'")
    assert history(frame) == [("b", SINCE_EVER, None, True)]


def test_an_inferred_member_keeps_its_key_when_master_data_complete_it(spark: SparkSession) -> None:
    seen = inferred_products(table_frame(spark, "silver", "receipts", [silver_receipt()]))
    told = dim_product(table_frame(spark, "silver", "products", [product("later", MONDAY + 9 * DAY)]))
    (before,), (after,) = rows_of(seen), rows_of(told)
    assert before["product_key"] == after["product_key"]
    assert (before["is_inferred"], after["is_inferred"]) == (True, False)


def test_a_fact_has_the_key_of_the_version_that_was_valid_when_it_was_sold(spark: SparkSession) -> None:
    changes = [product("old", MONDAY), product("new", MONDAY + DAY)]
    silver = table_frame(spark, "silver", "products", changes)
    keys = {row["description"]: row["product_key"] for row in rows_of(dim_product(silver))}
    second = dt.timedelta(seconds=1)
    sold = [("A", MONDAY - DAY), ("A", MONDAY + DAY - second), ("A", MONDAY + DAY), ("B", MONDAY + DAY)]
    facts = spark.createDataFrame(sold, "product_id STRING, occurred_at TIMESTAMP")
    arrays = version_arrays(silver, "product_id")
    found = [
        row["key"]
        for row in rows_of(bound(facts, arrays, "key", "product_id").orderBy("product_id", "occurred_at"))
    ]
    without = rows_of(bound(facts.where("product_id = 'B'"), Known().products, "key", "product_id"))
    assert found == [keys["old"], keys["old"], keys["new"], without[0]["key"]]


def kept(spark: SparkSession, *changes: Row) -> bool:
    found = {rows_of(customer_states(table_frame(spark, "silver", "customers", list(order))))[0]["is_kept"]
             for order in permutations(changes)}  # fmt: skip
    assert len(found) == 1, "it depends on the order"
    return bool(found.pop())


def test_the_newest_word_of_a_customer_decides_and_an_erasure_is_not_undone_by_what_came_before_it(
    spark: SparkSession,
) -> None:
    agrees, refuses = customer("e1", MONDAY, True), customer("e2", MONDAY + DAY, False)
    erased_at = MONDAY + 2 * DAY
    erased = customer("e3", erased_at, False, is_erased=True, received_at=erased_at)
    ahead = customer("e4", MONDAY + 9 * DAY, True)
    late = customer("e5", MONDAY, True, received_at=MONDAY + 5 * DAY)
    again = customer("e6", MONDAY + 3 * DAY, True, received_at=MONDAY + 3 * DAY)
    assert kept(spark, agrees)
    assert not kept(spark, agrees, refuses)
    assert not kept(spark, agrees, erased, ahead)
    assert not kept(spark, agrees, erased, late)
    assert kept(spark, agrees, erased, again)
