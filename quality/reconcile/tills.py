"""Till against receipts: the sessions whose Z-report does not agree with what came, each told in a sentence."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc  # type: ignore[import-untyped]

from lakehouse.storage.lake_reader import LakeReader
from lakehouse.storage.lake_snapshot import Cut, as_of

Json = dict[str, Any]
_COLUMNS = (
    "business_date", "store_id", "register_id", "till_session_id", "state", "currency", "receipt_count",
    "received_count", "missing_count", "missing_transaction_seqs", "reported_total", "received_total",
    "tender_differences",
)  # fmt: skip


def till_differences(lake: LakeReader, cut: Cut | None) -> list[Json]:
    """Sessions of gold.fct_till_sessions that are not certified, with ``message``; amounts in their currency."""
    table = as_of(lake, "gold", "fct_till_sessions", cut)
    if table is None:
        return []
    rows = lake.dataset(table).to_table(list(_COLUMNS), filter=pc.field("state") != "CERTIFIED").to_pylist()
    rows.sort(
        key=lambda row: (row["business_date"], row["store_id"], row["register_id"], row["till_session_id"])
    )
    return [row | {"message": _message(row)} for row in rows]


def _message(row: Json) -> str:
    """``store S02, till R1, 2025-10-21: receipts 17, 19-21 are missing; CARD -12.5000 GBP``."""
    told = []
    if row["missing_count"]:
        are = "receipt {} is" if row["missing_count"] == 1 else "receipts {} are"
        told.append(f"{are.format(row['missing_transaction_seqs'])} missing")
    elif row["received_count"] != row["receipt_count"]:
        told.append(f"the report counts {row['receipt_count']} receipts, {row['received_count']} came")
    if row["tender_differences"]:
        told.append(f"{row['tender_differences']} {row['currency']} by receipts less report")
    if not told:
        told.append(
            f"the report says {row['reported_total']} {row['currency']}, receipts {row['received_total']}"
        )
    where = f"store {row['store_id']}, till {row['register_id']}, {row['business_date']}"
    return f"{where}: {'; '.join(told)}"
