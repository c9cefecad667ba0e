"""What soak and backlog make of what they saw (no JVM, no server)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.bench.backlog import drained
from tests.bench.growth import ratio
from tests.bench.soak import seen

pytestmark = pytest.mark.check


def test_batches_that_grow_slower_show_in_the_soak() -> None:
    told: list[dict[str, float]] = [{"at": float(at), "seconds": 1 + at / 600} for at in range(0, 601, 2)]
    watch: Any = SimpleNamespace(
        memory={"driver": [(float(at), 100.0 + at) for at in range(0, 601, 2)]},
        files={"gold.fct_sales_lines": [(float(at), float(at % 300)) for at in range(0, 601, 15)]},
    )
    found: Any = seen(told, watch, (0.0, 60.0, 600.0))
    assert found["thirds_begin_at"] == [60, 240, 420]
    assert found["ratio"]["median"] == pytest.approx((1 + 591 / 600) / (1 + 231 / 600), abs=0.01)
    assert found["memory_mib"]["driver"] == {"first": 250.0, "last": 610.0, "most": 700.0}
    assert found["files"]["gold.fct_sales_lines"] == {"most_in_first": 240, "most_in_last": 285, "end": 0}


def test_a_soak_too_short_for_its_batches_measures_nothing() -> None:
    told: list[dict[str, float]] = [{"at": 100.0, "seconds": 60.0}]
    watch: Any = SimpleNamespace(memory={}, files={})
    found: Any = seen(told, watch, (0.0, 10.0, 110.0))
    assert found["batch_p95"] == {"first": None, "last": 60.0}
    assert found["ratio"]["median"] is None


def test_a_backlog_is_drained_when_batches_are_small_again() -> None:
    told = [
        {"received": 300_000, "lines": 900_000, "at": 160.0, "seconds": 50.0},
        {"received": 15_000, "lines": 40_000, "at": 170.0, "seconds": 9.0},
        {"received": 900, "lines": 2_500, "at": 172.0, "seconds": 2.0},
    ]
    assert drained(told, 300_000, 100.0) == {
        "batches": 2,
        "lines": 940_000,
        "seconds": 60.0,
        "lines_per_second": 15_667,
        "seconds_with_the_start_of_the_driver": 70.0,
    }


def test_the_first_increment_warms_up_and_does_not_count() -> None:
    seconds = {(10, 0): 60.0, (200, 0): 20.0, (10, 1): 5.0, (200, 1): 6.0, (10, 2): 5.0, (200, 2): 5.0}
    rows = [{"history": h, "round": n, "batch_seconds": s} for (h, n), s in seconds.items()]
    found = ratio(rows, (10, 200))
    assert (found["median"], found["lowest"], found["highest"]) == (1.1, 1.0, 1.2)
