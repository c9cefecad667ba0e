"""A series of chaos runs is the same for a seed, strikes everything, and counts honestly."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.plan import CRASH_POINTS, DISTURBED, STRUCK, TOPICS, counts, series
from tests.chaos.results import add_result, done_runs, read_results, summary

pytestmark = pytest.mark.check


def test_a_seed_gives_the_same_runs_and_another_seed_gives_others() -> None:
    assert series(7, 20) == series(7, 20)
    assert series(7, 20)[:5] == series(7, 5)
    assert series(7, 20) != series(8, 20)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_hundred_runs_hit_every_crash_point_five_times_and_strike_every_process(seed: int) -> None:
    planned = counts(series(seed, 100))
    assert all(planned[f"crash {point}"] >= 5 for point in CRASH_POINTS)
    assert all(planned[f"{kind} {name}"] >= 5 for kind, name in STRUCK)
    assert all(planned[f"topic {name}"] >= 5 for name in TOPICS)
    assert all(planned[f"disturb {name}"] >= 5 for name in DISTURBED)


def test_every_run_has_at_least_three_faults_in_its_minute() -> None:
    for plan in series(3, 50):
        assert len(plan.faults) >= 3
        assert [fault.at for fault in plan.faults] == sorted(fault.at for fault in plan.faults)
        assert plan.faults[-1].at < 60


def test_a_series_goes_on_after_its_good_runs_and_repeats_the_bad(tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    fault = {"fault": "kill s3", "second": 5.0, "back": 2.0, "flows": 31.5}
    for number, differences in enumerate([[], ["gold differs"], []]):
        verdict = "bad" if differences else "good"
        add_result(
            file,
            {"seed": 1, "run": number, "verdict": verdict, "faults": [fault], "differences": differences},
        )
    assert done_runs(read_results(file), 1) == {0, 2}
    assert done_runs(read_results(file), 2) == set()
    told = summary(read_results(file))
    assert "3 runs, 2 good" in told
    assert "seed 1 run 1: gold differs" in told
