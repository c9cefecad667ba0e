"""Figures of the observer: nothing is counted twice, and a fault is seen whatever its direction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest

from ingestion.stream_lag import Lag
from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import LakeReader
from orchestration.observe.look import Look, difference, freshness_samples, lag_samples
from orchestration.observe.metrics import Sample
from orchestration.observe.observer import Silence
from quality.freshness import Arrival, Newest
from tests.orchestration.conftest import Rows, balance, refused

NOW = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("landed", "before", "after", "seen"),
    [
        (10, 10, 10, 0),
        (12, 10, 15, 0),  # a batch came in between
        (9, 10, 15, -1),  # bronze lost a row
        (16, 10, 15, 1),  # a batch is being written, or the ledger lost a row
    ],
)
def test_bronze_and_ledger_differ_only_beyond_what_a_batch_in_between_explains(
    landed: int, before: int, after: int, seen: int
) -> None:
    assert difference(landed, before, after) == seen


def test_faults_of_two_rows_do_not_cancel_each_other(
    settings: Settings, lake: LakeReader, write: Callable[[str, Rows], None]
) -> None:
    write("ops.ledger", [balance(10, 9, 0, 0), balance(10, 11, 0, 0)])
    write(
        "silver.quarantine", [refused(1, b"", "price_digits", "json_object"), refused(2, b"", "price_digits")]
    )
    seen = {(sample.name, *sample.labels): sample.value for sample in Look(settings, lake).tables()}
    assert seen["ledger_unbalanced_records",] == 2
    assert seen["ledger_bronze_difference_records",] == -20
    assert seen["quarantine_records", "price_digits"] == 2
    assert seen["table_rows", "ops", "ledger"] == 2
    assert ("table_rows", "gold", "fct_receipts") not in seen


def test_a_partition_without_a_waiting_record_is_no_second_behind() -> None:
    waiting = Lag("sales_data", 1, 5, 8, NOW - dt.timedelta(seconds=90))
    seen = list(lag_samples([Lag("sales_data", 0, 7, 7, None), waiting], NOW))
    assert Sample("stream_lag_seconds", 0.0, ("sales_data", "0")) in seen
    assert Sample("stream_lag_seconds", 90.0, ("sales_data", "1")) in seen
    assert Sample("stream_lag_records", 3, ("sales_data", "1")) in seen


def test_the_age_of_a_layer_grows_while_nothing_comes() -> None:
    latest = {
        "gold": Arrival("gold", NOW - dt.timedelta(seconds=57), Newest(NOW - dt.timedelta(seconds=60), False))
    }
    assert list(freshness_samples(latest, NOW)) == [
        Sample("freshness_age_seconds", 60.0, ("gold",)),
        Sample("freshness_lag_seconds", 3.0, ("gold",)),
    ]


def test_a_silent_topic_gets_one_canary_a_minute_and_a_busy_one_none() -> None:
    silence = Silence(60)
    assert not silence.is_due(5, 0)
    assert not silence.is_due(6, 50)  # a till sold
    assert not silence.is_due(6, 109)
    assert silence.is_due(6, 110)
    silence.sang(110)
    assert not silence.is_due(7, 120)
    assert silence.is_due(7, 170)
    assert not Silence(0).is_due(0, 1e9)


def test_sums_of_the_ledger_are_exact(
    settings: Settings, lake: LakeReader, write: Callable[[str, Rows], None]
) -> None:
    write("ops.ledger", [balance(10, 8, 1, 1)])
    look = Look(settings, lake)
    list(look.tables())
    write("ops.ledger", [balance(5, 5, 0, 0)])
    seen = {
        sample.labels: Decimal(sample.value) for sample in look.tables() if sample.name == "ledger_records"
    }
    assert seen == {("received",): 15, ("accepted",): 13, ("duplicate",): 1, ("quarantined",): 1}
