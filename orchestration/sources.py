"""Where the events of a run come from: a simulated chain, a year of a real one, or a file of real sales."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from ingestion.events import TOPICS, Message
from ingestion.journey_files import BASKETS, JOURNEY, Journey, run_name
from ingestion.replay import (
    SOURCES,
    Event,
    UnknownSourceError,
    event_message,
    read_events,
    seconds_into,
    send_messages,
)
from ingestion.sales_producer import week_plan
from ingestion.simulator.week import chain_week
from lakehouse.settings import Settings

SIMULATE = "simulate"
NAMED = (SIMULATE, JOURNEY)
_LIVE_LINES_PER_SECOND = 50.0
_BESIDE_LINES_PER_SECOND = 10.0
# A live shop has bad days: enough of them to be seen, too few to matter.
_LATE, _DUPLICATES, _BROKEN = 0.02, 0.02, 0.005

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Source:
    """What to send. ``origin``: one of NAMED, or a file. ``limit``: at most that many events (of complete-journey
    receipts: their master data comes with them); None = all, or without end. ``speed`` is a multiple of the source's own
    time, ``rate`` lines per second (None = as fast as possible; live: 50). ``start`` is the first day of the simulated
    week. ``is_today``: each sale happens when it is sent."""

    origin: Path | str
    seed: int = 1
    limit: int | None = None
    speed: float | None = None
    rate: float | None = None
    start: date | None = None
    is_today: bool = False

    @property
    def name(self) -> str:
        """For people."""
        return self.origin.name if isinstance(self.origin, Path) else self.origin


def find_source(name: str, seed: int, limit: int | None, pace: tuple[float | None, float | None]) -> Source:
    """The source that the command line names; ``pace`` is (speed, rate). Raises UnknownSourceError."""
    if name in NAMED:
        return Source(name, seed, limit, *pace)
    path = Path(name)
    known = path.name.lower().endswith(tuple(SOURCES))
    if not path.is_file() or not known:
        seen = "no such file" if known else "no reader for its name" if path.exists() else "no such source"
        raise UnknownSourceError(
            f"--source {name}: {seen}; expected {', '.join(NAMED)}, or an existing file that ends in {', '.join(SOURCES)}"
        )
    return Source(path, seed, limit, *pace)


def send_all(settings: Settings, source: Source, progress: Progress) -> int:
    """Send the source to its end; returns delivered messages. ``progress`` gets (delivered, all).

    Of the simulated chain that is one week.
    """
    messages, total = _messages(source)
    delivered = send_messages(settings, messages, lambda count: progress(count, max(total, count)))
    return sum(delivered.values())


def _messages(source: Source) -> tuple[Iterator[Message], int]:
    """What the source sends, and how many that are, about."""
    if source.origin == JOURNEY:
        count = BASKETS if source.limit is None else min(source.limit, BASKETS)
        return journey_messages(source), count
    if isinstance(source.origin, Path):
        events = read_events(source.origin)[: source.limit]
        return paced_messages(events, source.origin.name, source.speed), len(events)
    week = chain_week(week_plan(source.seed, source.start, datetime.now(UTC)))
    sent = [message for message in week.messages[: source.limit] if message.topic in TOPICS]
    return iter(sent), len(sent)


def journey_messages(source: Source) -> Iterator[Message]:
    """Complete Journey's messages, each basket when it is due by speed or rate; at once without either."""
    run = run_name(datetime.now(UTC)) if source.is_today else ""
    started, sent_lines = time.monotonic(), 0
    first_at: datetime | None = None
    for lines, sold_at, messages in Journey(TOPICS, run).messages(source.limit):
        first_at = first_at or sold_at
        due = 0.0
        if source.speed is not None:
            due = (sold_at - first_at).total_seconds() / source.speed
        elif source.rate is not None:
            due = sent_lines / source.rate
        time.sleep(max(0.0, started + due - time.monotonic()))
        sent_lines += lines
        yield from messages


def paced_messages(events: Sequence[Event], file_name: str, speed: float | None) -> Iterator[Message]:
    """The messages of a file's events, each when it is due: ``speed`` times as fast as it was, None = at once."""
    started = time.monotonic()
    for event in events:
        if speed is not None:
            due = seconds_into(events[0], event) / speed
            time.sleep(max(0.0, started + due - time.monotonic()))
        yield event_message(event, file_name, datetime.now(UTC))


def live_commands(source: Source) -> list[list[str]]:
    """The commands that send the source beside the application of `retail run`.

    Complete Journey has neither stock nor tills: the simulated chain sells beside it, under stores that say so.
    """
    limit = [] if source.limit is None else ["--limit", str(source.limit)]
    rate = _LIVE_LINES_PER_SECOND if source.rate is None else source.rate
    if source.origin == SIMULATE:
        return [_chain_command(source.seed, rate, limit)]
    speed = [] if source.speed is None else ["--speed", str(source.speed)]
    replay = [sys.executable, "-m", "orchestration.cli", "replay", str(source.origin), *limit, *speed]
    if source.origin != JOURNEY:
        return [replay]
    paced = [] if source.speed else ["--rate", str(rate)]
    return [[*replay, "--today", *paced], _chain_command(source.seed, _BESIDE_LINES_PER_SECOND, [])]


def _chain_command(seed: int, rate: float, limit: list[str]) -> list[str]:
    shares = ["--late", str(_LATE), "--duplicates", str(_DUPLICATES), "--broken", str(_BROKEN)]
    paced = ["--seed", str(seed), "--shape", "chain", "--rate", str(rate), "--unit", "lines"]
    return [sys.executable, "-m", "ingestion.sales_producer", *paced, *shares, *limit]
