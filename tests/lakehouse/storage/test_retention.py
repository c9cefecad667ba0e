"""What upkeep lets go of, and what it keeps for whoever may still read it."""

from __future__ import annotations

import datetime as dt

import pytest

from lakehouse.contracts import load_contract
from lakehouse.settings import Settings
from lakehouse.storage.gates import Gate
from lakehouse.storage.maintenance import is_last_snapshot_shown
from orchestration.publisher import REFRESH_SECONDS

NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)


def gate(*, is_open: bool, days: float) -> Gate:
    since = NOW - dt.timedelta(days=days)
    return Gate("gold.fct_receipts", is_open, (), (), 1, since, NOW, 1, {}, True, None, "r")


@pytest.mark.check
@pytest.mark.parametrize(
    ("gates", "is_shown"),
    [
        ([], False),
        ([gate(is_open=True, days=2)], False),
        ([gate(is_open=True, days=2), gate(is_open=False, days=30)], True),
        ([gate(is_open=True, days=0.5)], True),
    ],
)
def test_no_file_goes_that_a_warehouse_behind_a_closed_gate_may_still_read(
    gates: list[Gate], is_shown: bool
) -> None:
    assert is_last_snapshot_shown(gates, NOW) is is_shown


@pytest.mark.check
def test_vacuum_waits_far_longer_than_the_time_between_two_refreshes() -> None:
    least = next(each.ge for each in Settings.model_fields["retention_hours"].metadata if hasattr(each, "ge"))
    hourly = 3600.0  # the DAG retail_analytics refreshes once an hour where no publisher runs
    assert least * 3600 >= 20 * max(REFRESH_SECONDS, hourly)


@pytest.mark.check
def test_retention_in_years_is_counted_in_days() -> None:
    assert load_contract("bronze", "sales_data").retention_days == 800
    assert load_contract("silver", "receipts").retention_days == 7 * 365
    assert load_contract("topics", "sales_data").kafka["retention.ms"] == str(7 * 86_400_000)
