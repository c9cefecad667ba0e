"""Refused records are kept byte for byte, with their coordinates and a reason that one can act on."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from lakehouse.contracts import load_contract
from lakehouse.settings import Settings
from lakehouse.silver.judged_events import CONFLICT, all_rules
from lakehouse.silver.quarantine import quarantine
from tests.lakehouse.sales_events import RECEIVED_AT, rows_of
from tests.lakehouse.silver.conftest import CASES, NAMES
from tests.lakehouse.silver.hostile_records import REFUSED

EXCEPTION = "partition INT, offset BIGINT, outcome STRING, exception_ids ARRAY<STRING>"


@pytest.fixture(scope="module")
def kept(
    spark: SparkSession, judged: DataFrame, verdicts: dict[str, list[str]], home_settings: Settings
) -> dict[str, dict[str, Any]]:
    """Rows of quarantine by case; the plain line is a conflict, the receipt a duplicate."""
    found = [(0, NAMES.index(name), "quarantined", verdicts[name]) for name in REFUSED]
    found += [
        (0, NAMES.index("plain line"), "quarantined", [CONFLICT.id]),
        (0, NAMES.index("receipt"), "duplicate", []),
    ]
    rules = all_rules(load_contract("topics", "sales_data"), home_settings)
    rows = quarantine(judged, spark.createDataFrame(found, EXCEPTION), rules, ("check1", 7))
    assert tuple(rows.columns) == load_contract("silver", "quarantine").table.column_names
    return {NAMES[row["offset"]]: row for row in rows_of(rows)}


def test_only_what_is_refused_is_quarantined(kept: dict[str, dict[str, Any]]) -> None:
    assert set(kept) == {*REFUSED, "plain line"}


def test_a_refused_record_keeps_its_bytes_and_coordinates(kept: dict[str, dict[str, Any]]) -> None:
    for name, row in kept.items():
        offset = NAMES.index(name)
        assert row["value"] == CASES[name], name
        assert (row["key"], row["received_at"]) == (b"till", RECEIVED_AT)
        assert (row["topic"], row["partition"], row["offset"]) == ("sales_data", 0, offset)
        assert row["quarantine_id"] == f"sales_data-0-{offset}"
        assert (row["checkpoint_id"], row["batch_id"]) == ("check1", 7)


def test_every_reason_names_its_rule_what_was_expected_and_what_was_seen(
    kept: dict[str, dict[str, Any]],
) -> None:
    for row in kept.values():
        assert len(row["reasons"]) == len(row["rule_ids"]) > 0
        for rule_id, reason in zip(row["rule_ids"], row["reasons"], strict=True):
            assert reason.startswith(f"{rule_id}: expected ")
            assert "; seen " in reason
            assert "expected ?" not in reason


@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        (
            "price of 5 decimals",
            ["price_digits: expected a plain number that fits DECIMAL(18,4); seen 0.12345"],
        ),
        ("no value (tombstone)", ["value_present: expected a JSON object, not an empty value; seen nothing"]),
        (
            "schema_version 3",
            ["shape_known: expected a shape of the contract: sale_line_v1, receipt_v2; seen 3"],
        ),
        (
            "31 February",
            ["sales_time_form: expected a time like 2026-11-23T10:15:00Z; seen 2026-02-31T10:15:00Z"],
        ),
        (
            "401 days back",
            [
                "business_date_window: expected at most 400 days before and 2 after the day of receipt; seen nothing"
            ],
        ),
        (
            "receipt: line type unknown",
            [
                'lines_line_type_allowed: expected one of ITEM, RETURN, FEE, SHIPPING, DEPOSIT, GIFT_CARD; seen "TIP"'
            ],
        ),
    ],
)
def test_a_reason_can_be_acted_on(kept: dict[str, dict[str, Any]], name: str, reasons: list[str]) -> None:
    assert kept[name]["reasons"] == reasons


def test_a_long_value_is_cut_in_its_reason_only(kept: dict[str, dict[str, Any]]) -> None:
    assert len(kept["value over 1 MiB"]["reasons"][0]) < 300
    assert len(kept["value over 1 MiB"]["value"]) > 1_048_576


def test_the_event_id_is_kept_where_it_could_be_read(kept: dict[str, dict[str, Any]]) -> None:
    assert kept["no price"]["event_id"] == "v1:17"
    assert kept["receipt: lines missing"]["event_id"] == "s1|r1|1001"
    assert kept["cut-off object"]["event_id"] is None
