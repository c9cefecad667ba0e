"""One sale from the till to gold, and what happens to records that are no sale."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ingestion.kafka_producer import EventSender
from lakehouse.jobs import refine_silver
from lakehouse.storage import batches
from orchestration.jobs import run_medallion

pytestmark = pytest.mark.stack

PLAIN = {"id": 17, "product": "85123A", "quantity": 6, "price": "2.55", "sales_time": "2026-11-23T10:15:00Z"}


def send(lake, *values: bytes) -> None:
    with EventSender(lake.settings) as sender:
        sender.send_pairs("sales_data", [(None, value) for value in values])


NOW = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def today(event: dict) -> bytes:
    """The event with today's sales time, so that it lies in the window of business dates."""
    return json.dumps(event | {"sales_time": NOW}).encode()


def test_a_plain_line_from_the_till_reaches_the_sales_fact_to_the_penny(lake):
    send(lake, today(PLAIN))
    lake.walk()
    rows = lake.rows("gold.fct_sales_lines").collect()
    assert [(r.event_id, r.line_seq, r.store_id, r.product_id) for r in rows] == [
        ("v1:17", 1, "UNKNOWN", "85123A")
    ]
    assert (rows[0].quantity, rows[0].unit_price, rows[0].net_amount) == (
        Decimal("6.000"),
        Decimal("2.5500"),
        Decimal("15.3000"),
    )
    hours = lake.rows("gold.agg_sales_hourly").collect()
    assert [(h.line_count, h.receipt_count, h.net_amount) for h in hours] == [(1, 1, Decimal("15.3000"))]
    assert lake.ledger() == {
        "received": 1,
        "accepted": 1,
        "duplicate": 0,
        "quarantined": 0,
        "lines": 1,
        "gaps": 0,
    }


@pytest.fixture
def one_mebibyte(lake):
    """A driver that takes no results of more than a mebibyte."""
    conf = lake.spark.sparkContext._jsc.sc().conf()
    usual = conf.get("spark.driver.maxResultSize")
    conf.set("spark.driver.maxResultSize", "1m")
    yield
    conf.set("spark.driver.maxResultSize", usual)


@pytest.mark.long
@pytest.mark.usefixtures("one_mebibyte")
def test_few_records_of_many_bytes_come_as_a_large_batch_and_count_once(lake, capsys):
    note = "x" * 300_000
    whole = [today(PLAIN | {"id": number, "note": note}) for number in range(6)]
    send(lake, *whole, whole[0], whole[1][:-20])
    lake.walk()
    assert '"event": "heavy_batch"' in capsys.readouterr().out
    assert lake.sales() == (6, 6, Decimal("91.8000"))
    assert lake.ledger() == {
        "received": 8,
        "accepted": 6,
        "duplicate": 1,
        "quarantined": 1,
        "lines": 6,
        "gaps": 0,
    }
    assert lake.rows("bronze.sales_data").count() == 8
    send(lake, whole[2], today(PLAIN | {"id": 7}))
    lake.walk()
    assert lake.sales() == (7, 7, Decimal("107.1000")), "a light batch looks up what the heavy one brought"


@pytest.mark.parametrize("tiny", [batches.TINY_BATCH, 0])
def test_repeated_conflicting_and_broken_records_are_counted_and_kept_while_the_stream_goes_on(
    lake, monkeypatch, tiny
):
    monkeypatch.setattr(batches, "TINY_BATCH", tiny)
    good, other, broken = today(PLAIN), today(PLAIN | {"price": "9.99"}), b'{"id": 18, "product'
    send(lake, good, good, broken)
    lake.walk()
    send(lake, good, other, today(PLAIN | {"id": 19}))
    lake.walk()
    assert lake.sales() == (2, 2, Decimal("30.6000"))
    assert lake.ledger() == {
        "received": 6,
        "accepted": 2,
        "duplicate": 2,
        "quarantined": 2,
        "lines": 2,
        "gaps": 0,
    }
    refused = {tuple(r.rule_ids): bytes(r.value) for r in lake.rows("silver.quarantine").collect()}
    assert refused == {("json_object",): broken, ("event_id_conflict",): other}
    assert lake.rows("bronze.sales_data").count() == 6


def test_a_sale_taken_in_by_a_large_batch_is_known_to_the_small_batches_after_it(lake, monkeypatch):
    memory = refine_silver.Memory()
    monkeypatch.setattr(run_medallion, "Memory", lambda: memory)
    send(lake, today(PLAIN))
    lake.walk()
    monkeypatch.setattr(refine_silver, "SMALL_BATCH", 0)
    send(lake, today(PLAIN | {"id": 18}), b"{")
    lake.walk()
    monkeypatch.setattr(refine_silver, "SMALL_BATCH", batches.SMALL_BATCH)
    send(lake, today(PLAIN | {"id": 18}), today(PLAIN))
    lake.walk()
    ledger = lake.ledger()
    assert (ledger["accepted"], ledger["duplicate"], ledger["quarantined"]) == (2, 2, 1)
    assert lake.sales()[0] == 2
