"""`make bench`: rates of landing and of the whole chain beside Kafka's own and beside two other pipelines, as ratios
within one run.

Budgets are those of DESIGN section 8. The topic holds plain lines sold over one day, a few of them twice; every whole
pipeline must arrive at the same lines, sums and hours. Prints a table and writes docs/evidence/bench.json.
"""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from ingestion.shop import ShopPlan
from lakehouse.settings import Settings
from tests.bench.evidence import options, spread, write_evidence
from tests.bench.loaded_topic import ground, load, topics_of_its_own, yesterday
from tests.bench.submitted import told_by

OURS = "Kafka -> gold"
# name of the ratio, measured, beside, floor, budget; None = told only
RATIOS = (
    ("bronze landing", "Kafka -> bronze", "Kafka -> noop", 0.5, 0.75),
    ("whole chain", OURS, "Kafka -> from_json -> noop", 0.12, 0.30),
    ("against the tutorial pipeline, same results", OURS, "tutorial pipeline, same results", 1.0, 1.0),
    ("against the tutorial pipeline", OURS, "tutorial pipeline, lines and hours only", 1.0, 1.0),
    ("against confluent-kafka + delta-rs", OURS, "confluent-kafka + delta-rs", None, 1.0),
    # The rules may make the stream 1.15 times as long (floor 1.3).
    ("quality rules", OURS, "Kafka -> gold, no rules", 0.77, 0.87),
    ("quality rules alone", "Kafka -> judged -> noop", "Kafka -> typed -> noop", None, None),
)


def measurements(settings: Settings, counts: dict[str, int], rounds: int) -> list[dict[str, object]]:
    """Run catch_up.py over the loaded topic."""
    numbers = [str(each) for each in (counts["lines"], counts["events"], rounds)]
    return told_by(settings, "tests/bench/catch_up.py", numbers, "measured")


def ratios(found: list[dict[str, object]]) -> list[dict[str, object]]:
    """Each ratio round by round (the warm-up round left out): median and spread beside floor and budget."""
    rates = {(str(row["measured"]), int(str(row["round"]))): float(str(row["rate"])) for row in found}
    numbers = sorted({number for _, number in rates if number > 0})
    return [
        {"ratio": name, "of": ours, "against": beside}
        | spread([rates[ours, number] / rates[beside, number] for number in numbers])
        | {"floor": floor, "budget": budget}
        for name, ours, beside, floor, budget in RATIOS
    ]


def main() -> None:
    """Run the bench."""
    parser = options(__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000, help="records in the topic, plain lines")
    parser.add_argument("--rounds", type=int, default=3, help="rounds after the one that warms up")
    parser.add_argument(
        "--duplicates", type=float, default=0.001, help="share of records that were sent before"
    )
    given = parser.parse_args()
    settings = ground()
    with topics_of_its_own(settings, "rates") as own:
        counts = load(own, ShopPlan(shape="v1", duplicates=given.duplicates), given.lines, yesterday())
        found = measurements(own, counts, given.rounds)
    result = {
        "records": counts["events"],
        "lines": counts["lines"],
        "rounds": given.rounds,
        "measurements": found,
        "ratios": ratios(found),
    }
    _show(write_evidence(given.to, "bench", result))


def _show(result: dict[str, object]) -> None:
    rates = Table("measured", "round", "seconds", "records/s", title=f"{result['records']:,} records")
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
