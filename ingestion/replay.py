"""Replays a file of real sales into Kafka: as fast as possible, or at a multiple of its own time.

A repeated replay sends the same events under the same ids, so an interrupted one is simply started again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ingestion.events import (
    INVENTORY_MOVEMENTS,
    SALES_DATA,
    InventoryMovement,
    Message,
    Receipt,
    encode,
    utc_text,
)
from ingestion.kafka_producer import EventSender, Progress
from ingestion.uci_files import read_uci_file
from ingestion.uci_online_retail import uci_events
from ingestion.uci_rows import UciFileError
from lakehouse.settings import Settings

Event = Receipt | InventoryMovement


class UnknownSourceError(ValueError):
    """The file does not exist, or no reader takes a file of this name."""


def read_uci_events(path: Path) -> list[Event]:
    """Events of a UCI Online Retail file; raises UciFileError."""
    rows = read_uci_file(path)
    try:
        return uci_events(rows)
    except UciFileError as error:
        raise UciFileError(f"{path.name}: {error}") from error


# Suffix of a file name -> reader of all its events. A new source adds its suffixes here.
SOURCES: dict[str, Callable[[Path], list[Event]]] = dict.fromkeys(
    (".csv", ".csv.gz", ".xlsx", ".parquet"), read_uci_events
)


@dataclass(frozen=True)
class ReplayPlan:
    """``limit``: at most that many events, None = all. ``speed``: multiple of real time, None = full speed."""

    limit: int | None = None
    speed: float | None = None

    def __post_init__(self) -> None:
        if (self.limit is not None and self.limit < 0) or (self.speed is not None and not self.speed > 0):
            raise ValueError(f"limit must be at least 0 and speed above 0; seen {self}")


def read_events(path: Path) -> list[Event]:
    """All events of a file, in the order in which they are to be sent."""
    reader = next((read for suffix, read in SOURCES.items() if path.name.lower().endswith(suffix)), None)
    if reader is None or not path.is_file():
        seen = "no such file" if reader is not None else "no reader for its name"
        raise UnknownSourceError(
            f"{path}: {seen}; expected an existing file that ends in {', '.join(SOURCES)}"
        )
    return reader(path)


def event_message(event: Event, file_name: str, produced_at: datetime) -> Message:
    """The message of a replayed event. Its header lifts the rule that refuses old business dates."""
    if event["schema_version"] == 2:
        topic, key = SALES_DATA, event["transaction_id"]
    else:
        topic, key = INVENTORY_MOVEMENTS, event["movement_id"]
    stamped = event.copy()
    stamped["produced_at"] = utc_text(produced_at)
    return Message(
        topic=topic,
        key=key.encode(),
        value=encode(stamped),
        headers=(("source", f"file:{file_name}".encode()),),
        event_id=event["event_id"],
        occurred_at=datetime.fromisoformat(event["occurred_at"]),
    )


def file_messages(path: Path, produced_at: datetime, limit: int | None = None) -> list[Message]:
    """The messages that a replay of the file would send, for tests and faults."""
    return [event_message(event, path.name, produced_at) for event in read_events(path)[:limit]]


def replay_file(
    settings: Settings, path: Path, plan: ReplayPlan | None = None, progress: Progress | None = None
) -> dict[str, int]:
    """Send the file's events; returns delivered messages by contract topic.

    Raises UnknownSourceError, UciFileError, BrokerUnreachable or DeliveryError.
    """
    plan = plan or ReplayPlan()
    events = read_events(path)[: plan.limit]
    started = time.monotonic()
    with EventSender(settings, progress) as sender:
        for event in events:
            if plan.speed is not None:
                due = seconds_into(events[0], event) / plan.speed
                time.sleep(max(0.0, started + due - time.monotonic()))
            sender.send(event_message(event, path.name, datetime.now(UTC)))
    return sender.delivered


def send_messages(
    settings: Settings, messages: Iterable[Message], progress: Progress | None = None
) -> dict[str, int]:
    """Send prepared messages in their order; returns delivered messages by contract topic."""
    with EventSender(settings, progress) as sender:
        for message in messages:
            sender.send(message)
    return sender.delivered


def seconds_into(first: Event, event: Event) -> float:
    """Seconds of the file's own time from the first event to this one."""
    begin, end = (datetime.fromisoformat(each["occurred_at"]) for each in (first, event))
    return (end - begin).total_seconds()
