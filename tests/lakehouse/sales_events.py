"""Events of topic sales_data as a till sends them, and the frames of Kafka records that carry them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from lakehouse.contracts import load_contract
from lakehouse.schema.spark_ddl import columns_ddl

RECEIVED_AT = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)
ABSENT: Any = object()
"""Stands for a field that is left out."""

Headers = list[tuple[str, bytes]]


def plain_line(**json_texts: str) -> bytes:
    """A good v1 line of 23 November 2026; each argument is the JSON text of a field, to the letter."""
    fields = {
        "id": "17",
        "product": '"85123A"',
        "quantity": "6",
        "price": "2.55",
        "sales_time": '"2026-11-23T10:15:00Z"',
    } | json_texts
    return (
        "{" + ", ".join(f'"{name}": {text}' for name, text in fields.items() if text is not ABSENT) + "}"
    ).encode()


def line(**changes: Any) -> dict[str, Any]:
    """A good line: 2 at 10.00, tax 4.00."""
    return _changed(
        {
            "line_seq": 1,
            "line_type": "ITEM",
            "product_id": "85123A",
            "description": "WHITE HANGING HEART",
            "quantity": "2",
            "unit_price": "10.00",
            "tax": "4.00",
            "net_amount": "20.00",
        },
        changes,
    )


def receipt(**changes: Any) -> bytes:
    """A good v2 receipt of one line and one tender."""
    return json.dumps(
        _changed(
            {
                "event_id": "s1|r1|1001",
                "schema_version": 2,
                "transaction_id": "1001",
                "transaction_type": "SALE",
                "store_id": "s1",
                "register_id": "r1",
                "till_session_id": "s1-r1-20261123",
                "transaction_seq": 1001,
                "business_date": "2026-11-23",
                "occurred_at": "2026-11-23T10:15:00+00:00",
                "produced_at": "2026-11-23T10:15:01+00:00",
                "operator_id": "ann",
                "customer_id": "c42",
                "currency": "GBP",
                "channel": "store",
                "totals": totals("20.00"),
                "lines": [line()],
                "tenders": [{"seq": 1, "type": "CARD", "amount": "24.00"}],
            },
            changes,
        ),
        ensure_ascii=False,
    ).encode()


def totals(net: str, tax: str = "4.00", total: str = "24.00") -> dict[str, str]:
    """Totals without discount."""
    return {"gross": net, "discount": "0.00", "net": net, "tax": tax, "total": total}


def kafka_records(
    spark: SparkSession, values: Sequence[bytes | None], headers: Sequence[Headers] = ()
) -> DataFrame:
    """Rows of bronze.sales_data without batch: one per value, partition 0, offsets from 0, received at noon."""
    columns = load_contract("bronze", "sales_data").table.columns[:7]
    rows = [
        (
            "sales_data",
            0,
            offset,
            RECEIVED_AT,
            b"till",
            value,
            (headers[offset] if offset < len(headers) else []) or None,  # as Kafka gives a record without
        )
        for offset, value in enumerate(values)
    ]
    return spark.createDataFrame(rows, columns_ddl(columns))


def rows_of(frame: DataFrame) -> list[dict[str, Any]]:
    """Rows as dicts: exact decimals, instants in UTC whatever the zone of the machine."""
    found: list[dict[str, Any]] = frame.toArrow().to_pylist()
    return found


def _changed(fields: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (fields | changes).items() if value is not ABSENT}
