"""A customer is erased by the commands while the application runs: it survives, and writes nobody back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.compute as pc  # type: ignore[import-untyped]
import pytest

from lakehouse.rules.pseudonym import ERASED
from lakehouse.storage.lake_reader import lake_reader
from tests.journey.erased_lake import ID, OTHER, Pairs, people, sale, sales, send

pytestmark = [pytest.mark.stack, pytest.mark.long]


def until(found: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 600
    while not found():
        assert time.monotonic() < deadline, f"{what} did not happen"
        time.sleep(2)


@pytest.fixture
def application(lake) -> Iterator[subprocess.Popen[bytes]]:
    own = {
        "RETAIL_HOME": str(lake.settings.home),
        "RETAIL_TOPIC_PREFIX": lake.settings.topic_prefix,
        "RETAIL_LAKE_PREFIX": lake.settings.lake_prefix,
    }
    command = [str(Path(sys.executable).parent / "retail"), "process", "--trigger", "continuous"]
    running = subprocess.Popen(command, env=os.environ | own)
    yield running
    running.send_signal(signal.SIGINT)
    running.wait(90)


def test_the_stream_goes_on_and_writes_the_customer_no_more(lake, retail, application):
    reader = lake_reader(lake.settings)

    def receipts() -> int:
        return reader.row_count("gold", "fct_receipts") or 0

    send(lake.settings, {"customers": people(), "sales_data": sales()})
    until(lambda: receipts() == 26, "the first batch")
    done = retail("erase", ID, "--json", prefix=lake.settings.lake_prefix, RETAIL_WAREHOUSE="off")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["state"], told["found_after"]) == ("CERTIFIED", [])
    assert ID not in done.stdout
    again: Pairs = [(b"till-1", sale(3, ID)), (b"till-1", sale(61, ID)), (b"till-1", sale(62, OTHER))]
    send(lake.settings, {"sales_data": again})
    until(lambda: receipts() == 28, "the batch after the erasure")
    assert application.poll() is None, "the application lives"
    later = reader.rows(
        "gold", "fct_receipts", ("event_id", "customer_key"), pc.field("event_id").isin(["e61"])
    )
    assert later is not None
    assert later["customer_key"].to_pylist() == [ERASED]
    agrees = retail("reconcile", "--json", prefix=lake.settings.lake_prefix)
    assert agrees.returncode == 0, agrees.stdout
