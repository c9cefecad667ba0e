"""Each alert rule fires over the figures of its fault, and none over those of a good day: judged by Prometheus itself."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.infra.promtool import RULES, STEP_SECONDS, Series, assert_fires

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]  # the first one may build promtool

MINUTES = 25
COUNT = MINUTES * 60 // STEP_SECONDS + 1


def still(value: float) -> list[float | None]:
    return [value] * COUNT


def rising(step: float) -> list[float | None]:
    return [step * number for number in range(COUNT)]


def buckets(slow: float) -> Series:
    """Three batches each 15 s, of which ``slow`` take between 30 and 60 s."""
    counts = {"3": 3 - slow, "30": 3 - slow, "60": 3, "+Inf": 3}
    return {f'retail_stream_batch_seconds_bucket{{le="{le}"}}': rising(count) for le, count in counts.items()}


P1 = '{topic="sales_data",partition="1"}'
GOOD: Series = {
    "retail_observed_timestamp_seconds": rising(STEP_SECONDS),
    'retail_server_up{server="kafka"}': still(1),
    "retail_stream_up": still(1),
    f"retail_stream_position{P1}": rising(100),
    f"retail_stream_lag_records{P1}": still(30),
    f"retail_stream_lag_seconds{P1}": still(2),
    'retail_freshness_age_seconds{layer="gold"}': still(4),
    "retail_ledger_unbalanced_records": still(0),
    "retail_ledger_bronze_difference_records": still(0),
    'retail_quarantine_records{rule="price_digits"}': rising(1),
    'retail_ledger_records{outcome="received"}': rising(100),
    'retail_gate_closed{table="gold.fct_receipts"}': still(0),
    'retail_process_restarts{process="run_medallion"}': still(0),
    **buckets(0),
}
# Name of the alert -> what is otherwise than on a good day. Some faults are two at once.
FAULTS: dict[str, tuple[Series, set[str]]] = {
    "RetailObserverSilent": ({"retail_observed_timestamp_seconds": still(0)}, set()),
    "RetailServerDown": ({'retail_server_up{server="kafka"}': still(0)}, set()),
    "RetailStreamDown": ({"retail_stream_up": still(0)}, set()),
    "RetailPartitionStalled": (
        {f"retail_stream_position{P1}": still(7), f"retail_stream_lag_seconds{P1}": rising(STEP_SECONDS)},
        {"RetailStreamBehind"},
    ),
    "RetailStreamBehind": ({f"retail_stream_lag_seconds{P1}": still(90)}, set()),
    "RetailBatchesSlow": (buckets(1), set()),
    "RetailFreshnessLost": ({'retail_freshness_age_seconds{layer="gold"}': still(200)}, set()),
    "RetailLedgerUnbalanced": ({"retail_ledger_unbalanced_records": still(2)}, set()),
    "RetailLedgerIncomplete": ({"retail_ledger_bronze_difference_records": still(-1)}, set()),
    "RetailQuarantineGrows": ({'retail_quarantine_records{rule="price_digits"}': rising(6)}, set()),
    "RetailGateClosed": ({'retail_gate_closed{table="gold.fct_receipts"}': still(1)}, set()),
    "RetailProcessRestarts": (
        {'retail_process_restarts{process="run_medallion"}': [n // 16 for n in range(COUNT)]},
        set(),
    ),
}


def test_every_rule_is_tried_here() -> None:
    rules = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"][0]["rules"]
    assert {rule["alert"] for rule in rules} == FAULTS.keys()


def test_no_alert_on_a_good_day(tmp_path: Path) -> None:
    every = 5 * 60
    assert_fires(GOOD, {seconds: set() for seconds in range(every, MINUTES * 60, every)}, tmp_path)


@pytest.mark.parametrize("alert", FAULTS)
def test_a_fault_raises_its_alert_and_no_other(alert: str, tmp_path: Path) -> None:
    fault, also = FAULTS[alert]
    assert_fires({**GOOD, **fault}, {MINUTES * 60: {alert} | also}, tmp_path)


def test_without_an_observer_one_alert_speaks_for_all(tmp_path: Path) -> None:
    assert_fires({"up": still(0)}, {MINUTES * 60: {"RetailObserverSilent"}}, tmp_path)
