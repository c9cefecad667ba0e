"""What our producers send has the fields of the contract and keeps every digit."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import get_type_hints

import pytest

from ingestion.events import (
    TOPICS,
    InventoryMovement,
    Receipt,
    ReceiptLine,
    SaleLine,
    Tender,
    Totals,
    amount,
    encode_sale_line,
    plain,
    utc_text,
)
from ingestion.kafka_producer import MAX_MESSAGE_BYTES
from lakehouse.contracts import load_contract


@pytest.mark.parametrize(
    ("topic", "shape", "path", "event"),
    [
        ("sales_data", "sale_line_v1", "", SaleLine),
        ("sales_data", "receipt_v2", "", Receipt),
        ("sales_data", "receipt_v2", "totals", Totals),
        ("sales_data", "receipt_v2", "lines", ReceiptLine),
        ("sales_data", "receipt_v2", "tenders", Tender),
        ("inventory_movements", "inventory_movement_v1", "", InventoryMovement),
    ],
)
def test_what_we_send_has_the_fields_of_the_contract(topic: str, shape: str, path: str, event: type) -> None:
    wanted = next(each for each in load_contract("topics", topic).shapes if each.name == shape)
    columns = wanted.column(path).fields if path else wanted.columns
    assert set(get_type_hints(event)) == {column.name for column in columns}


def test_the_producer_knows_the_size_limit_of_every_topic() -> None:
    limits = {topic: load_contract("topics", topic).kafka["max.message.bytes"] for topic in TOPICS}
    assert limits == dict.fromkeys(TOPICS, str(MAX_MESSAGE_BYTES))


def test_a_price_is_written_without_exponent_and_without_noise() -> None:
    assert [plain(Decimal(text)) for text in ("1E-5", "2.5500", "1E+3")] == ["0.00001", "2.5500", "1000"]
    assert [str(amount(Decimal(text))) for text in ("2.5500", "100", "-0.10", "1E+3")] == [
        "2.55",
        "100",
        "-0.1",
        "1000",
    ]


def test_a_plain_line_carries_numbers_and_survives_quotes_in_a_product() -> None:
    line: SaleLine = {
        "id": 17,
        "product": 'MUG "BIG" £',
        "quantity": Decimal("0.250"),
        "price": Decimal("2.55"),
        "sales_time": utc_text(datetime(2026, 11, 23, 10, 15, tzinfo=UTC)),
    }
    value = encode_sale_line(line)
    assert b'"quantity":0.250,"price":2.55,' in value
    assert json.loads(value)["product"] == 'MUG "BIG" £'
    assert json.loads(value)["sales_time"] == "2026-11-23T10:15:00.000Z"
