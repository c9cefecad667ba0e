"""The hourly round over real servers with real spark-submits: from Kafka to control totals in the warehouse."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from ingestion.kafka_producer import EventSender
from orchestration.sources import Source, send_all
from tests.orchestration.airflow.conftest import Clock, hour, told_json

pytestmark = [pytest.mark.stack, pytest.mark.long, pytest.mark.timeout(3000)]

GREEN = dict.fromkeys(
    ("start", "process_data", "quality_gate", "load_to_snowflake", "verify", "end"), "success"
)
TOTALS = (
    'SELECT COUNT(*) AS N, SUM(QUANTITY) AS UNITS, SUM(PRICE * QUANTITY) AS NET FROM "SALES"."SALES_DATA"'
)


def send(clock: Clock, *ids: int) -> None:
    """Plain lines of three pieces at 2.55."""
    at = (hour() - timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    line = '{{"id": {}, "product": "85123A", "quantity": 3, "price": "2.55", "sales_time": "{}"}}'
    with EventSender(clock.settings) as sender:
        sender.send_pairs("sales_data", [(None, line.format(number, at).encode()) for number in ids])


def figures(clock: Clock) -> tuple[int, Decimal, Decimal]:
    row = clock.sql(TOTALS)[0]
    return int(row["N"]), Decimal(row["UNITS"]), Decimal(row["NET"])


def test_a_round_is_green_to_the_penny_and_a_closed_gate_keeps_the_last_good_figures(clock: Clock) -> None:
    send(clock, *range(1, 41))
    states, log = clock.run("retail_analytics", hour())
    assert states == GREEN, log[-6000:]
    assert figures(clock) == (40, Decimal(120), Decimal("306.00"))
    assert told_json(log, "agrees")["totals"]["GBP"]["lines"] == 40

    send(clock, 41, 42)
    spoilt = DeltaTable(f"{clock.lake.root}/gold/fct_sales_lines", storage_options=clock.lake.storage_options)
    spoilt.update(predicate="event_id = 'v1:7'", new_values={"net_amount": 9999})
    states, log = clock.run("retail_analytics", hour())
    assert states["process_data"] == "success", log[-6000:]
    assert states["quality_gate"] == "failed"
    assert (states["load_to_snowflake"], states["verify"]) == ("upstream_failed", "upstream_failed")
    assert "gold.fct_sales_lines: closed" in log
    assert "net_amount_agrees" in log
    assert figures(clock) == (40, Decimal(120), Decimal("306.00"))


def test_a_round_over_the_real_file_shows_its_control_totals_and_a_second_one_changes_nothing(
    clock: Clock, uci_file: Path, totals: dict[str, Any]
) -> None:
    send_all(clock.settings, Source(uci_file), lambda _sent, _all: None)
    sales = totals["sales"]
    expected = (sales["lines"], Decimal(sales["units"]), Decimal(sales["net_value"]))
    for _ in range(2):
        states, log = clock.run("retail_analytics", hour())
        assert states == GREEN, log[-6000:]
        assert told_json(log, "agrees")["agrees"]
        assert figures(clock) == expected
