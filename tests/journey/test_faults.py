"""The real file, redelivered, late, corrupted and shuffled: the same figures for what was not corrupted."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from pyspark.sql import functions as F

from ingestion.faults import FaultPlan, inject
from ingestion.replay import file_messages, send_messages

pytestmark = pytest.mark.stack


def expected_sales(values: list[bytes]) -> tuple[int, int, Decimal]:
    """Lines, receipts and net amount that these receipts must give."""
    receipts = [json.loads(value, parse_float=Decimal) for value in values]
    net = sum((Decimal(line["net_amount"]) for receipt in receipts for line in receipt["lines"]), Decimal(0))
    return sum(len(receipt["lines"]) for receipt in receipts), len(receipts), net


def check_faulty_replay(lake, file: Path) -> None:
    """Replay the file with faults twice over the walk and hold every layer against what was sent."""
    clean = file_messages(file, datetime.now(UTC))
    plan = FaultPlan(
        seed=11, redeliver=0.05, late=0.02, late_by=timedelta(days=3), corrupt=0.01, shuffle=True
    )
    sent, record = inject(clean, plan)
    half = len(sent) // 2
    send_messages(lake.settings, sent[:half])
    lake.walk()
    send_messages(lake.settings, sent[half:])
    lake.walk()
    kept = [message for message in clean if message.event_id not in record.corrupted]
    sales = [message.value for message in kept if message.topic == "sales_data"]
    assert lake.sales() == expected_sales([value for value in sales if value is not None])
    ledger = lake.ledger()
    assert ledger["received"] == len(sent) == sum(ledger[n] for n in ("accepted", "duplicate", "quarantined"))
    assert ledger["accepted"] == len(kept)
    refused = lake.rows("silver.quarantine").select("value").collect()
    corrupted = Counter(m.value for m in sent if m.event_id in record.corrupted)
    assert Counter(None if row.value is None else bytes(row.value) for row in refused) == corrupted
    landed = lake.rows("bronze.sales_data").unionByName(lake.rows("bronze.inventory_movements"))
    assert landed.count() == len(sent)
    hours = lake.rows("gold.agg_sales_hourly").agg(F.sum("line_count"), F.sum("net_amount")).first()
    lines, _, net = lake.sales()
    assert (hours[0], hours[1]) == (lines, net)
    assert lake.rows("silver.inventory_movements").count() == sum(m.topic != "sales_data" for m in kept)


def test_redelivered_late_corrupted_and_shuffled_sales_give_the_same_figures(lake, uci_file, first_lines):
    check_faulty_replay(lake, first_lines(uci_file, 20_000))


@pytest.mark.long
def test_the_whole_real_file_with_faults_gives_the_same_figures(lake, uci_file):
    check_faulty_replay(lake, uci_file)
