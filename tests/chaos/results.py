"""Results of a series: one line of JSON per run, from which a series goes on, and its summary. Reads and appends."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

Json = dict[str, Any]
BACK_WITHIN = 30.0


def read_results(file: Path) -> list[Json]:
    """All runs of the file, in their order."""
    if not file.exists():
        return []
    return [
        json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("{")
    ]


def add_result(file: Path, result: Json) -> None:
    """Append one run."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(result, default=str) + "\n")


def done_runs(results: Iterable[Json], seed: int) -> set[int]:
    """Numbers of the runs of a seed that need not be made again: the good ones."""
    return {each["run"] for each in results if each["seed"] == seed and each["verdict"] == "good"}


def summary(results: Sequence[Json]) -> str:
    """Counts per fault with seconds until data flowed again, and the runs that were bad."""
    good = [each for each in results if each["verdict"] == "good"]
    events = sum(each.get("received", 0) for each in good)
    lines = [f"{len(results)} runs, {len(good)} good; {events:,} records in the good ones"]
    found: defaultdict[str, list[float | None]] = defaultdict(list)
    for fault in (fault for each in results for fault in each["faults"]):
        found[fault["fault"]].append(fault["flows"])
    lines.append(f"{'fault':<34}{'times':>6}{'median s':>10}{'most s':>8}{'over 30 s':>10}{'never':>7}")
    for name, seconds in sorted(found.items()):
        known = sorted(each for each in seconds if each is not None)
        told = f"{median(known):10.1f}{known[-1]:8.1f}" if known else f"{'-':>10}{'-':>8}"
        late = sum(each > BACK_WITHIN for each in known)
        lines.append(f"{name:<34}{len(seconds):>6}{told}{late:>10}{seconds.count(None):>7}")
    reasons = Counter(
        f"seed {r['seed']} run {r['run']}: {r['differences'][0]:.200}" for r in results if r["differences"]
    )
    return "\n".join([*lines, *reasons])
