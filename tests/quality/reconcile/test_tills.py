"""`retail reconcile` says in a sentence where a till and its receipts differ, and is silent about the others."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from deltalake import write_deltalake

from lakehouse.contracts import load_contract
from lakehouse.schema.arrow_schema import arrow_schema
from lakehouse.storage.lake_reader import LakeReader
from quality.reconcile.tills import till_differences

pytestmark = pytest.mark.check
AT = dt.datetime(2026, 11, 23, 20, tzinfo=dt.UTC)
GOOD: dict[str, Any] = {
    "till_session_id": "z", "business_date": AT.date(), "store_id": "S1", "register_id": "R1", "opened_at": AT,
    "closed_at": AT, "received_at": AT, "state": "CERTIFIED", "currency": "GBP", "first_transaction_seq": 1,
    "last_transaction_seq": 9, "receipt_count": 9, "received_count": 9, "missing_count": 0,
    "reported_net": Decimal(10), "received_net": Decimal(10), "reported_total": Decimal(12),
    "received_total": Decimal(12), "over_short": Decimal(0),
}  # fmt: skip


def told(folder: Path, *sessions: dict[str, Any]) -> list[str]:
    columns = load_contract("gold", "fct_till_sessions").table.columns
    rows = pa.Table.from_pylist([GOOD | each for each in sessions], schema=arrow_schema(columns))
    write_deltalake(str(folder / "gold" / "fct_till_sessions"), rows)
    return [each["message"] for each in till_differences(LakeReader(str(folder), {}), None)]


def test_sessions_that_are_not_certified_are_told_in_order(tmp_path: Path) -> None:
    lost = {"state": "PROVISIONAL", "missing_count": 4, "missing_transaction_seqs": "3, 5-7", "received_count": 5,
            "tender_differences": "CARD -12.5000"}  # fmt: skip
    more = {"state": "PROVISIONAL", "register_id": "R2", "received_count": 10}
    sums = {"state": "COMPLETE", "store_id": "S0", "received_total": Decimal(11)}
    assert told(tmp_path, GOOD, lost, more, sums) == [
        "store S0, till R1, 2026-11-23: the report says 12.0000 GBP, receipts 11.0000",
        "store S1, till R1, 2026-11-23: receipts 3, 5-7 are missing; CARD -12.5000 GBP by receipts less report",
        "store S1, till R2, 2026-11-23: the report counts 9 receipts, 10 came",
    ]


def test_a_lake_without_till_sessions_has_nothing_to_tell(tmp_path: Path) -> None:
    assert till_differences(LakeReader(str(tmp_path), {}), None) == []
