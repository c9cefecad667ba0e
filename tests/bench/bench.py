"""`make bench`: rates of landing and of the whole chain beside Kafka's own, as ratios within one run.

Budgets are those of DESIGN section 8. Prints a table and writes docs/evidence/bench.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from infra.local.stack import up
from ingestion.sales_producer import Pace, simulate
from ingestion.shop import ShopPlan
from ingestion.topics import ensure_topics
from lakehouse.settings import Settings, load_settings
from orchestration.spark_submit import spark_environment, spark_submit_command

ROOT = Path(__file__).resolve().parents[2]
# name of the ratio, measured, beside, floor, budget
RATIOS = (
    ("bronze landing", "Kafka -> bronze", "Kafka -> noop", 0.5, 0.75),
    ("whole chain", "Kafka -> gold", "Kafka -> from_json -> noop", 0.12, 0.30),
    # The rules may make the stream 1.15 times as long (floor 1.3).
    ("quality rules", "Kafka -> gold", "Kafka -> gold, no rules", 0.77, 0.87),
    ("quality rules alone", "Kafka -> judged -> noop", "Kafka -> typed -> noop", 0.0, 0.0),
)


def measurements(settings: Settings, lines: int, rounds: int) -> list[dict[str, object]]:
    """Load a topic of its own with v1 lines and run catch_up.py over it."""
    ensure_topics(settings)
    simulate(settings, ShopPlan(seed=1, shape="v1"), Pace(limit=lines))
    command = spark_submit_command(settings, "tests/bench/catch_up.py", [str(lines), str(rounds)])
    own = {"RETAIL_TOPIC_PREFIX": settings.topic_prefix}
    done = subprocess.run(
        command,
        env=spark_environment(settings) | own,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        cwd=ROOT,
    )
    if done.returncode:
        raise SystemExit(f"catch_up.py ended with {done.returncode}; its log stands above")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"measured"')]


def ratios(found: list[dict[str, object]]) -> list[dict[str, object]]:
    """Each ratio round by round (the warm-up round left out): median and spread beside floor and budget."""
    rates = {(str(row["measured"]), int(str(row["round"]))): float(str(row["rate"])) for row in found}
    numbers = sorted({number for _, number in rates if number > 0})
    answer: list[dict[str, object]] = []
    for name, ours, beside, floor, budget in RATIOS:
        each = [rates[ours, number] / rates[beside, number] for number in numbers]
        answer.append(
            {
                "ratio": name,
                "of": ours,
                "against": beside,
                "median": round(statistics.median(each), 3),
                "lowest": round(min(each), 3),
                "highest": round(max(each), 3),
                "floor": floor,
                "budget": budget,
            }
        )
    return answer


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000, help="v1 lines in the topic")
    parser.add_argument("--rounds", type=int, default=2, help="rounds after the one that warms up")
    arguments = parser.parse_args()
    settings = up(load_settings(), lambda text: print(text, file=sys.stderr))
    settings = settings.model_copy(update={"topic_prefix": f"bench{uuid.uuid4().hex[:6]}."})
    found = measurements(settings, arguments.lines, arguments.rounds)
    result = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": subprocess.run(
            ["git", "rev-parse", "HEAD"], capture_output=True, text=True, cwd=ROOT, check=False
        ).stdout.strip(),
        "machine": {
            "cores": os.cpu_count(),
            "system": platform.platform(),
            "python": platform.python_version(),
        },
        "lines": arguments.lines,
        "load_average_at_end": os.getloadavg()[0],
        "measurements": found,
        "ratios": ratios(found),
    }
    folder = ROOT / "docs" / "evidence"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(json.dumps(result, indent=1) + "\n")
    _show(result)


def _show(result: dict[str, object]) -> None:
    rates = Table("measured", "round", "seconds", "lines/s", title=f"{result['lines']:,} v1 lines")
    for row in result["measurements"]:  # type: ignore[attr-defined]
        rates.add_row(row["measured"], str(row["round"]), str(row["seconds"]), f"{row['rate']:,}")
    against = Table("ratio", "median", "lowest", "highest", "floor", "budget")
    for row in result["ratios"]:  # type: ignore[attr-defined]
        against.add_row(
            f"{row['of']} / {row['against']}",
            *(str(row[k]) for k in ("median", "lowest", "highest", "floor", "budget")),
        )
    Console().print(rates, against)


if __name__ == "__main__":
    main()
