"""`retail report`: gathers what the summary page of a lake says, writes it under RETAIL_HOME and publishes it."""

from __future__ import annotations

import datetime as dt
import os
from typing import Any

from infra.local.secrets_file import with_secrets
from ingestion.broker import BrokerUnreachable
from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import LakeReader, lake_reader
from orchestration.job_log import last_batch
from orchestration.plan import MEDALLION
from orchestration.quarantine import Choice, quarantined
from orchestration.reconcile import reconcile
from orchestration.spark_job import progress_path
from orchestration.summary import LAYERS, totals
from quality.reports.run_report import run_report
from quality.reports.shelf import data_docs_index, keep, publish, reports_folder
from quality.reports.summary_page import Occasion, summary_page, verdict

Json = dict[str, Any]


def write_report(settings: Settings, command: str) -> Json:
    """Write and publish the page; ``path``, ``published`` (its address in the bucket), ``verdict`` and ``mood``.

    ``command`` is what it was made after. A broker that is away is said on the page; the layers are then not
    compared. Raises LakeUnreachable.
    """
    settings = with_secrets(settings)
    lake = lake_reader(settings)
    made_at = dt.datetime.now(dt.UTC)
    found = run_report(lake, made_at)
    occasion = _occasion(settings, lake, command)
    index = data_docs_index(settings)
    link = os.path.relpath(index, reports_folder(settings)) if index.exists() else None
    path = keep(settings, summary_page(found, occasion, link), made_at)
    published = publish(settings, summary_page(found, occasion, index.name if link else None))
    head = verdict(found, occasion)
    return {"path": str(path), "published": published, "verdict": head["title"], "mood": head["mood"]}


def _occasion(settings: Settings, lake: LakeReader, command: str) -> Occasion:
    compared, note = None, ""
    try:
        compared = reconcile(settings)
    except BrokerUnreachable as error:
        note = f"{error}."
    return Occasion(
        lake=lake.root,
        command=command,
        totals=totals(lake),
        layers={
            layer: {name: rows or 0 for name, rows in lake.row_counts(layer).items()} for layer in LAYERS
        },
        reconcile=compared,
        reconcile_note=note,
        states=quarantined(settings, Choice(), 1)["states"],
        last_batch=_batch_text(settings),
    )


def _batch_text(settings: Settings) -> str:
    """A sentence on the last batch of the application on this machine; empty when there was none."""
    batch = last_batch(progress_path(settings, MEDALLION))
    if batch is None:
        return ""
    told = f"Last batch {batch['batch_id']}: {batch['received']:,} records in {batch['seconds']} s"
    if "freshness_p50" in batch:
        told += f"; from till to gold half of them within {batch['freshness_p50']} s, 95% within {batch['freshness_p95']} s"
    return told + "."
