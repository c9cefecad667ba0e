"""A small lake in Arrow tables whose layers agree, for planting differences."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

from quality.reconcile.figures import BROKER, LEDGER, REPLAYS, TABLES

DAY = dt.date(2026, 11, 23)
PLACES = pa.schema({"topic": pa.string(), "partition": pa.int32(), "offset": pa.int64()})
Rows = dict[str, list[dict[str, Any]]]


def place(offset: int, partition: int = 0, topic: str = "sales_data") -> dict[str, Any]:
    return {"topic": topic, "partition": partition, "offset": offset}


def ledger_row(batch_id: int, first: int, last: int, **counts: Any) -> dict[str, Any]:
    row = {
        "query": "medallion", "checkpoint_id": "c", "batch_id": batch_id, "topic": "sales_data", "partition": 0,
        "first_offset": first, "last_offset": last, "received": last - first + 1, "accepted": 0, "duplicate": 0,
        "quarantined": 0, "lines": 0, "gaps": 0,
    }  # fmt: skip
    return row | counts


def receipt(offset: int, *amounts: str, **given: Any) -> dict[str, Any]:
    """A receipt of silver with a line for each amount."""
    lines = [{"net_amount": Decimal(amount)} for amount in amounts]
    row = {
        **place(offset), "event_id": f"e{offset}", "business_date": DAY, "batch_id": 0,
        "transaction_type": "SALE", "lines": lines,
    }  # fmt: skip
    return row | given


def sales_line(event_id: str, amount: str, **given: Any) -> dict[str, Any]:
    row = {
        "event_id": event_id, "business_date": DAY, "store_id": "S1", "currency": "GBP",
        "quantity": Decimal(1), "tax": Decimal(0), "net_amount": Decimal(amount), "is_void": False,
    }  # fmt: skip
    return row | given


def agreeing() -> Rows:
    """Two batches: offsets 0 to 3 (two receipts, a duplicate, a refused record) and 5 to 6 after one gap (a
    cancelled receipt, and a sale with a voided line); one stock movement."""
    return {
        "ledger": [
            ledger_row(0, 0, 3, accepted=2, duplicate=1, quarantined=1, lines=3),
            ledger_row(1, 5, 6, accepted=2, lines=3, gaps=1),
            ledger_row(1, 0, 0, topic="inventory_movements", accepted=1, lines=1),
        ],
        "broker": [
            {"topic": "sales_data", "partition": 0, "first_offset": 0, "next_offset": 9},
            {"topic": "inventory_movements", "partition": 0, "first_offset": 0, "next_offset": 1},
        ],
        "landed": [*(place(n) for n in (0, 1, 2, 3, 5, 6)), place(0, topic="inventory_movements"), place(7)],
        "receipts": [
            receipt(0, "1.00", "2.00"),
            receipt(1, "4.00"),
            receipt(5, "9.00", transaction_type="CANCELLED"),
            receipt(6, "8.00", "16.00"),
        ],
        "others": [place(0, topic="inventory_movements")],
        "refused": [{**place(3), "quarantine_id": "sales_data-0-3"}],
        "replays": [{**place(6), "replay_of": "sales_data-0-3"}],
        "fct_receipts": [{"event_id": f"e{n}", "business_date": DAY, "batch_id": 0} for n in (0, 1, 5, 6)],
        "fct_sales_lines": [
            sales_line("e0", "1.00"),
            sales_line("e0", "2.00"),
            sales_line("e1", "4.00"),
            sales_line("e6", "8.00"),
            sales_line("e6", "16.00", is_void=True),
        ],
        "agg_sales_hourly": [
            {"business_date": DAY, "store_id": "S1", "currency": "GBP", "line_count": count,
             "units": Decimal(count), "tax": Decimal(0), "net_amount": Decimal(net)}
            for count, net in ((3, "7.00"), (1, "8.00"))
        ],
    }  # fmt: skip


def figures(rows: Rows) -> dict[str, pa.Table]:
    """Arrow tables as quality.reconcile.figures makes them."""
    schemas = {"ledger": LEDGER, "broker": BROKER, "landed": PLACES, "replays": REPLAYS, "others": PLACES}
    schemas |= {name: schema for name, (_, _, schema) in TABLES.items()}
    return {name: pa.Table.from_pylist(rows[name], schema=schema) for name, schema in schemas.items()}
