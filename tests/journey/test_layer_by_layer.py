"""The jobs that read the layer before, and the one application, make the same lake."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime

import pytest

from ingestion.faults import FaultPlan, inject
from ingestion.jobs import land_bronze
from ingestion.kafka_producer import EventSender
from ingestion.replay import file_messages, send_messages
from lakehouse.jobs import publish_gold, refine_silver
from lakehouse.storage.checkpoints import CheckpointError

pytestmark = [pytest.mark.stack, pytest.mark.long, pytest.mark.timeout(3600)]


def run(job, settings, monkeypatch) -> None:
    """Run a job's main as spark-submit does, in this session."""
    monkeypatch.setenv("RETAIL_TOPIC_PREFIX", settings.topic_prefix)
    monkeypatch.setenv("RETAIL_LAKE_PREFIX", settings.lake_prefix)
    monkeypatch.setattr(sys, "argv", [job.__name__, "--trigger", "once"])
    job.main()


def content(lake, name: str) -> list:
    """Rows of a table without what tells one run from another."""
    rows = lake.rows(name)
    told = [column for column in rows.columns if column not in ("checkpoint_id", "batch_id", "query")]
    return sorted(map(str, rows.select(*told).collect()))


def test_bronze_then_silver_then_gold_by_separate_jobs_equals_the_one_application(
    lake, uci_file, first_lines, monkeypatch
):
    messages, record = inject(
        file_messages(first_lines(uci_file, 3_000), datetime.now(UTC)),
        FaultPlan(seed=3, redeliver=0.1, corrupt=0.05),
    )
    send_messages(lake.settings, messages)
    for job in (land_bronze, refine_silver, publish_gold):
        run(job, lake.settings, monkeypatch)
    by_layer = {
        name: content(lake, name)
        for name in (
            "silver.receipts",
            "silver.quarantine",
            "gold.fct_sales_lines",
            "gold.agg_sales_hourly",
            "gold.dim_product",
        )
    }
    live = type(lake)(
        lake.spark, lake.settings.model_copy(update={"lake_prefix": lake.settings.lake_prefix + "live"})
    )
    live.walk()
    assert by_layer == {name: content(live, name) for name in by_layer}
    assert len(by_layer["silver.quarantine"]) == len(record.corrupted)
    assert lake.ledger() == live.ledger()


def test_the_live_stream_takes_over_a_lake_that_was_made_layer_by_layer(
    lake, uci_file, first_lines, monkeypatch
):
    messages = file_messages(first_lines(uci_file, 1_000), datetime.now(UTC))
    half = len(messages) // 2
    send_messages(lake.settings, messages[:half])
    for job in (land_bronze, refine_silver, publish_gold):
        run(job, lake.settings, monkeypatch)
    send_messages(lake.settings, messages[half:])
    lake.walk(start_from="lake")
    assert lake.ledger()["received"] == lake.ledger()["accepted"] == len(messages)
    assert lake.rows("gold.fct_receipts").count() == sum(
        message.topic == "sales_data" for message in messages
    )


def test_a_layer_job_refuses_a_lake_that_the_live_stream_made_and_changes_nothing(lake, monkeypatch):
    sale = {"id": 1, "product": "P", "quantity": 1, "price": 2, "sales_time": datetime.now(UTC).isoformat()}
    with EventSender(lake.settings) as sender:
        sender.send_pairs("sales_data", [(None, json.dumps(sale).encode())])
    lake.walk()
    before = (lake.ledger(), lake.sales())
    for job in (land_bronze, refine_silver, publish_gold):
        with pytest.raises(CheckpointError, match="retail process"):
            run(job, lake.settings, monkeypatch)
    assert (lake.ledger(), lake.sales()) == before
