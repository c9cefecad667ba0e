"""A series of chaos runs over the real stack: ``make chaos SEED=1 RUNS=100``.

Results are appended to ``.chaos/results.jsonl``; the same command goes on where an interrupted series stopped. One run
again, as a failure says: ``make chaos SEED=1 ONLY=17``. Exit code 1 when a run was bad; its journal, logs, topics and
lake stay for whoever looks at it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos.homes import CommandFailed, Homes
from tests.chaos.live import Size, run
from tests.chaos.plan import RunPlan, counts, series
from tests.chaos.results import Json, add_result, done_runs, read_results, summary

ROOT = Path(__file__).resolve().parents[2]
RUNS_A_LAKE = 10


def main() -> int:
    """Make the runs that are missing."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--only", type=int, default=None, help="one run of the series, also if it was good before"
    )
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="how long a run sells at the rate; then a tenth of it"
    )
    parser.add_argument("--rate", type=float, default=500.0, help="lines per second")
    parser.add_argument("--folder", type=Path, default=ROOT / ".chaos")
    parser.add_argument(
        "--plan", action="store_true", help="show what would be done, with counts, and do nothing"
    )
    given = parser.parse_args()
    runs = given.runs if given.only is None else given.only + 1
    plans = series(given.seed, runs)
    if given.plan:
        _show(plans)
        return 0
    file = given.folder / "results.jsonl"
    done = done_runs(read_results(file), given.seed)
    chosen = [p for p in plans if (p.number not in done if given.only is None else p.number == given.only)]
    made = _make(given, chosen, file)
    print(summary([each for each in read_results(file) if each["seed"] == given.seed]))
    return int(any(each["verdict"] != "good" for each in made))


def _make(given: argparse.Namespace, plans: list[RunPlan], file: Path) -> list[Json]:
    for name in [name for name in os.environ if name.startswith("RETAIL_")]:
        del os.environ[name]
    shutil.rmtree(given.folder / "house", ignore_errors=True)
    homes, commit, made = Homes.opened(given.folder.resolve()), _commit(), list[Json]()
    try:
        for plan in plans:
            print(f"seed {plan.seed} run {plan.number}: {', '.join(f.name for f in plan.faults)}", flush=True)
            result: Json = {}
            try:
                result = run(homes, plan, Size(given.seconds, given.rate))
            finally:
                homes.close_till()
            result |= {"commit": commit, "at": datetime.now(UTC).isoformat(timespec="seconds")}
            add_result(file, result)
            made.append(result)
            _tell(result, homes)
            is_good = result["verdict"] == "good"
            if not is_good or homes.gone or result["runs_in_lake"] >= RUNS_A_LAKE:
                _leave(homes, is_kept=not is_good)
        _leave(homes, is_kept=False)
    finally:
        homes.leave_lake(is_kept=True)  # only an interrupted series has one still
        homes.close()
    return made


def _leave(homes: Homes, is_kept: bool) -> None:
    """Leave the lake. Beside a living writer `retail reconcile` compares all but its last batch, so a good lake is asked
    once more when nobody writes. Raises CommandFailed.
    """
    if homes.prefix and not is_kept:
        homes.stop_run()
        if not homes.gone and json.loads(homes.retail("reconcile", "--json"))["waiting"]:
            raise CommandFailed(
                "`retail reconcile` sees records that no batch has taken, though all were drained"
            )
    homes.leave_lake(is_kept)


def _tell(result: Json, homes: Homes) -> None:
    back = ", ".join(f"{each['fault']} {each['flows']} s" for each in result["faults"])
    print(f"  {result['verdict']} after {result['seconds']} s: {back}", flush=True)
    for difference in result["differences"]:
        print(f"  {difference}", flush=True)
    if result["differences"]:
        print(
            f"  replay: make chaos SEED={result['seed']} ONLY={result['run']}; kept: {homes.journal}",
            flush=True,
        )


def _show(plans: list[RunPlan]) -> None:
    for plan in plans:
        print(f"run {plan.number}: " + ", ".join(f"{fault.at:.0f} s {fault.name}" for fault in plan.faults))
    for name, count in sorted(counts(plans).items()):
        print(f"{count:4} {name}")


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
