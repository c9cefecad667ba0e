"""The canary: a cancelled receipt without lines, sent where no till sold anything, so that freshness stays measured."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from ingestion.events import SALES_DATA, Message, Receipt, date_text, encode, receipt_totals, utc_text
from ingestion.kafka_producer import EventSender
from lakehouse.rules.canary import CANARY_STORE
from lakehouse.settings import Settings


def canary(currency: str, now: datetime) -> Message:
    """The receipt, sent at ``now``. It names no register: nobody expects its numbers to run without holes."""
    name = f"canary:{uuid.uuid4().hex}"
    receipt: Receipt = {
        "event_id": name,
        "schema_version": 2,
        "transaction_id": name,
        "transaction_type": "CANCELLED",
        "store_id": CANARY_STORE,
        "business_date": date_text(now.astimezone(UTC).date()),
        "occurred_at": utc_text(now),
        "produced_at": utc_text(now),
        "currency": currency,
        "channel": "canary",
        "totals": receipt_totals([]),
        "lines": [],
        "tenders": [],
    }
    return Message(SALES_DATA, CANARY_STORE.encode(), encode(receipt), (), name, now)


def send_canary(settings: Settings, now: datetime) -> None:
    """Send one. Raises BrokerUnreachable or DeliveryError."""
    with EventSender(settings) as sender:
        sender.send(canary(settings.default_currency, now))
