"""A nullable column is added to a lake that has data: edits to the contracts and one select suffice."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingestion.kafka_producer import EventSender
from ingestion.topics import ensure_topics

pytestmark = pytest.mark.stack
ROOT = Path(__file__).resolve().parents[2]
COLUMN = (
    "- {name: loyalty_tier, logicalType: string, physicalType: STRING, description: 'Tier of the customer.'}"
)


def receipt(number: int, **more: object) -> bytes:
    now = datetime.now(UTC).isoformat()
    zero = dict.fromkeys(("gross", "discount", "net", "tax", "total"), "0")
    event = {
        "event_id": f"e{number}",
        "schema_version": 2,
        "transaction_id": str(number),
        "transaction_type": "SALE",
        "store_id": "S1",
        "occurred_at": now,
        "currency": "EUR",
        "totals": zero,
        "lines": [],
        "tenders": [],
    }
    return json.dumps(event | more).encode()


def edit(path: Path, pattern: str, replacement: str) -> None:
    text, count = re.subn(pattern, replacement, path.read_text(encoding="utf-8"), count=1, flags=re.MULTILINE)
    assert count == 1, f"{path.name} has no {pattern}"
    path.write_text(text, encoding="utf-8")


def add_column(copy: Path) -> None:
    """The edits that CONTRIBUTING lists: three contracts and one select."""
    contracts = copy / "lakehouse" / "contracts"
    for name in ("topics/sales_data", "silver/receipts", "gold/fct_receipts"):
        edit(contracts / f"{name}.odcs.yaml", r"^( +)(- \{name: channel, )", rf"\1{COLUMN}\n\1\2")
    edit(
        copy / "lakehouse" / "gold" / "fct_receipts.py",
        r'^( +)"channel",',
        r'\1"channel",\n\1"loyalty_tier",',
    )


def test_a_column_added_by_contract_and_one_select_appears_in_gold_beside_old_rows(lake, tmp_path):
    ensure_topics(lake.settings)
    with EventSender(lake.settings) as sender:
        sender.send_pairs("sales_data", [(None, receipt(1))])
    lake.walk()
    copy = tmp_path / "scratch"
    for room in ("lakehouse", "ingestion", "orchestration", "infra", "quality", "warehouse"):
        shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__"))
    add_column(copy)
    with EventSender(lake.settings) as sender:
        sender.send_pairs("sales_data", [(None, receipt(2, loyalty_tier="gold"))])
    own = {
        "PYTHONPATH": str(copy),
        "RETAIL_TOPIC_PREFIX": lake.settings.topic_prefix,
        "RETAIL_LAKE_PREFIX": lake.settings.lake_prefix,
    }
    done = subprocess.run(
        [sys.executable, "-c", "from orchestration.cli import main; main()", "process", "--trigger", "once"],
        cwd=copy,
        env=os.environ | own,
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = lake.rows("gold.fct_receipts").select("event_id", "loyalty_tier").collect()
    assert sorted((row.event_id, row.loyalty_tier) for row in rows) == [("e1", None), ("e2", "gold")]
