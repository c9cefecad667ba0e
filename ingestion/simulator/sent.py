"""An event of the chain on its way: what happened, when it leaves, and its Kafka message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from ingestion.events import (
    INVENTORY_MOVEMENTS,
    SALES_DATA,
    TILL_SESSIONS,
    InventoryMovement,
    MasterRecord,
    Message,
    Receipt,
    SaleLine,
    TillSession,
    encode,
    encode_sale_line,
    utc_text,
)

Versioned = Receipt | InventoryMovement | TillSession | MasterRecord
Event = SaleLine | Versioned


@dataclass(frozen=True)
class Sent:
    """``send_at`` is when its system sends it, ``occurred_at`` when it happened or begins to hold; both UTC."""

    send_at: datetime
    topic: str
    key: str
    event: Event
    occurred_at: datetime


def receipt_sent(receipt: Receipt, at: datetime, send_at: datetime) -> Sent:
    """A receipt leaves its till."""
    key = f"{receipt['store_id']}|{receipt.get('register_id', '')}"
    return Sent(send_at, SALES_DATA, key, receipt, at)


def movement_sent(movement: InventoryMovement, at: datetime, send_at: datetime) -> Sent:
    """A movement leaves its stockroom."""
    return Sent(send_at, INVENTORY_MOVEMENTS, movement["store_id"], movement, at)


def session_sent(session: TillSession, at: datetime, send_at: datetime) -> Sent:
    """A Z-report leaves its till."""
    return Sent(send_at, TILL_SESSIONS, f"{session['store_id']}|{session['register_id']}", session, at)


def message(sent: Sent, source: str, produced_at: datetime | None = None) -> Message:
    """The Kafka message. Its header names the simulator, so that bronze tells made-up records from real ones."""
    event = sent.event
    if "schema_version" not in event:
        line = cast(SaleLine, event)
        event_id, value = f"v1:{line['id']}", encode_sale_line(line)
    else:
        stamped = cast(Versioned, event.copy())
        if produced_at is not None:
            stamped["produced_at"] = utc_text(produced_at)
        event_id, value = stamped["event_id"], encode(stamped)
    headers = (("source", source.encode()),)
    return Message(sent.topic, sent.key.encode(), value, headers, event_id, sent.occurred_at)
