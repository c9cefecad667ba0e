"""What was measured beside floor and budget of DESIGN section 8. Pure: evidence in, verdicts out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Evidence = Mapping[str, Any]
"""What the benches wrote, by the name of the file; a bench that was not run is absent."""

MISSING = "not measured"


@dataclass(frozen=True)
class Verdict:
    """One budget. ``median`` None: it was not measured. Without a budget it is told only."""

    what: str
    floor: float | None
    budget: float | None
    lower_is_better: bool
    unit: str = ""
    median: float | None = None
    lowest: float | None = None
    highest: float | None = None

    @property
    def measured(self) -> str:
        """The median, and the spread if it was measured more than once."""
        if self.median is None:
            return MISSING
        spread = "" if self.lowest in (None, self.highest) else f" ({self.lowest:g} to {self.highest:g})"
        return f"{self.median:g}{self.unit}{spread}"

    @property
    def is_missed(self) -> bool:
        """Whether a budget was measured and not met."""
        return self.median is not None and self.budget is not None and _short(self, self.budget) > 0

    @property
    def words(self) -> str:
        """What to say of it, with by how much it is missed."""
        if self.median is None:
            return MISSING
        if self.budget is None:
            return "no budget"
        if not self.is_missed:
            return "met"
        said = f"**missed** by {_percent(self, self.budget)}"
        if self.floor is not None and _short(self, self.floor) > 0:
            return f"{said}, and the floor by {_percent(self, self.floor)}"
        return said + (", within the floor" if self.floor is not None else "")

    @property
    def limits(self) -> tuple[str, str]:
        """Floor and budget as text."""
        sign = "at most" if self.lower_is_better else "at least"
        shown = [
            f"{sign} {limit:g}{self.unit}" if limit is not None else "–"
            for limit in (self.floor, self.budget)
        ]
        return shown[0], shown[1]


def verdicts(evidence: Evidence) -> list[Verdict]:
    """Every budget that a bench measures, in the order of the design."""
    return [
        *_rates(evidence),
        *_freshness(evidence),
        *_growth(evidence),
        *_soak(evidence),
        *_backlog(evidence),
    ]


# Told even when the bench was not run, or an older one that did not know them.
_RATES = {
    "bronze landing": ("Bronze landing, rate against Kafka -> noop", 0.5, 0.75),
    "whole chain": ("Kafka -> gold, rate against Kafka -> from_json -> noop", 0.12, 0.30),
    "against the tutorial pipeline, same results": (
        "Whole chain, rate against the tutorial pipeline, same results",
        1.0,
        1.0,
    ),
    "against the tutorial pipeline": (
        "Whole chain, rate against the tutorial pipeline that makes lines and hours only",
        1.0,
        1.0,
    ),
    "against confluent-kafka + delta-rs": ("Whole chain, rate against confluent-kafka + delta-rs", None, 1.0),
    "quality rules": ("Whole chain, rate against the same without rules", 0.77, 0.87),
}


def _rates(evidence: Evidence) -> list[Verdict]:
    found = {row["ratio"]: row for row in evidence.get("bench", {}).get("ratios", [])}
    return [
        Verdict(what, floor, budget, False, "", *_spread(found.get(name)))
        for name, (what, floor, budget) in _RATES.items()
    ]


_PLACES: dict[str, tuple[str, dict[str, tuple[float | None, float]]]] = {
    "gold.fct_sales_lines": ("till to `fct_sales_lines`", {"p50": (None, 2.5), "p95": (15.0, 5.0)}),
    "gold.agg_sales_hourly": ("till to the hours", {"p95": (15.0, 6.0)}),
    "SALES.SALES_NOW": ("till to SQL in the local warehouse", {"p95": (30.0, 10.0)}),
}


def _freshness(evidence: Evidence) -> list[Verdict]:
    places = evidence.get("bench_freshness", {}).get("places", {})
    return [
        Verdict(f"Freshness, {what}, {q}", floor, budget, True, " s", places.get(place, {}).get(q))
        for place, (what, limits) in _PLACES.items()
        for q, (floor, budget) in limits.items()
    ]


def _growth(evidence: Evidence) -> list[Verdict]:
    found = evidence.get("bench_growth", {})
    cases = {case["density"]: case["ratio"] for case in found.get("cases", [])}
    short, long = found.get("histories", (1_000_000, 20_000_000))
    lines = f"{found.get('increment', 100_000):,} lines at {long:,} of history against {short:,}"
    return [
        Verdict(f"Cost of {lines}, dates {name}", 1.5, 1.15, True, "", *_spread(cases.get(name)))
        for name in ("dense", "sparse")
    ]


def _soak(evidence: Evidence) -> list[Verdict]:
    found = evidence.get("bench_soak", {})
    files = found.get("files", {}).values()
    soak = f"Soak of {found.get('minutes', 30):g} min at {found.get('rate', 1000):g} lines/s"
    most = max(
        (row["most_in_last"] / row["most_in_first"] for row in files if row["most_in_first"]), default=None
    )
    return [
        Verdict(
            f"{soak}, p95 of batch time, last third against the first",
            1.5,
            1.2,
            True,
            "",
            found.get("ratio", {}).get("median"),
        ),
        Verdict(
            f"{soak}, most files of a table, last third against the first (the worst table)",
            None,
            None,
            True,
            "",
            round(most, 2) if most else None,
        ),
    ]


def _backlog(evidence: Evidence) -> list[Verdict]:
    found = evidence.get("bench_backlog", {})
    drain = found.get("drain", {}).get("lines_per_second")
    return [
        Verdict("Backlog, rate of draining", None, None, False, " lines/s", drain),
        Verdict(
            "Backlog, events reported younger than the broker says, by at most",
            None,
            1.0,
            True,
            " s",
            found.get("reported_too_young_by"),
        ),
    ]


def _spread(row: Mapping[str, float] | None) -> tuple[float | None, float | None, float | None]:
    return (None, None, None) if row is None else (row["median"], row["lowest"], row["highest"])


def _short(verdict: Verdict, limit: float) -> float:
    """By what share of the limit it is worse than the limit; not positive where it is not."""
    assert verdict.median is not None
    off = verdict.median - limit if verdict.lower_is_better else limit - verdict.median
    return off / limit


def _percent(verdict: Verdict, limit: float) -> str:
    return f"{max(1, round(100 * _short(verdict, limit)))} %"
