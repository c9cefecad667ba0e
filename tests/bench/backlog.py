"""After an outage: so many lines wait in the topic, tills go on selling, and the stream starts again.

``python -m tests.bench.backlog --lines 1800000`` (an hour at 500 lines a second), after ``make setup dev``. Measures how
fast the backlog drains, the most memory meanwhile, and whether the freshness that the application reports is honest: the
age of each batch's events is computed again from what the broker says of its records. Writes
docs/evidence/bench_backlog.json.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
from rich.console import Console
from rich.table import Table

from ingestion.events import SALES_DATA
from ingestion.kafka_clients import client_config
from ingestion.shop import KeyedValue, Shop, ShopPlan
from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import lake_reader
from tests.bench.evidence import options, write_evidence
from tests.bench.live import Told, batches, selling, wait_until
from tests.bench.loaded_topic import BLOCK, ground, send, topics_of_its_own

_MOST_SECONDS = 3600.0
_LIVE_BATCH = 10_000
"""A batch of a stream that keeps up holds fewer records, at the rates of this bench."""
_HONEST_SECONDS = 1.0
"""A reported age may be less than the broker's by so much. It may be more: a receipt waits in the till's queue first."""


def sell(settings: Settings, lines: int) -> dict[str, int]:
    """Receipts of plain shops, sold now and as fast as possible, until they have so many lines."""
    shop = Shop(ShopPlan(seed=1), datetime.now(UTC))

    def receipts() -> Iterator[Sequence[KeyedValue]]:
        while shop.counts["lines"] < lines:
            yield shop.batch(min(BLOCK, lines), datetime.now(UTC))

    send(settings, receipts())
    return dict(shop.counts)


def run(settings: Settings, waiting: Mapping[str, int], rate: float, log: Path) -> dict[str, object]:
    """Start the application over the backlog, with tills that go on, until a minute after it is drained."""
    started = time.time()
    with selling(settings, log, ShopPlan(seed=2), rate) as live:
        wait_until(lambda: _is_drained(batches(log), waiting["events"]), live.job, log, _MOST_SECONDS)
        until = time.time() + 60
        wait_until(lambda: time.time() > until, live.job, log, 120)
        more = live.close_tills()
        whole = waiting["events"] + more["events"]
        wait_until(lambda: sum(b["received"] for b in batches(log)) >= whole, live.job, log, 300)
    told = batches(log)
    return {
        "lines_meanwhile": more["lines"],
        "received": round(sum(each["received"] for each in told)),
        "sent": whole,
        "drain": drained(told, waiting["events"], started),
        "memory_most_mib": {name: max(v for _, v in series) for name, series in live.watch.memory.items()},
        "batches": honest(told, settings),
    }


def _is_drained(told: list[Told], waiting: int) -> bool:
    """Whether all that waited has come, and a batch is as small again as live ones are."""
    return bool(told) and sum(b["received"] for b in told) >= waiting and told[-1]["received"] <= _LIVE_BATCH


def drained(told: list[Told], waiting: int, started: float) -> dict[str, float]:
    """From the beginning of the first batch to the end of the first one that found no more than live batches do."""
    received = np.cumsum([each["received"] for each in told])
    last = next(
        n for n, each in enumerate(told) if received[n] >= waiting and each["received"] <= _LIVE_BATCH
    )
    drain = told[:last] or told[:1]
    first_began, ended = told[0]["at"] - told[0]["seconds"], drain[-1]["at"]
    lines = sum(each["lines"] for each in drain)
    return {
        "batches": len(drain),
        "lines": round(lines),
        "seconds": round(ended - first_began, 1),
        "lines_per_second": round(lines / (ended - first_began)),
        "seconds_with_the_start_of_the_driver": round(ended - started, 1),
    }


def honest(told: list[Told], settings: Settings) -> list[dict[str, float]]:
    """Each batch with the age of its events (seconds, when it was done) as reported and by the broker's clock."""
    appended = broker_times(settings)
    ledger = lake_reader(settings).rows(
        "ops", "ledger", ["batch_id", "partition", "first_offset", "last_offset"]
    )
    assert ledger is not None
    parts: dict[int, list[np.ndarray]] = {}
    for row in ledger.to_pylist():
        times = appended[row["partition"]][row["first_offset"] : row["last_offset"] + 1]
        parts.setdefault(row["batch_id"], []).append(times)
    rows = []
    for each in told:
        ages = each["at"] - np.concatenate(parts[int(each["batch_id"])])
        true = {q: round(float(np.percentile(ages, q)), 2) for q in (50, 95)}
        said = {q: round(each[f"freshness_p{q}"], 2) for q in (50, 95)}
        rows.append(
            {"batch_id": each["batch_id"], "received": each["received"], "seconds": each["seconds"]}
            | {"reported_p50": said[50], "true_p50": true[50], "reported_p95": said[95], "true_p95": true[95]}
        )
    return rows


def broker_times(settings: Settings) -> dict[int, np.ndarray]:
    """When the broker appended each record of `sales_data`, by partition and offset (seconds since the epoch)."""
    topic = settings.topic(SALES_DATA)
    consumer = Consumer(client_config(settings) | {"group.id": uuid.uuid4().hex, "enable.auto.commit": False})
    try:
        numbers = consumer.list_topics(topic, 10).topics[topic].partitions
        ends = {n: consumer.get_watermark_offsets(TopicPartition(topic, n), 10)[1] for n in numbers}
        found = {n: np.full(end, np.nan) for n, end in ends.items()}
        consumer.assign([TopicPartition(topic, n, OFFSET_BEGINNING) for n in numbers])
        missing = sum(ends.values())
        while missing > 0:
            for record in consumer.consume(min(50_000, missing), 1.0):
                if record.error():
                    raise RuntimeError(f"the broker answers {record.error()}")
                found[record.partition()][record.offset()] = record.timestamp()[1] / 1000
                missing -= 1
        return found
    finally:
        consumer.close()


def main() -> None:
    """Run the bench."""
    parser = options(__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000, help="lines that wait")
    parser.add_argument("--rate", type=float, default=500, help="lines a second that tills go on selling")
    given = parser.parse_args()
    settings = ground()
    with topics_of_its_own(settings, "backlog") as own:
        waiting = sell(own, given.lines)
        found = run(own, waiting, given.rate, settings.home / "logs" / "bench_backlog.log")
    off = [b[f"reported_p{q}"] - b[f"true_p{q}"] for b in found["batches"] for q in (50, 95)]  # type: ignore[attr-defined]
    result = {
        "waiting": {"lines": waiting["lines"], "receipts": waiting["events"]},
        "rate": given.rate,
        **found,
        "reported_too_young_by": round(max(0.0, -min(off)), 2),
        "reported_too_old_by": round(max(0.0, *off), 2),
        "honest_within": _HONEST_SECONDS,
    }
    _show(write_evidence(given.to, "bench_backlog", result))


def _show(result: dict[str, object]) -> None:
    shown = Table(
        "batch", "records", "seconds", "reported p50 / p95", "true p50 / p95", title="age of events, s"
    )
    for row in result["batches"]:  # type: ignore[attr-defined]
        ages = (f"{row[f'{kind}_p50']} / {row[f'{kind}_p95']}" for kind in ("reported", "true"))
        shown.add_row(*(str(row[name]) for name in ("batch_id", "received", "seconds")), *ages)
    Console().print(
        shown, result["drain"], result["memory_most_mib"], f"too young by {result['reported_too_young_by']} s"
    )


if __name__ == "__main__":
    main()
