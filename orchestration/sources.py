"""Where the events of a run come from: a simulated shop, or a file of real sales."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ingestion.events import Message
from ingestion.replay import (
    SOURCES,
    Event,
    UnknownSourceError,
    event_message,
    read_events,
    seconds_into,
    send_messages,
)
from ingestion.sales_producer import Pace, simulate
from ingestion.shop import ShopPlan
from lakehouse.settings import Settings

SIMULATE = "simulate"
_ONCE_EVENTS = 1_000
_LIVE_LINES_PER_SECOND = 50.0
# A live shop has bad days: enough of them to be seen, too few to matter.
_LATE, _DUPLICATES, _BROKEN = 0.02, 0.02, 0.005

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Source:
    """What to send. ``path`` None = the simulated shop with ``seed``; ``limit`` events at most (None = all, or
    without end); ``speed`` is a multiple of the file's own time, ``rate`` the simulator's lines per second
    (None = as fast as possible; live: 50)."""

    path: Path | None
    seed: int = 1
    limit: int | None = None
    speed: float | None = None
    rate: float | None = None


def find_source(name: str, seed: int, limit: int | None, pace: tuple[float | None, float | None]) -> Source:
    """The source that the command line names; ``pace`` is (speed, rate). Raises UnknownSourceError."""
    if name == SIMULATE:
        return Source(None, seed, limit, *pace)
    path = Path(name)
    known = path.name.lower().endswith(tuple(SOURCES))
    if not path.is_file() or not known:
        seen = "no such file" if known else "no reader for its name" if path.exists() else "no such source"
        raise UnknownSourceError(
            f"--source {name}: {seen}; expected {SIMULATE}, or an existing file that ends in {', '.join(SOURCES)}"
        )
    return Source(path, seed, limit, *pace)


def send_all(settings: Settings, source: Source, progress: Progress) -> int:
    """Send the source to its end; returns delivered messages. ``progress`` gets (delivered, all).

    A simulated shop without a limit stops after 1,000 events.
    """
    if source.path is None:
        total = _ONCE_EVENTS if source.limit is None else source.limit
        plan = ShopPlan(source.seed, "mixed", _LATE, _DUPLICATES, _BROKEN, currency=settings.default_currency)
        counts = simulate(
            settings,
            plan,
            Pace(source.rate or 0.0, "lines", total),
            progress=lambda counts: progress(counts["delivered"], total),
        )
        return counts["delivered"]
    events = read_events(source.path)[: source.limit]
    messages = paced_messages(events, source.path.name, source.speed)
    delivered = send_messages(settings, messages, lambda count: progress(count, len(events)))
    return sum(delivered.values())


def paced_messages(events: Sequence[Event], file_name: str, speed: float | None) -> Iterator[Message]:
    """The messages of a file's events, each when it is due: ``speed`` times as fast as it was, None = at once."""
    started = time.monotonic()
    for event in events:
        if speed is not None:
            due = seconds_into(events[0], event) / speed
            time.sleep(max(0.0, started + due - time.monotonic()))
        yield event_message(event, file_name, datetime.now(UTC))


def live_command(source: Source) -> list[str]:
    """The command that sends the source beside the application of `retail run`."""
    limit = [] if source.limit is None else ["--limit", str(source.limit)]
    if source.path is not None:
        speed = [] if source.speed is None else ["--speed", str(source.speed)]
        return [sys.executable, "-m", "orchestration.cli", "replay", str(source.path), *limit, *speed]
    rate = _LIVE_LINES_PER_SECOND if source.rate is None else source.rate
    shares = ["--late", str(_LATE), "--duplicates", str(_DUPLICATES), "--broken", str(_BROKEN)]
    paced = ["--seed", str(source.seed), "--shape", "mixed", "--rate", str(rate), "--unit", "lines"]
    return [sys.executable, "-m", "ingestion.sales_producer", *paced, *shares, *limit]
