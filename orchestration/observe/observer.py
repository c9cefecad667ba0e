"""The observer: looks every few seconds, serves what it saw to Prometheus, keeps ops.freshness, sends the canary.

A process beside the application, so that watching costs the stream nothing and goes on when the stream is dead.
"""

from __future__ import annotations

import datetime as dt
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError
from confluent_kafka import KafkaException
from deltalake.exceptions import DeltaError
from prometheus_client import generate_latest, start_http_server

from infra.local.ports import find_holder, taken_message
from infra.local.secrets_file import with_secrets
from infra.local.servers import log_path
from ingestion.canary import send_canary
from ingestion.stream_lag import Lag
from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import lake_reader
from orchestration.job_log import LogTail, last_batch
from orchestration.observe.look import Look, freshness_samples, lag_samples, stream_samples
from orchestration.observe.metrics import Figures, Sample
from orchestration.plan import MEDALLION
from orchestration.spark_job import progress_path
from quality.freshness_log import FreshnessLog

Tell = Callable[[str], None]
HOST = "127.0.0.1"


# What broker and store raise when they go in the middle of an answer.
_AWAY = (OSError, BotoCoreError, ClientError, DeltaError, KafkaException)


@dataclass
class Silence:
    """How long a topic has been silent. ``seconds`` of silence call for a canary; 0 = never."""

    seconds: float
    _end: int = -1
    _since: float = 0.0

    def is_due(self, end: int, now: float) -> bool:
        """Whether a canary is due; ``end``: sum of the topic's end offsets."""
        if end != self._end:
            self._end, self._since = end, now
        return bool(self.seconds) and now - self._since >= self.seconds

    def sang(self, now: float) -> None:
        """A canary was sent: its own record breaks no silence."""
        self._end, self._since = self._end + 1, now


class Observer:
    """What is known between two looks."""

    def __init__(self, settings: Settings, tell: Tell) -> None:
        self._settings, self._tell = settings, tell
        self._lake_reader = lake = lake_reader(settings)
        self._look, self._freshness = Look(settings, lake), FreshnessLog(settings, lake)
        self._tail = LogTail.at_end(log_path(settings, MEDALLION.name))
        self._silence, self._canaries = Silence(settings.canary_seconds), 0
        self._told = ""
        self.figures = Figures()

    def look(self, now: dt.datetime, is_kept: bool = True) -> None:
        """Look once and show it. ``is_kept``: write ops.freshness and send canaries too."""
        began = time.monotonic()
        samples = [*self._look.servers(), *self._batches()]
        trouble = ""
        try:
            samples += self._lake(now, is_kept)
            samples += self._stream(now, is_kept)
        except _AWAY as error:
            trouble = str(error)
            # What was half taken in, or written without an answer, is read again from the lake.
            self._freshness = FreshnessLog(self._settings, self._lake_reader)
        if trouble != self._told:
            self._tell(trouble or "everything answers")
            self._told = trouble
        samples.append(Sample("canaries_sent", self._canaries))
        samples.append(Sample("observe_seconds", time.monotonic() - began))
        samples.append(Sample("observed_timestamp_seconds", now.timestamp()))
        self.figures.show(samples)

    def _lake(self, now: dt.datetime, is_kept: bool) -> Iterator[Sample]:
        self._freshness.look()
        if is_kept:
            for row in self._freshness.keep(now):
                print(json.dumps({"event": "freshness", **row}, default=str), flush=True)
        yield from freshness_samples(self._freshness.latest, now)
        yield from self._look.tables()

    def _stream(self, now: dt.datetime, is_kept: bool) -> Iterator[Sample]:
        holder = self._look.holder()
        yield from stream_samples(holder)
        lags = self._look.lags(holder)
        yield from lag_samples(lags, now)
        if is_kept and holder is not None:
            self._sing(lags, now)

    def _sing(self, lags: list[Lag], now: dt.datetime) -> None:
        """Send a canary where no till has sold anything; only while a stream lives that will take it."""
        topic = self._settings.topic("sales_data")
        end = sum(lag.target for lag in lags if lag.topic == topic)
        if self._silence.is_due(end, now.timestamp()):
            send_canary(self._settings, now)
            self._silence.sang(now.timestamp())
            self._canaries += 1

    def _batches(self) -> Iterator[Sample]:
        """What the application's log and progress file say; both lie in this home, so nothing on a cluster."""
        for event in self._tail.events():
            if event["event"] == "batch":
                self.figures.batch_seconds.observe(event["seconds"])
        last = last_batch(progress_path(self._settings, MEDALLION)) or {}
        for quantile, name in (("0.5", "freshness_p50"), ("0.95", "freshness_p95")):
            if name in last:
                yield Sample("stream_batch_freshness_seconds", last[name], (quantile,))


def observed_once(settings: Settings) -> str:
    """The metrics of one look, as Prometheus reads them; nothing is written or sent."""
    told: list[str] = []
    observer = Observer(with_secrets(settings), told.append)
    observer.look(dt.datetime.now(dt.UTC), is_kept=False)
    return generate_latest(observer.figures.registry).decode()


def observe_for_ever(settings: Settings, tell: Tell, stopped: threading.Event) -> None:
    """Look until ``stopped``. A taken port is told, and freshness is kept without serving it."""
    observer = Observer(with_secrets(settings), tell)
    try:
        start_http_server(settings.metrics_port, HOST, observer.figures.registry)
        tell(f"metrics at http://{HOST}:{settings.metrics_port}/metrics")
    except OSError:
        holder = find_holder(settings.metrics_port)
        tell(taken_message(settings.metrics_port, "metrics", "RETAIL_METRICS_PORT", holder))
    while not stopped.is_set():
        began = time.monotonic()
        observer.look(dt.datetime.now(dt.UTC))
        stopped.wait(max(0.0, settings.observe_seconds - (time.monotonic() - began)))
