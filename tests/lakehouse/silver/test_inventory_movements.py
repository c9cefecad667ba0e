"""Stock movements are judged by the same rules as sales; each is one record of one product."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import SparkSession

from lakehouse.contracts import load_contract
from lakehouse.settings import Settings
from lakehouse.silver.judged_events import SILVER_TABLE, judged_events
from tests.lakehouse.gold.receipt_rows import contract_type
from tests.lakehouse.sales_events import kafka_records, rows_of

GOOD = {
    "event_id": "uci:536589",
    "schema_version": 1,
    "movement_id": "536589",
    "movement_type": "ADJUSTMENT",
    "store_id": "United Kingdom",
    "product_id": "21777",
    "quantity": -10,
    "occurred_at": "2026-11-22T23:50:00-05:00",
}
CHANGES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "plain": ({}, []),
    "with cost": ({"unit_cost": "1.25", "currency": "GBP", "business_date": "2026-11-22"}, []),
    "cost without currency": ({"unit_cost": "1.25"}, ["cost_has_currency"]),
    "moved by a sale": ({"movement_type": "SALE"}, ["movement_type_allowed"]),
    "of another version": ({"schema_version": 2}, ["schema_version_range"]),
    "quantity of 4 decimals": ({"quantity": "0.1234"}, ["quantity_digits"]),
    "time without offset": ({"occurred_at": "2026-11-23T10:15:00"}, ["occurred_at_form"]),
    "two years back": ({"business_date": "2024-11-23"}, ["business_date_window"]),
    "without product": ({"product_id": None}, ["product_id_required"]),
}


@pytest.fixture(scope="module")
def rows(spark: SparkSession, home_settings: Settings) -> dict[str, dict[str, Any]]:
    values: list[bytes | None] = [json.dumps(GOOD | change).encode() for change, _ in CHANGES.values()]
    judged = judged_events(
        kafka_records(spark, values), load_contract("topics", "inventory_movements"), home_settings, "m4"
    )
    return dict(zip(CHANGES, rows_of(judged.orderBy("offset")), strict=True))


@pytest.mark.parametrize("name", CHANGES)
def test_a_movement_breaks_exactly_the_rules_that_name_its_fault(
    rows: dict[str, dict[str, Any]], name: str
) -> None:
    assert rows[name]["rule_ids"] == CHANGES[name][1]


def test_a_movement_gets_its_local_date_and_unit_and_counts_as_one_line(
    rows: dict[str, dict[str, Any]],
) -> None:
    row = rows["plain"]
    assert (row["business_date"], row["uom"], row["line_count"]) == (dt.date(2026, 11, 23), "EA", 1)
    assert (row["quantity"], row["unit_cost"]) == (Decimal("-10.000"), None)
    assert rows["with cost"]["business_date"] == dt.date(2026, 11, 22)


@pytest.mark.parametrize("topic", SILVER_TABLE)
def test_judged_events_have_the_types_of_their_silver_table(
    spark: SparkSession, home_settings: Settings, topic: str
) -> None:
    judged = judged_events(kafka_records(spark, []), load_contract("topics", topic), home_settings, "m5")
    table = load_contract("silver", SILVER_TABLE[topic]).table
    given = {"checkpoint_id", "batch_id"}
    seen = {field.name: field.dataType.simpleString() for field in judged.schema.fields}
    wanted = {
        field.name: field.dataType.simpleString() for field in contract_type("silver", table.name).fields
    }
    assert {name: seen[name] for name in wanted if name not in given} == {
        name: kind for name, kind in wanted.items() if name not in given
    }
