"""Freshness under load: from the till to facts, hours and SQL, at a steady rate, once the stream is warm.

``python -m tests.bench.freshness --rate 1000 --minutes 4``, after ``make setup dev``. Starts the one application and
the publisher over a topic and a lake of their own, sends receipts of plain shops at ``--rate`` lines a second, and
looks at the sales of the last part only. Writes docs/evidence/bench_freshness.json. Budgets are those of DESIGN section 8.

A sale is in a table when its batch's commit stands in the table's log, and in SQL when the count of SALES.SALES_NOW
has reached the lines of all batches up to its own.
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from ingestion.sales_producer import Pace, simulate
from ingestion.shop import ShopPlan
from ingestion.topics import ensure_topics
from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import LakeReader, lake_reader
from orchestration.publisher import publish_for_ever
from orchestration.warehouse import answered
from tests.bench.evidence import options, write_evidence
from tests.bench.live import application, batches, family_bytes
from tests.bench.loaded_topic import ground
from warehouse.errors import StatementFailed, WarehouseUnreachable

# place, floor and budget of the 95th percentile in seconds
PLACES = (
    ("gold.fct_sales_lines", 15.0, 5.0),
    ("gold.agg_sales_hourly", 15.0, 6.0),
    ("SALES.SALES_NOW", 30.0, 10.0),
)


class Watch:
    """What a second thread sees: when so many lines stood in SQL, and the memory of the application (bytes)."""

    def __init__(self, settings: Settings, job: subprocess.Popen[str]) -> None:
        self.counts: list[tuple[float, int]] = []
        self.memory: list[tuple[float, int]] = []
        self._settings, self._job = settings, psutil.Process(job.pid)

    def look(self, stopped: threading.Event) -> None:
        """Look twice a second until stopped."""
        while not stopped.wait(0.5):
            self.memory.append((time.time(), family_bytes(self._job)))
            try:
                (row,) = answered(self._settings, "SELECT COUNT(*) AS N FROM SALES.SALES_NOW")
            except (StatementFailed, WarehouseUnreachable):  # not deployed yet
                continue
            self.counts.append((time.time(), int(row["N"])))


def run(settings: Settings, rate: int, minutes: float, log: Path) -> dict[str, object]:
    """Send, wait until all stands in SQL, and say how long it took the sales of the second half."""
    stopped, enough = threading.Event(), threading.Event()
    with application(settings, log) as job, ThreadPoolExecutor(3) as pool:
        watch = Watch(settings, job)
        pool.submit(publish_for_ever, settings, settings.publish_seconds, lambda _: None, stopped)
        looking = pool.submit(watch.look, stopped)
        pace = Pace(rate=rate, unit="lines")
        sending = pool.submit(simulate, settings, ShopPlan(seed=1), pace, enough.is_set)
        try:
            while not batches(log):
                if job.poll() is not None:
                    raise SystemExit(f"the application ended with {job.returncode}; its log is {log}")
                time.sleep(1)
            time.sleep(minutes * 60)
            enough.set()
            sent = sending.result()
            _wait(watch, sent["lines"])
        finally:
            enough.set()
            stopped.set()
        looking.result()
    since = watch.counts[-1][0] - 60 * minutes / 2
    return _measured(lake_reader(settings), watch, batches(log), since) | {"lines": sent["lines"]}


def _wait(watch: Watch, lines: int) -> None:
    deadline = time.monotonic() + 300
    while not watch.counts or watch.counts[-1][1] < lines:
        if time.monotonic() > deadline:
            raise SystemExit(
                f"of {lines} lines {watch.counts[-1:]} stand in SQL five minutes after the last was sent"
            )
        time.sleep(0.5)


def _measured(
    lake: LakeReader, watch: Watch, told: list[dict[str, float]], since: float
) -> dict[str, object]:
    found = lake.rows("silver", "receipts", ["batch_id", "produced_at"])
    assert found is not None
    batch_of = np.array(found["batch_id"].to_pylist())
    sent_at = np.array([each.timestamp() for each in found["produced_at"].to_pylist()])
    lines = {int(each["batch_id"]): int(each["lines"]) for each in told}
    counts, seen = np.cumsum([lines[number] for number in sorted(lines)]), watch.counts
    in_sql = {
        number: next(at for at, shown in seen if shown >= count)
        for number, count in zip(sorted(lines), counts, strict=True)
    }
    is_late = sent_at > since
    places = {}
    for place, floor, budget in PLACES:
        at = (
            in_sql
            if place.startswith("SALES")
            else _committed(lake, *place.partition(".")[::2], newest=len(lines))
        )
        waited = (np.array([at[int(number)] for number in batch_of]) - sent_at)[is_late]
        p50, p95 = (round(float(np.percentile(waited, q)), 2) for q in (50, 95))
        places[place] = {"p50": p50, "p95": p95, "floor_p95": floor, "budget_p95": budget}
    warm = [each for each in told if each["at"] > since]
    return {
        "receipts_looked_at": int(is_late.sum()),
        "places": places,
        "batches": len(warm),
        "batch_seconds": [each["seconds"] for each in warm],
        "received": [each["received"] for each in warm],
        "memory_mib": round(max(size for _, size in watch.memory) / 2**20),
    }


def _committed(lake: LakeReader, layer: str, name: str, newest: int) -> dict[int, float]:
    """When the table was committed by each batch, the last time where it was more often: seconds since the epoch."""
    table = lake.table(layer, name)
    assert table is not None
    found: dict[int, float] = {}
    for commit in table.history(5 * newest + 20):
        note = commit.get("userMetadata") or ""
        if note.startswith("{"):
            found.setdefault(int(json.loads(note)["batch"]), commit["timestamp"] / 1000)
    return found


def main() -> None:
    """Run the bench."""
    parser = options(__doc__)
    parser.add_argument("--rate", type=int, default=1000, help="lines a second")
    parser.add_argument(
        "--minutes", type=float, default=4, help="after the first batch; the second half counts"
    )
    arguments = parser.parse_args()
    settings = ground()
    mark = uuid.uuid4().hex[:6]
    own = {
        "topic_prefix": f"fresh{mark}.",
        "lake_prefix": f"bench/fresh{mark}",
        "snowflake_database": f"FRESH_{mark.upper()}",
    }
    settings = settings.model_copy(update=own)
    ensure_topics(settings)
    log = settings.home / "logs" / "bench_freshness.log"
    result = {"rate": arguments.rate, **run(settings, arguments.rate, arguments.minutes, log)}
    _show(write_evidence(arguments.to, "bench_freshness", result))


def _show(result: dict[str, object]) -> None:
    shown = Table("place", "p50 s", "p95 s", "floor p95", "budget p95", title=f"{result['rate']} lines/s")
    for place, row in result["places"].items():  # type: ignore[attr-defined]
        shown.add_row(place, *(str(row[name]) for name in ("p50", "p95", "floor_p95", "budget_p95")))
    Console().print(shown, f"batches: {result['batch_seconds']} s")


if __name__ == "__main__":
    main()
