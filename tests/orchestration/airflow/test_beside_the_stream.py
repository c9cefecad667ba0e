"""Round and backfill while `retail run` streams into the same lake: the stream goes on, the figures stay."""

from __future__ import annotations

import datetime as dt
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from infra.local.servers import log_path
from ingestion.kafka_producer import EventSender
from lakehouse.contracts import load_contract
from lakehouse.storage.objects import s3_client
from lakehouse.storage.requests import read_request
from orchestration.job_log import LogTail
from orchestration.plan import MEDALLION
from tests.orchestration.airflow.api import Api
from tests.orchestration.airflow.conftest import Clock, hour
from tests.orchestration.airflow.test_retail_analytics import GREEN

pytestmark = [pytest.mark.stack, pytest.mark.long, pytest.mark.timeout(1800)]
DAYS = [
    hour() - dt.timedelta(days=back) for back in (9, 8, 7)
]  # the simulated tills are late by three at most


@pytest.fixture
def stream(clock: Clock) -> Iterator[LogTail]:
    """A shop of 50 lines a second, streamed to gold; the log of the application from here on."""
    tail = LogTail.at_end(log_path(clock.settings, MEDALLION.name))
    retail = str(Path(sys.executable).parent / "retail")
    command = subprocess.Popen(
        [retail, "run", "--source", "simulate", "--rate", "50"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield tail
    command.send_signal(signal.SIGINT)
    assert command.wait(120) == 0


def sold(clock: Clock, day: dt.datetime) -> tuple[int, Decimal]:
    """Lines and net amount of a day in gold."""
    rows = clock.lake.rows("gold", "fct_sales_lines", ["business_date", "net_amount"])
    sold_lines = [] if rows is None else rows.to_pylist()
    amounts = [line["net_amount"] for line in sold_lines if line["business_date"] == day.date()]
    return len(amounts), sum(amounts, Decimal(0))


def test_the_round_waits_for_the_stream_and_a_backfill_leaves_it_fresh(clock: Clock, stream: LogTail) -> None:
    lines = [
        {"id": n, "product": "85123A", "quantity": 1, "price": "2.55", "sales_time": day.isoformat()}
        for n, day in enumerate(DAYS * 20)
    ]
    with EventSender(clock.settings) as sender:
        sender.send_pairs("sales_data", [(None, json.dumps(line).encode()) for line in lines])
    expected = {day: (20, Decimal("51.0000")) for day in DAYS}
    Api.until(lambda: {day: sold(clock, day) for day in DAYS} == expected, 900)

    states, log = clock.run("retail_analytics", hour())
    assert states == GREEN, log[-6000:]
    assert "has passed" in log
    assert "nothing is left to do here" in log

    stream.events()  # what was before the backfill
    given = {"from": f"{DAYS[0]:%F}", "to": f"{DAYS[2]:%F}", "pause_seconds": 1}
    states, log = clock.run("retail_backfill", hour(), given)
    assert set(states.values()) == {"success"}, log[-6000:]
    assert {day: sold(clock, day) for day in DAYS} == expected
    late = [event["freshness_p95"] for event in stream.events() if "freshness_p95" in event]
    assert late, "the stream stood still"
    promised = load_contract("gold", "fct_sales_lines").freshness_seconds
    assert promised is not None
    assert max(late) < promised
    print(f"freshness p95 of {len(late)} batches during the backfill: worst {max(late):.1f} s")

    done = s3_client(clock.settings).list_objects_v2(
        Bucket=clock.settings.bucket, Prefix=f"{clock.settings.lake_key}_requests/ended/"
    )["Contents"]
    request = read_request(s3_client(clock.settings), clock.settings, Path(done[0]["Key"]).stem)
    assert request is not None
    assert request.done == {f"{day:%F}": "20 receipts, 20 lines" for day in DAYS}
