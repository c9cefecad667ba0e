"""`retail run --once`: servers, topics, the whole source to Kafka, one walk through all layers, the figures."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from infra.local.stack import up
from ingestion.topics import ensure_topics
from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import lake_reader
from orchestration.local_warehouse import local_warehouse
from orchestration.plan import MEDALLION
from orchestration.report import write_report
from orchestration.sources import Progress, Source, send_all
from orchestration.spark_job import Tell, run_to_end
from orchestration.summary import Json, summary
from orchestration.warehouse import served
from orchestration.writer_lock import clear_leftovers, take_writer_lock

Bar = Callable[[str], AbstractContextManager[Progress]]


def run_once(settings: Settings, source: Source, tell: Tell, bar: Bar) -> Json:
    """Bring the source through all layers and say what the lake holds then. Repeating it doubles nothing.

    ``bar`` shows how far the sending is.

    Raises what its parts raise; every error of theirs has an exit code (lakehouse.storage.job_errors).
    """
    started = time.monotonic()
    take_writer_lock(settings, "retail run --once")
    clear_leftovers(settings, tell)
    settings = up(settings, tell, local_warehouse(settings))
    ensure_topics(settings)
    with bar(f"sending {source.name}") as progress:
        delivered = send_all(settings, source, progress)
    tell(f"sent {delivered:,} events to Kafka")
    told = run_to_end(settings, MEDALLION, ("--trigger", "once", "--check"), tell)
    verdicts = [event for event in told if event["event"] == "verdict"]
    shown = served(settings, tell)
    tell(f"summary page: {write_report(settings, 'retail run --once')['path']}")
    found = summary(lake_reader(settings), verdicts, shown)
    return {**found, "seconds": round(time.monotonic() - started, 3)}
