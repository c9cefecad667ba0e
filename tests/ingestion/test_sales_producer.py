"""The producer's command delivers what it queued, whatever stops it or the broker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.local.stack import server_status
from ingestion.events import SALES_DATA
from ingestion.sales_consumer import Reading, check_arrivals, read_records
from ingestion.sales_producer import Pace, simulate
from ingestion.shop import ShopPlan
from ingestion.topics import ensure_topics
from lakehouse.settings import Settings, load_settings

COMMAND = [sys.executable, "-m", "ingestion.sales_producer", "--json"]


def environment(settings: Settings) -> dict[str, str]:
    ours = {"BOOTSTRAP": settings.bootstrap, "PREFIX": settings.topic_prefix, "HOME": str(settings.home)}
    names = {"BOOTSTRAP": "RETAIL_KAFKA_BOOTSTRAP", "PREFIX": "RETAIL_TOPIC_PREFIX", "HOME": "RETAIL_HOME"}
    return os.environ | {names[name]: value for name, value in ours.items()}


def test_without_a_broker_the_command_ends_with_3_and_says_what_to_do(tmp_path: Path) -> None:
    closed = load_settings(kafka_bootstrap="127.0.0.1:1", home=tmp_path)
    ended = subprocess.run(COMMAND, env=environment(closed), capture_output=True, text=True, check=False)
    assert ended.returncode == 3
    assert "no Kafka broker at 127.0.0.1:1" in ended.stderr
    assert "retail up" in ended.stderr
    assert ended.stdout == ""


@pytest.mark.stack
def test_a_stopped_producer_delivers_what_it_queued_and_prints_its_counts(stack_settings: Settings) -> None:
    ensure_topics(stack_settings)
    command = [*COMMAND, "--shape", "mixed", "--rate", "2000"]
    with subprocess.Popen(
        command, env=environment(stack_settings), stdout=subprocess.PIPE, text=True
    ) as producer:
        time.sleep(2.5)
        producer.send_signal(signal.SIGTERM)
        output, _ = producer.communicate(timeout=20)
    counts = json.loads(output)
    assert producer.returncode == 0
    assert counts["delivered"] == counts["events"] == counts["v1"] + counts["v2"] > 0
    found = check_arrivals(stack_settings, SALES_DATA, Reading(limit=counts["events"], idle_seconds=5))
    assert (found["records"], found["sound"]) == (counts["events"], True)


@pytest.mark.stack
def test_a_broker_killed_while_the_tills_sell_loses_and_repeats_nothing(stack_settings: Settings) -> None:
    ensure_topics(stack_settings)
    killer = threading.Thread(target=kill_broker, args=(stack_settings, lambda: time.sleep(1.0)))
    killer.start()
    pace = Pace(rate=4_000, limit=20_000)
    counts = simulate(stack_settings, ShopPlan(seed=3, shape="v1"), pace)
    killer.join()
    assert counts["delivered"] == 20_000
    records = read_records(stack_settings, SALES_DATA, Reading(limit=20_001, idle_seconds=3))
    ids = [json.loads(record.value or b"")["id"] for record in records]
    assert len(ids) == len(set(ids)) == 20_000


def kill_broker(settings: Settings, before: Callable[[], None]) -> None:
    """SIGKILL the broker; its supervisor starts it again on the same data."""
    before()
    (pid,) = [status.pid for status in server_status(settings) if status.name == "kafka"]
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
