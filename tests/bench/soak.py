"""A soak: 1,000 lines a second live for half an hour. Do batches stay as quick, files as few, memory as small?

``python -m tests.bench.soak --minutes 30``, after ``make setup dev``. Tells each batch's seconds, the data files of each
table and the resident memory of driver and servers over time, and compares the last third with the first one after the
warm-up. Writes docs/evidence/bench_soak.json.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from ingestion.shop import ShopPlan
from lakehouse.settings import Settings
from tests.bench.evidence import options, write_evidence
from tests.bench.live import Series, Told, Watch, batches, selling, wait_until
from tests.bench.loaded_topic import ground, topics_of_its_own

FLOOR, BUDGET = 1.5, 1.2
_WARM_UP_SECONDS = 180.0
_FIRST_BATCH_SECONDS, _LAST_BATCH_SECONDS = 300.0, 300.0


def run(settings: Settings, rate: float, minutes: float, log: Path) -> dict[str, object]:
    """Send at the rate for so long after the first batch, let all arrive, and tell what was seen."""
    with selling(settings, log, ShopPlan(seed=1), rate) as live:
        wait_until(lambda: bool(batches(log)), live.job, log, _FIRST_BATCH_SECONDS)
        began = time.time()
        wait_until(lambda: time.time() > began + 60 * minutes, live.job, log, 60 * minutes + 60)
        ended = time.time()
        sent = live.close_tills()
        wait_until(lambda: _received(log) >= sent["events"], live.job, log, _LAST_BATCH_SECONDS)
    warm = began + min(_WARM_UP_SECONDS, 60 * minutes / 5)
    return {
        "lines": sent["lines"],
        "events": sent["events"],
        "received": _received(log),
        **seen(batches(log), live.watch, (began, warm, ended)),
    }


def seen(told: list[Told], watch: Watch, times: tuple[float, float, float]) -> dict[str, object]:
    """Batches, files and memory by seconds since the first batch; the last third beside the first warm one."""
    began, warm, ended = times
    third = (ended - warm) / 3
    first, last = (warm, warm + third), (ended - third, ended)
    seconds = [(each["at"], each["seconds"]) for each in told]
    p95 = {name: _percentile(seconds, span, 95) for name, span in (("first", first), ("last", last))}
    memory = {
        name: {
            "first": _percentile(s, first, 50),
            "last": _percentile(s, last, 50),
            "most": max(v for _, v in s),
        }
        for name, s in watch.memory.items()
    }
    files = {
        name: {
            "most_in_first": _most(series, first),
            "most_in_last": _most(series, last),
            "end": series[-1][1],
        }
        for name, series in watch.files.items()
    }
    return {
        "thirds_begin_at": [round(warm - began), round(warm + third - began), round(ended - third - began)],
        "batch_p95": p95,
        "ratio": {
            "median": round(p95["last"] / p95["first"], 3) if p95["first"] and p95["last"] else None,
            "floor": FLOOR,
            "budget": BUDGET,
            "lower_is_better": True,
        },
        "memory_mib": memory,
        "files": files,
        "series": {
            "batch_seconds": _since(seconds, began),
            "files": {name: _since(series, began) for name, series in watch.files.items()},
            "memory_mib": {name: _since(series, began) for name, series in watch.memory.items()},
        },
    }


def _received(log: Path) -> int:
    return round(sum(each["received"] for each in batches(log)))


def _percentile(series: Series, span: tuple[float, float], q: float) -> float | None:
    """None where nothing was seen in that time."""
    found = [value for at, value in series if span[0] <= at <= span[1]]
    return round(float(np.percentile(found, q)), 3) if found else None


def _most(series: Series, span: tuple[float, float]) -> float:
    """0 where the table had no file yet, or nobody looked."""
    return max((value for at, value in series if span[0] <= at <= span[1]), default=0)


def _since(series: Series, began: float) -> list[tuple[float, float]]:
    return [(round(at - began, 1), value) for at, value in series]


def main() -> None:
    """Run the soak."""
    parser = options(__doc__)
    parser.add_argument("--rate", type=float, default=1000, help="lines a second")
    parser.add_argument("--minutes", type=float, default=30, help="after the first batch")
    given = parser.parse_args()
    settings = ground()
    with topics_of_its_own(settings, "soak") as own:
        found = run(own, given.rate, given.minutes, settings.home / "logs" / "bench_soak.log")
    _show(write_evidence(given.to, "bench_soak", {"rate": given.rate, "minutes": given.minutes, **found}))


def _show(result: dict[str, object]) -> None:
    shown = Table(
        "what", "first third", "last third", title=f"{result['lines']:,} lines in {result['minutes']} min"
    )
    p95 = result["batch_p95"]
    shown.add_row("batch p95, s", str(p95["first"]), str(p95["last"]))  # type: ignore[index]
    for name, row in result["memory_mib"].items():  # type: ignore[attr-defined]
        shown.add_row(f"memory of {name}, MiB", str(row["first"]), str(row["last"]))
    for name, row in result["files"].items():  # type: ignore[attr-defined]
        shown.add_row(f"most files of {name}", str(row["most_in_first"]), str(row["most_in_last"]))
    Console().print(shown, f"last third / first third of batch p95: {result['ratio']}")


if __name__ == "__main__":
    main()
