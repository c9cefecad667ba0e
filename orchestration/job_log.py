"""What a running job says in its log: one JSON object per batch or verdict, one for the error that ended it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakehouse.storage.job_errors import CHECK_FAILED, JobError

Event = dict[str, Any]


@dataclass
class LogTail:
    """Reads a growing log from where it stood when it was made. A log that was rotated is read from its start."""

    path: Path
    offset: int = 0

    @classmethod
    def at_end(cls, path: Path) -> LogTail:
        """A tail that sees only what is written from now on."""
        return cls(path, path.stat().st_size if path.exists() else 0)

    def events(self) -> list[Event]:
        """Events of the complete lines since the last call."""
        if not self.path.exists():
            return []
        if self.path.stat().st_size < self.offset:
            self.offset = 0
        with self.path.open("rb") as log:
            log.seek(self.offset)
            whole = log.read().rpartition(b"\n")[0]
        self.offset += len(whole) + 1 if whole else 0
        return [event for line in whole.decode("utf-8", "replace").splitlines() if (event := event_of(line))]


def event_of(line: str) -> Event | None:
    """The event that a line tells; None for any other line of the log."""
    if not line.startswith('{"event"'):
        return None
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


def error_of(event: Event) -> JobError:
    """The error of an ``error`` event."""
    return JobError(
        kind=str(event.get("kind", "")),
        message=str(event.get("message", "")),
        exit_code=int(event.get("exit_code", CHECK_FAILED)),
        is_known=bool(event.get("is_known")),
    )


def batch_line(event: Event) -> str:
    """A batch in one line: ``batch 3: 1,000 received = 990 accepted + 4 duplicate + 6 quarantined, 2.1 s``."""
    parts = " + ".join(f"{event.get(name, 0):,} {name}" for name in ("accepted", "duplicate", "quarantined"))
    return f"batch {event.get('batch_id')}: {event.get('received', 0):,} received = {parts}, {event.get('seconds')} s"


def verdict_line(event: Event) -> str:
    """A verdict in one line: ``gold.dim_store: open, 4 rules over 38 rows, 1.2 s``."""
    state = "open" if event.get("is_open") else "CLOSED"
    if event.get("is_carried"):
        return f"{event.get('table')}: {state}, nothing changed since the last check"
    failed = ", ".join(f"{each['rule']} {each['count']:,}" for each in event.get("failed", ()))
    asked = f"{event.get('rules', 0)} rules over {event.get('rows', 0):,} rows, {event.get('seconds')} s"
    return f"{event.get('table')}: {state}, {asked}{'; broken: ' if failed else ''}{failed}"


def derived_line(event: Event) -> str:
    """Tables made of gold's facts in one line: ``stock: 3 changed days looked at, 3 days written, 4.1 s``."""
    return f"{event.get('name')}: {event.get('said')}, {event.get('seconds')} s"


def last_batch(progress_file: Path) -> Event | None:
    """The last batch of the application, from its progress file; None before the first."""
    try:
        found = json.loads(progress_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # not there yet, or being written this moment
        return None
    return found if isinstance(found, dict) else None
