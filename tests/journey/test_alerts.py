"""Three bad days of a running house, each seen by the observer, told by Prometheus' rules and mended by the runbook.

Figures are those of the observer over real servers, 15 s of its clock apart; the application is the real one. The steps of
the runbook are carried out as they stand there.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from ingestion.kafka_producer import EventSender
from ingestion.topics import ensure_topics
from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import lake_reader, lease_holder
from lakehouse.storage.lease import Lease
from orchestration.catch_up import StreamBehind
from orchestration.observe.observer import Observer
from orchestration.plan import MEDALLION
from orchestration.stream_watch import StreamSilent, watched
from tests.infra.promtool import STEP_SECONDS, assert_fires
from tests.journey.bad_ledger import write_ledger

pytestmark = [pytest.mark.stack, pytest.mark.long, pytest.mark.timeout(1800)]
RUNBOOK = Path(__file__).resolve().parents[2] / "docs" / "runbook.md"


class Watch:
    """What a Prometheus that scrapes every 15 s has seen."""

    def __init__(self, settings: Settings) -> None:
        self._observer, self._start = Observer(settings, print), dt.datetime.now(dt.UTC)
        self._looks = 0
        self._series: dict[str, list[float | None]] = {}

    def go_on(self, seconds: int) -> None:
        """So many seconds more of the observer's clock."""
        for _ in range(seconds // STEP_SECONDS):
            at = self._start + dt.timedelta(seconds=STEP_SECONDS * self._looks)
            self._observer.look(at, is_kept=False)
            seen = generate_latest(self._observer.figures.registry).decode()
            for family in text_string_to_metric_families(seen):
                for sample in family.samples:
                    labels = ",".join(f'{key}="{value}"' for key, value in sorted(sample.labels.items()))
                    known = self._series.setdefault(f"{sample.name}{{{labels}}}", [])
                    known += [None] * (self._looks - len(known)) + [sample.value]
            self._looks += 1

    @property
    def seconds(self) -> int:
        """Since the first look."""
        return STEP_SECONDS * (self._looks - 1)

    def assert_now(self, alerts: set[str], folder: Path) -> None:
        """Exactly these alerts fire at the last look."""
        assert_fires(self._series, {self.seconds: alerts}, folder)


def until(is_so: Callable[[], bool], what: str, seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds:.0f} s"
        time.sleep(0.5)


def has_caught_up(settings: Settings) -> bool:
    try:
        return bool(watched(settings, dt.datetime.now(dt.UTC))["records"] == 0)
    except (StreamSilent, StreamBehind):
        return False


def environment(settings: Settings) -> dict[str, str]:
    own = {"RETAIL_TOPIC_PREFIX": settings.topic_prefix, "RETAIL_LAKE_PREFIX": settings.lake_prefix}
    return os.environ | own | {"RETAIL_HOME": str(settings.home)}


def retail(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "retail"), *arguments]
    return subprocess.run(
        command, env=environment(settings), capture_output=True, text=True, timeout=300, check=False
    )


@contextmanager
def application(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """The application as it runs for ever; it stands at the end of its topics when the block begins."""
    command = [str(Path(sys.executable).parent / "retail"), "process", "--trigger", "continuous"]
    with subprocess.Popen(command, env=environment(settings)) as process:
        try:
            until(lambda: has_caught_up(settings), "catching up")
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def sell(settings: Settings, count: int) -> None:
    now = dt.datetime.now(dt.UTC).isoformat()
    text = '{{"id": {n}, "product": "A", "quantity": 1, "price": 2.5, "sales_time": "{now}"}}'
    with EventSender(settings) as sender:
        pairs = [(str(n).encode(), text.format(n=n, now=now).encode()) for n in range(count)]
        sender.send_pairs("sales_data", pairs)


def runbook_code(alert: str) -> str:
    """The block of Python in the section of an alert."""
    section = RUNBOOK.read_text(encoding="utf-8").partition(f"### {alert}\n")[2].partition("\n### ")[0]
    return section.partition("<<'END'\n")[2].partition("\nEND\n")[0]


@pytest.fixture
def house(stack_settings: Settings) -> Settings:
    """Sixty sales wait in the topic; nothing has read them."""
    ensure_topics(stack_settings)
    sell(stack_settings, 60)
    return stack_settings


def test_a_stalled_partition_a_killed_stream_and_a_broken_ledger_raise_their_alerts_and_are_mended(
    house: Settings, tmp_path: Path
) -> None:
    watch = Watch(house)
    stall(house, watch, tmp_path)
    with application(house):  # step 3 of RetailPartitionStalled: restart the application
        watch.go_on(30)
        watch.assert_now(set(), tmp_path)
        watch = Watch(house)
        watch.go_on(15)
        kill_the_stream(house)
        watch.go_on(105)
        watch.assert_now({"RetailStreamDown"}, tmp_path)
        assert "nobody" in retail(house, "status").stdout.split("Servers")[0]
    with application(house) as running:  # step 3 of RetailStreamDown: start it again
        watch.go_on(30)
        watch.assert_now(set(), tmp_path)
        break_and_mend_the_ledger(house, running, tmp_path)


def stall(house: Settings, watch: Watch, folder: Path) -> None:
    """A stream that lives, has taken two partitions and stands still in the third."""
    with Lease(house, MEDALLION.name) as lease:
        topic = house.topic("sales_data")
        lease.stands_at({(topic, 0): 1000, (topic, 1): 1, (topic, 2): 1000})
        until(lambda: bool((holder := lease_holder(house)) and holder.position), "a heartbeat")
        watch.go_on(195)
        watch.assert_now({"RetailPartitionStalled"}, folder)
        shown = retail(house, "consume", "--topic", "sales_data", "--limit", "5", "--show")
        assert shown.returncode == 0, shown.stderr  # step 1: the broker can deliver
        assert shown.stderr.count('"product"') == 5


def kill_the_stream(house: Settings) -> None:
    """SIGKILL to the driver, to the JVM that started it, and to nothing else."""
    holder = lease_holder(house)
    assert holder is not None
    driver = psutil.Process(holder.pid)
    jvm = driver.parent()
    assert jvm is not None
    assert "java" in jvm.name()
    for process in (jvm, driver):
        process.kill()
    until(lambda: lease_holder(house) is None, "the end of the lease")


def break_and_mend_the_ledger(house: Settings, running: subprocess.Popen[bytes], folder: Path) -> None:
    """A row that does not add up, found by reconcile and taken back as the runbook says."""
    watch = Watch(house)
    watch.go_on(30)
    watch.assert_now(set(), folder)
    good = lake_reader(house).table("ops", "ledger")
    assert good is not None
    version = good.version()
    write_ledger(house, {"batch_id": 999, "received": 5, "accepted": 2, "duplicate": 1, "last_offset": 4})
    watch.go_on(15)
    watch.assert_now({"RetailLedgerUnbalanced"}, folder)
    running.send_signal(signal.SIGTERM)  # step 3: stop the writer
    running.wait(60)
    found = retail(house, "reconcile")
    assert found.returncode == 1, found.stdout + found.stderr
    assert "999" in found.stdout + found.stderr
    code = runbook_code("RetailLedgerUnbalanced")
    assert "VERSION" in code
    done = subprocess.run(
        [sys.executable, "-c", code.replace("VERSION", str(version))],
        env=environment(house),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    again = retail(house, "reconcile")
    assert again.returncode == 0, again.stdout + again.stderr
    watch.go_on(30)
    watch.assert_now(set(), folder)
