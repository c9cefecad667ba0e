"""Master data that come late, out of order, and as a tombstone: gold's dimensions and the keys of its facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ingestion.kafka_producer import EventSender
from tests.lakehouse.sales_events import ABSENT, line, receipt
from tests.quality.topic_faults import CUSTOMER, PRODUCT, STORE, encoded

pytestmark = pytest.mark.stack
NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=10)
DAY = timedelta(days=1)


def sale(number: int, at: datetime, customer_id: str = "c42", **told: object) -> tuple[None, bytes]:
    when = {
        "business_date": at.date().isoformat(),
        "occurred_at": at.isoformat(),
        "produced_at": at.isoformat(),
    }
    who = {"event_id": f"e{number}", "transaction_id": f"{number}", "customer_id": customer_id}
    return None, receipt(**who, **(when | told), lines=[line(product_id="A")])


def change(record: dict[str, object], number: int, at: datetime, **told: object) -> bytes:
    return encoded(record | {"event_id": f"x{number}", "effective_at": at.isoformat()} | told)


def undated(number: int) -> tuple[None, bytes]:
    """A sale at eight in the evening by UTC, half past one of the next day in India, without a business date."""
    return sale(number, NOON + timedelta(hours=8), business_date=ABSENT)


def send(lake, **pairs: list[tuple[bytes | None, bytes | None]]) -> None:
    with EventSender(lake.settings) as sender:
        for topic, each in pairs.items():
            sender.send_pairs(topic, each)
    lake.walk()


def described(lake) -> dict[str, tuple[str | None, str | None]]:
    """Receipt -> text of its product and region of its store, along the keys."""
    lines = lake.rows("gold.fct_sales_lines")
    products = lake.rows("gold.dim_product").select("product_key", "description")
    stores = lake.rows("gold.dim_store").select("store_key", "region")
    rows = lines.join(products, "product_key", "inner").join(stores, "store_key", "inner").collect()
    assert len(rows) == lines.count()
    receipts = {row.event_id: row.store_key for row in lake.rows("gold.fct_receipts").collect()}
    assert receipts == {row.event_id: row.store_key for row in rows}
    return {row.event_id: (row.description, row.region) for row in rows}


def test_late_changes_key_facts_anew_and_consent_decides_who_is_a_member(lake):
    only_receipts_tell(lake)
    master_data_come_late(lake)
    a_change_comes_between_two_others(lake)
    the_restatements_say_what_moved(lake)


def only_receipts_tell(lake) -> None:
    send(
        lake, sales_data=[sale(1, NOON), sale(2, NOON + 2 * DAY), sale(3, NOON + 4 * DAY, "c43"), undated(6)]
    )
    assert described(lake) == dict.fromkeys(("e1", "e2", "e3", "e6"), ("WHITE HANGING HEART", None))
    assert lake.rows("gold.dim_customer").count() == 2


def master_data_come_late(lake) -> None:
    news: list[tuple[bytes | None, bytes | None]] = [
        (b"A", change(PRODUCT, 3, NOON + 3 * DAY, description="third"))
    ]
    news += [(b"A", change(PRODUCT, 1, NOON - DAY, description="first"))]
    zone = {"zone": "Asia/Kolkata", "region": "East", "closing_hour": 0}
    who = {"customer_id": "c43", "has_consent": False}
    send(
        lake,
        products=news,
        stores=[(b"s1", change(STORE, 1, NOON - 9 * DAY, **zone))],
        customers=[(b"c43", change(CUSTOMER, 1, NOON, **who)), (b"c42", change(CUSTOMER, 2, NOON))],
        sales_data=[sale(4, NOON + 5 * DAY, "c43"), undated(6), undated(7)],
    )
    assert described(lake) == {
        "e1": ("first", "East"),
        "e2": ("first", "East"),
        "e3": ("third", "East"),
        "e4": ("third", "East"),
        "e6": ("first", "East"),
        "e7": ("first", "East"),
    }
    assert lake.ledger()["duplicate"] == 1, "the date of the repeated sale is computed in another zone now"
    days = {
        row.event_id: (row.business_date - NOON.date()).days for row in lake.rows("silver.receipts").collect()
    }
    assert (days["e6"], days["e7"]) == (0, 1)
    hours = {
        (row.hour_start_at.minute, row.local_hour) for row in lake.rows("gold.agg_sales_hourly").collect()
    }
    assert hours == {(30, 17), (30, 1)}, "noon in UTC is half past five in India"
    (member,) = lake.rows("gold.dim_customer").collect()
    assert not member.is_inferred


def a_change_comes_between_two_others(lake) -> None:
    send(
        lake,
        products=[(b"A", change(PRODUCT, 2, NOON + DAY, description="second"))],
        stores=[
            (b"s1", change(STORE, 2, NOON + 3 * DAY, zone="Asia/Kolkata", region="West", closing_hour=0))
        ],
        customers=[(b"c42", None)],
        sales_data=[sale(5, NOON)],
    )
    assert described(lake) == {
        "e1": ("first", "East"),
        "e2": ("second", "East"),
        "e3": ("third", "West"),
        "e4": ("third", "West"),
        "e5": ("first", "East"),
        "e6": ("first", "East"),
        "e7": ("first", "East"),
    }
    assert lake.rows("gold.dim_customer").count() == 0
    versions = lake.rows("gold.dim_product").orderBy("valid_from").collect()
    assert [(row.description, row.is_current) for row in versions] == [
        ("first", False),
        ("second", False),
        ("third", True),
    ]


def the_restatements_say_what_moved(lake) -> None:
    moved = lake.rows("ops.restatements").orderBy("event_id", "reason").collect()
    assert [m.caused_by for m in moved if m.event_id == "e2"] == ["x2"]
    assert [
        (m.event_id, m.reason, m.caused_by[0], m.line_count, m.rekeyed_line_count, m.rekeyed_net_amount)
        for m in moved
    ] == [
        ("e2", "PRODUCT_CHANGE", "x", 0, 1, Decimal("20.0000")),
        ("e3", "PRODUCT_CHANGE", "x", 0, 1, Decimal("20.0000")),
        ("e3", "STORE_CHANGE", "x", 0, 1, Decimal("20.0000")),
        ("e4", "STORE_CHANGE", "x", 0, 1, Decimal("20.0000")),
        ("e5", "LATE_RECEIPT", "e", 1, None, None),
    ], "the sale of ten days ago joined a day that another one had opened"
