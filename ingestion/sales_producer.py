"""Simulated tills that send at any rate: ``python -m ingestion.sales_producer --help``.

Plain shops sell to `sales_data` only, fast; the chain fills every topic (ingestion/simulator).
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal, get_args

import typer

from ingestion.command_line import Ticker, exit_code, print_result
from ingestion.events import SALES_DATA, TOPICS
from ingestion.kafka_producer import EventSender
from ingestion.shop import Shop, ShopPlan
from ingestion.simulator.chain import ChainPlan, last_full_week
from ingestion.simulator.event_files import write_event_files
from ingestion.simulator.live import LiveChain
from ingestion.simulator.week import chain_week
from ingestion.topics import ensure_topics
from lakehouse.settings import Settings, load_settings

_BATCH = 1_000
_PAUSE_SECONDS = 0.02
_STOP_FLUSH_SECONDS = 10.0
_HISTORY = timedelta(days=4)

Counts = dict[str, int]
Unit = Literal["events", "lines"]
AnyShape = Literal["v1", "v2", "mixed", "chain"]


@dataclass(frozen=True)
class Pace:
    """How fast and how long: ``rate`` per second in ``unit``s (0 = as fast as possible), at most ``limit``
    events (None = until stopped)."""

    rate: float = 0.0
    unit: Unit = "events"
    limit: int | None = None

    def __post_init__(self) -> None:
        if self.rate < 0 or (self.limit is not None and self.limit < 0) or self.unit not in get_args(Unit):
            raise ValueError(f"rate and limit are at least 0, the unit is events or lines; seen {self}")


def simulate(
    settings: Settings,
    plan: ShopPlan | ChainPlan,
    pace: Pace,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[Counts], None] | None = None,
) -> Counts:
    """Send what the simulated shop or chain does until the limit or ``stop``; returns its counts and ``delivered``.
    ``progress`` gets the counts so far. Raises BrokerUnreachable or DeliveryError."""
    shop: Shop | LiveChain
    now = datetime.now(UTC)
    shop = Shop(plan, now) if isinstance(plan, ShopPlan) else LiveChain(plan, TOPICS, now)
    started = time.monotonic()

    def report(delivered: int) -> None:
        if progress:
            progress({**shop.counts, "delivered": delivered})

    with EventSender(settings, report) as sender:
        while not stop() and (pace.limit is None or shop.counts["events"] < pace.limit):
            count = events_due(pace, shop.counts, time.monotonic() - started)
            if count == 0 or not sender.has_room(count):
                time.sleep(_PAUSE_SECONDS)
                continue
            _send_batch(sender, shop, count)
        if stop():
            sender.flush(_STOP_FLUSH_SECONDS)
    return {**shop.counts, "delivered": sum(sender.delivered.values())}


def _send_batch(sender: EventSender, shop: Shop | LiveChain, count: int) -> None:
    now = datetime.now(UTC)
    if isinstance(shop, Shop):
        sender.send_pairs(SALES_DATA, shop.batch(count, now))
        return
    for message in shop.batch(count, now):
        sender.send(message)


def events_due(pace: Pace, counts: Counts, seconds: float) -> int:
    """Events to make now, so that the pace is kept on average; at most one batch."""
    sent = counts["events"]
    due = _BATCH
    if pace.rate:
        missing = pace.rate * seconds - counts[pace.unit]
        lines_per_event = counts["lines"] / sent if pace.unit == "lines" and counts["lines"] else 1.0
        due = min(due, int(missing / lines_per_event))
    if pace.limit is not None:
        due = min(due, pace.limit - sent)
    return max(due, 0)


app = typer.Typer(add_completion=False)


@app.command()
def main(  # noqa: PLR0913 - one parameter per option
    *,
    seed: Annotated[int, typer.Option(help="same seed and start time = same events")] = 1,
    shape: Annotated[
        AnyShape,
        typer.Option(help="sales as plain lines, receipts or both; chain: stock, tills, master data too"),
    ] = "v2",
    rate: Annotated[float, typer.Option(min=0, help="per second; 0 = as fast as possible")] = 10.0,
    unit: Annotated[Unit, typer.Option(help="what the rate counts")] = "events",
    limit: Annotated[int | None, typer.Option(min=0, help="stop after that many events")] = None,
    late: Annotated[float, typer.Option(min=0, max=1, help="share of events up to 3 days late")] = 0.0,
    duplicates: Annotated[float, typer.Option(min=0, max=1, help="share of events sent again")] = 0.0,
    broken: Annotated[float, typer.Option(min=0, max=1, help="share of events damaged on the way")] = 0.0,
    to_folder: Annotated[
        Path | None,
        typer.Option(help="write the chain's week there, as `retail run --once` sends it, and send nothing"),
    ] = None,
    start: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="its first day; default: last full week")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on stdout")] = False,
) -> None:
    """Send simulated sales until --limit, Ctrl-C or SIGTERM; what is queued is delivered first.

    --to-folder writes one file of JSON lines per topic; seed, start and limit choose the events.
    """
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    try:
        now = datetime.now(UTC)
        if to_folder is not None:
            plan = week_plan(seed, start.date() if start else None, now)
            print_result(write_event_files(chain_week(plan), to_folder, limit), as_json)
            return
        settings = load_settings()
        shares = (late, duplicates, broken)
        ensure_topics(settings)
        chosen = _plan(seed, shape, shares, settings.default_currency, now)
        counts = simulate(settings, chosen, Pace(rate, unit, limit), stopped.is_set, Ticker())
    except (ConnectionError, ValueError, RuntimeError) as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(exit_code(error)) from None
    print_result(counts, as_json)


def week_plan(seed: int, start: date | None, now: datetime) -> ChainPlan:
    """The chain's week of a seed: from ``start``, else the last full week before ``now``."""
    return ChainPlan(start or last_full_week(now.date()), seed)


def _plan(
    seed: int, shape: AnyShape, shares: tuple[float, float, float], currency: str, now: datetime
) -> ShopPlan | ChainPlan:
    late, duplicates, broken = shares
    if shape == "chain":
        start = (
            now.date() - _HISTORY
        )  # late sales of the last days know their prices, and prices change from day to day
        return ChainPlan(start, seed, late=late, duplicates=duplicates, broken=broken, label=now.isoformat())
    return ShopPlan(seed, shape, late, duplicates, broken, currency=currency)


if __name__ == "__main__":
    app()
