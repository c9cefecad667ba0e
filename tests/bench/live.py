"""The one application running live beside a bench, and what can be seen of it from outside."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from infra.local.stack import server_status
from ingestion.sales_producer import Pace, simulate
from ingestion.shop import ShopPlan
from lakehouse.contracts import contract_names
from lakehouse.settings import Layer, Settings
from lakehouse.storage.lake_reader import LakeReader, lake_reader
from orchestration.spark_submit import spark_submit_command
from tests.bench.evidence import ROOT
from tests.bench.submitted import environment

_JOB = "orchestration/jobs/run_medallion.py"
_LAYERS: tuple[Layer, ...] = ("bronze", "silver", "gold", "ops")

Told = dict[str, float]
"""What the application logs of a batch."""
Series = list[tuple[float, float]]
"""(seconds since the epoch, value)."""


@contextmanager
def application(settings: Settings, log: Path) -> Iterator[subprocess.Popen[str]]:
    """The one application over the topics and the lake of ``settings``."""
    own = {
        "RETAIL_STOCK_SECONDS": "0",  # plain shops have no stock, and no customers of their own
        "RETAIL_CUSTOMERS_SECONDS": "0",
    }
    command = spark_submit_command(settings, _JOB, ["--trigger", "continuous"])
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("w") as sink,
        subprocess.Popen(
            command, env=environment(settings) | own, stdout=sink, stderr=sink, text=True, cwd=ROOT
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            process.wait(60)


def batches(log: Path) -> list[Told]:
    """The batches that the application has told of."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return [json.loads(line) for line in lines if line.startswith('{"event": "batch"')]


def wait_until(done: Callable[[], bool], job: subprocess.Popen[str], log: Path, seconds: float) -> None:
    """Wait for it while the application lives; raises SystemExit when it ends, or after so many seconds."""
    deadline = time.monotonic() + seconds
    while not done():
        if job.poll() is not None:
            raise SystemExit(f"the application ended with {job.returncode}; its log is {log}")
        if time.monotonic() > deadline:
            raise SystemExit(f"not done after {seconds} s; batches so far: {batches(log)[-3:]}; log {log}")
        time.sleep(1)


def family_bytes(process: psutil.Process) -> int:
    """Resident memory of a process and all its children."""
    total = 0
    for each in (process, *process.children(recursive=True)):
        try:
            total += each.memory_info().rss
        except psutil.NoSuchProcess:  # a child that ended between the two questions
            continue
    return total


@dataclass
class Watch:
    """Resident memory (MiB) of the application and the servers, and data files of each table, over time."""

    settings: Settings
    job: psutil.Process
    memory: dict[str, Series] = field(default_factory=dict)
    files: dict[str, Series] = field(default_factory=dict)

    def look(
        self, stopped: threading.Event, memory_seconds: float = 2.0, files_seconds: float = 15.0
    ) -> None:
        """Look until stopped; an error ends it and is raised."""
        reader, counted = lake_reader(self.settings), 0.0
        while not stopped.wait(memory_seconds):
            now = time.time()
            sizes = {each.name: each.rss for each in server_status(self.settings) if each.rss}
            for name, size in {"driver": family_bytes(self.job), **sizes}.items():
                self.memory.setdefault(name, []).append((now, round(size / 2**20)))
            if now - counted > files_seconds:
                counted = now
                self._count(reader, now)

    def _count(self, reader: LakeReader, now: float) -> None:
        for layer in _LAYERS:
            for name in contract_names(layer):
                table = reader.table(layer, name)
                if table is not None and (files := len(table.file_uris())):
                    self.files.setdefault(f"{layer}.{name}", []).append((now, files))


@dataclass(frozen=True)
class Selling:
    """The application under a watch, and tills that sell meanwhile."""

    job: subprocess.Popen[str]
    watch: Watch
    _sending: Future[dict[str, int]]
    _enough: threading.Event

    def close_tills(self) -> dict[str, int]:
        """Sell no more; what was sent of each kind."""
        self._enough.set()
        return self._sending.result()


@contextmanager
def selling(settings: Settings, log: Path, plan: ShopPlan, rate: float) -> Iterator[Selling]:
    """Start the application and tills at ``rate`` lines a second; both end with the block, and an error of the watch is
    raised then."""
    stopped, enough = threading.Event(), threading.Event()
    with application(settings, log) as job, ThreadPoolExecutor(2) as pool:
        watch = Watch(settings, psutil.Process(job.pid))
        looking = pool.submit(watch.look, stopped)
        sending = pool.submit(simulate, settings, plan, Pace(rate=rate, unit="lines"), enough.is_set)
        try:
            yield Selling(job, watch, sending, enough)
        finally:
            enough.set()
            stopped.set()
        looking.result()
