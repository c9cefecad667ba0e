"""From Kafka's offsets to gold's sums: a lake that agrees says so, live or not; a row taken away is named."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from delta.tables import DeltaTable
from rich.console import Console

from ingestion.faults import FaultPlan, inject
from ingestion.replay import file_messages, send_messages
from lakehouse.storage.lease import Lease
from lakehouse.storage.objects import s3_client
from orchestration.reconcile import reconcile
from orchestration.reconcile_screen import reconcile_screen
from orchestration.report import write_report

pytestmark = pytest.mark.stack


def take_away(lake, name: str, where: str) -> None:
    layer, table = name.split(".")
    path = lake.settings.table_path(layer, table)
    # Bronze and ledger refuse to lose a row until somebody insists.
    lake.spark.sql(f"ALTER TABLE delta.`{path}` SET TBLPROPERTIES (delta.appendOnly = false)")
    DeltaTable.forPath(lake.spark, path).delete(where)


def found_in(lake) -> dict[str, list[str]]:
    """Check -> messages."""
    found: dict[str, list[str]] = {}
    for each in reconcile(lake.settings)["differences"]:
        found.setdefault(each["check"], []).append(each["message"])
    return found


def shown(found: dict) -> str:
    console = Console(width=140, file=io.StringIO())
    with console.capture() as screen:
        console.print(reconcile_screen(found))
    return screen.get()


def test_a_row_taken_from_any_layer_is_named_by_query_partition_and_offsets(lake, uci_file, first_lines):
    plan = FaultPlan(seed=3, redeliver=0.05, corrupt=0.02, shuffle=True)
    sent, _ = inject(file_messages(first_lines(uci_file, 4_000), datetime.now(UTC)), plan)
    half = len(sent) // 2
    send_messages(lake.settings, sent[:half])
    lake.walk()
    send_messages(lake.settings, sent[half:])
    lake.walk()
    whole = reconcile(lake.settings)
    json.dumps(whole, default=str)
    assert (whole["agrees"], whole["waiting"], whole["in_flight"]) == (True, 0, None), whole["differences"]
    assert "everything agrees" in shown(whole)
    topic = lake.settings.topic("sales_data")

    # While somebody writes, the newest batch is left out and what it wrote so far is no difference.
    with Lease(lake.settings, "run_medallion"):
        live = reconcile(lake.settings)
    assert (live["agrees"], live["in_flight"]["batch_id"]) == (True, 1), live["differences"]
    assert live["waiting"] == len(sent) - half
    received = sum(row["received"] for row in live["partitions"])
    assert received == half
    assert "which may be in flight" in shown(live)

    row = lake.rows("silver.receipts").where("batch_id = 1").orderBy("partition", "offset").first()
    place = f"{topic}/{row.partition} offsets"
    take_away(lake, "gold.fct_receipts", f"event_id = '{row.event_id}'")
    (message,) = found_in(lake)["receipts"]
    assert message.startswith(f"query medallion, batch 1, {place} {row.offset} to {row.offset}: ")

    take_away(lake, "bronze.sales_data", f"partition = {row.partition} AND offset = {row.offset}")
    (message,) = found_in(lake)["bronze"]
    assert f"batch 1, {place}" in message

    take_away(lake, "ops.ledger", f"topic = '{topic}' AND partition = {row.partition} AND batch_id = 0")
    named = found_in(lake)
    assert f"{place} 0 to " in named["never_read"][0]
    assert f"{place} 0 to " in named["not_judged"][0]
    broken = reconcile(lake.settings)
    assert "DIFFERS" in shown(broken)

    report = write_report(lake.settings, "a test")
    assert (report["mood"], report["verdict"]) == ("bad", "Layers differ")
    key = report["published"].removeprefix(f"s3://{lake.settings.bucket}/")
    published = s3_client(lake.settings).get_object(Bucket=lake.settings.bucket, Key=key)["Body"].read()
    assert b"Layers differ" in published
    assert Path(report["path"]).read_bytes() == published
