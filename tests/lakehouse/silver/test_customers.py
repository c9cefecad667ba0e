"""Customers are judged like every record; one without value erases the customer that its key names."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lakehouse.contracts import load_contract
from lakehouse.settings import Settings
from lakehouse.silver.customer_key import customer_key
from lakehouse.silver.judged_events import judged_events
from tests.lakehouse.sales_events import RECEIVED_AT, kafka_records, rows_of

ANN = {
    "event_id": "c42@1",
    "schema_version": 1,
    "customer_id": "c42",
    "name": "Ann",
    "has_consent": True,
    "effective_at": "2019-06-01T00:30:00+02:00",
}
CASES: dict[str, tuple[bytes | None, bytes | None, list[str]]] = {
    "a state of seven years ago": (b"c42", json.dumps(ANN).encode(), []),
    "a tombstone": (b"c42", None, []),
    "a tombstone without key": (None, None, ["customer_id_required"]),
    "a tombstone with an empty key": (b"", None, ["customer_id_length"]),
    "a tombstone whose key is no text": (b"\xff\xfe", None, ["customer_id_required"]),
    "an empty value": (b"c42", b"", ["value_present"]),
}


@pytest.fixture(scope="module")
def rows(spark: SparkSession, home_settings: Settings) -> dict[str, dict[str, Any]]:
    records = kafka_records(spark, [value for _, value, _ in CASES.values()])
    keys = F.array(*[F.lit(key) for key, _, _ in CASES.values()])
    keyed = records.withColumns(
        {"key": F.get(keys, F.col("offset").cast("int")), "topic": F.lit("customers")}
    )
    with_pseudonym = judged_events(
        keyed, load_contract("topics", "customers"), home_settings, "m6"
    ).withColumn("wanted", customer_key(F.lit("c42"), home_settings.customer_secret.get_secret_value()))
    return dict(zip(CASES, rows_of(with_pseudonym.orderBy("offset")), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_a_record_breaks_exactly_the_rules_that_name_its_fault(
    rows: dict[str, dict[str, Any]], name: str
) -> None:
    assert rows[name]["rule_ids"] == CASES[name][2]


def test_a_tombstone_erases_its_customer_from_its_arrival_on(rows: dict[str, dict[str, Any]]) -> None:
    row = rows["a tombstone"]
    assert (row["customer_id"], row["is_erased"], row["has_consent"], row["name"]) == (
        "c42",
        True,
        False,
        None,
    )
    assert (row["effective_at"], row["business_date"]) == (RECEIVED_AT, RECEIVED_AT.date())
    assert (row["customer_key"], row["line_count"]) == (row["wanted"], 1)
    assert "c42" not in row["event_id"]


def test_a_state_holds_since_it_took_effect_and_its_date_is_that_of_utc(
    rows: dict[str, dict[str, Any]],
) -> None:
    row = rows["a state of seven years ago"]
    assert (row["is_erased"], row["business_date"]) == (False, dt.date(2019, 5, 31))
    assert row["customer_key"] == row["wanted"]
