"""What an increment costs after a long past, against a short one.

``python -m tests.bench.growth``, after ``make setup dev``. Two lakes take in the same increments from the same topic in
one application; their pasts are written as tests/bench/history.py says. *Dense*: a business date holds as many lines as
an increment, which falls on the newest date. *Sparse*: a date holds a tenth of that, and the increment is spread over
the newest ten dates, so most of it comes late and restates days. Writes docs/evidence/bench_growth.json.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table

from lakehouse.settings import Settings
from tests.bench.evidence import options, spread, write_evidence
from tests.bench.loaded_topic import ground, topics_of_its_own
from tests.bench.submitted import told_by

FLOOR, BUDGET = 1.5, 1.15
_DATES = {"dense": 1, "sparse": 10}


@dataclass(frozen=True)
class Case:
    """An increment of so many lines on the newest ``dates`` dates, after ``histories`` of so many lines."""

    density: str
    dates: int
    increment: int
    histories: tuple[int, int]
    rounds: int

    @property
    def lines_per_date(self) -> int:
        """Lines of a business date of the past."""
        return self.increment // self.dates


def measured(settings: Settings, case: Case) -> dict[str, object]:
    """Run increments.py; what it told, and the ratio of long to short past."""
    told = told_by(settings, "tests/bench/increments.py", [json.dumps(asdict(case))], "told")
    increments = [row for row in told if "round" in row]
    return {
        "density": case.density,
        "dates": case.dates,
        "lines_per_date": case.lines_per_date,
        "histories": [row for row in told if "files" in row],
        "increments": increments,
        "ratio": ratio(increments, case.histories),
    }


def ratio(increments: list[dict[str, float]], histories: tuple[int, int]) -> dict[str, object]:
    """Seconds of the batch after the long past against those after the short one, increment by increment."""
    seconds = {(row["history"], row["round"]): row["batch_seconds"] for row in increments}
    short, long = histories
    numbers = sorted({number for _, number in seconds if number})
    each = [seconds[long, number] / seconds[short, number] for number in numbers]
    return {**spread(each), "floor": FLOOR, "budget": BUDGET, "lower_is_better": True}


def main() -> None:
    """Run the bench."""
    parser = options(__doc__)
    parser.add_argument("--increment", type=int, default=100_000, help="lines of an increment")
    parser.add_argument(
        "--histories", default="1000000,20000000", help="lines of the short and the long past"
    )
    parser.add_argument("--rounds", type=int, default=3, help="increments after the one that warms up")
    parser.add_argument("--density", choices=("both", *_DATES), default="both")
    given = parser.parse_args()
    short, long = (int(each) for each in given.histories.split(","))
    settings = ground()
    found = []
    for density, dates in _DATES.items():
        if given.density in ("both", density):
            with topics_of_its_own(settings, "growth") as own:
                case = Case(density, dates, given.increment, (short, long), given.rounds)
                found.append(measured(own, case))
    result = {"increment": given.increment, "histories": [short, long], "cases": found}
    _show(write_evidence(given.to, "bench_growth", result))


def _show(result: dict[str, object]) -> None:
    shown = Table("dates", "median", "lowest", "highest", "floor", "budget", title="long past / short past")
    for case in result["cases"]:  # type: ignore[attr-defined]
        ratios = case["ratio"]
        names = ("median", "lowest", "highest", "floor", "budget")
        shown.add_row(case["density"], *(str(ratios[name]) for name in names))
        for row in case["increments"]:
            print(f"{case['density']}: {row}")
    Console().print(shown)


if __name__ == "__main__":
    main()
