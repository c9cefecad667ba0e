"""The bench's page says what was measured, what is missed and by how much, and what was not measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.bench.bench import RATIOS, ratios
from tests.bench.evidence import ROOT
from tests.bench.page import BOUNDS, evidence_in, rendered
from tests.bench.plots import draw
from tests.bench.verdicts import Verdict, verdicts

pytestmark = pytest.mark.check

_ORIGIN = {"at": "2026-01-01T00:00:00+00:00", "commit": "c" * 40, "machine": {"cores": 2}}


def rates(ours: int, others: int) -> dict[str, Any]:
    names = {name for _, measured, beside, *_ in RATIOS for name in (measured, beside)}
    rows: list[dict[str, object]] = [
        {"measured": name, "round": number, "seconds": 1.0, "rate": rate}
        for name, rate in {**dict.fromkeys(sorted(names), others), "Kafka -> gold": ours}.items()
        for number in (0, 1, 2)
    ]
    return {**_ORIGIN, "records": 1_000, "lines": 999, "measurements": rows, "ratios": ratios(rows)}


def soak(last: float) -> dict[str, Any]:
    series = [(0.0, 1.0), (60.0, last)]
    return {
        **_ORIGIN,
        "rate": 1_000,
        "minutes": 2,
        "lines": 9,
        "events": 3,
        "received": 3,
        "thirds_begin_at": [0, 20, 40],
        "batch_p95": {"first": 1.0, "last": last},
        "ratio": {"median": last, "floor": 1.5, "budget": 1.2},
        "memory_mib": {"driver": {"first": 1, "last": 2, "most": 3}},
        "files": {"gold.fct_sales_lines": {"most_in_first": 2, "most_in_last": 3, "end": 3}},
        "series": {
            "batch_seconds": series,
            "files": {"gold.fct_sales_lines": series},
            "memory_mib": {"driver": series},
        },
    }


def by_name(found: list[Verdict], begins: str) -> Verdict:
    return next(each for each in found if each.what.startswith(begins))


def test_a_budget_is_missed_by_a_share_of_it() -> None:
    found = verdicts({"bench": rates(ours=600, others=1_000), "bench_soak": soak(1.8)})
    assert by_name(found, "Bronze").words == "met"
    assert by_name(found, "Whole chain, rate against the tutorial pipeline, same").words == (
        "**missed** by 40 %, and the floor by 40 %"
    )
    assert by_name(found, "Soak of 2 min").words == "**missed** by 50 %, and the floor by 20 %"


def test_what_lies_between_floor_and_budget_is_missed() -> None:
    assert Verdict("x", 0.5, 0.75, False, "", 0.6).words == "**missed** by 20 %, within the floor"
    assert Verdict("x", 1.5, 1.2, True, "", 1.2).words == "met"


def test_nothing_is_said_of_what_was_not_measured() -> None:
    page = rendered({"bench": rates(ours=1_000, others=1_000)})
    assert "there is no `docs/evidence/bench_soak.json`" in page
    assert all(v.words == "not measured" for v in verdicts({}) if v.budget is not None)
    assert "| – | at most 2.5 s | not measured |" in page


def test_the_page_shows_every_round_and_its_origin() -> None:
    page = rendered({"bench": rates(ours=1_234, others=1_000)}, bounds="MERGE bounds it.")
    assert "| Kafka -> gold | 1,234 | 1,234 to 1,234 | 1.0, 1.0 | 1.0 |" in page
    assert "commit cccccccccccc; 2 cores" in page
    assert "MERGE bounds it." in page


def test_the_same_numbers_give_the_same_plot(tmp_path: Path) -> None:
    for name, found in {"bench": rates(1, 2), "bench_soak": soak(1.1)}.items():
        first = draw(name, found, tmp_path / "a").read_text(encoding="utf-8")
        assert draw(name, found, tmp_path / "b").read_text(encoding="utf-8") == first
        assert "<text" in first


def test_the_committed_page_shows_the_committed_evidence() -> None:
    evidence = ROOT / "docs" / "evidence"
    bounds = evidence / BOUNDS
    told = bounds.read_text(encoding="utf-8") if bounds.exists() else ""
    page = (ROOT / "docs" / "bench.md").read_text(encoding="utf-8")
    assert page == rendered(evidence_in(evidence), told), "run `make bench-page`"
