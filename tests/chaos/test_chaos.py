"""Live runs under faults lose nothing and double nothing: a short one, and ten of a minute."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.chaos.homes import Homes
from tests.chaos.live import Size, run
from tests.chaos.plan import Fault, RunPlan, series

# The short run belongs to `make test` as soon as it was seen to fit its time there.
pytestmark = [pytest.mark.stack, pytest.mark.long]
# Apart from what this one costs (a driver that starts twice), the short run says no more than a long one.
SHORT = ("kill export", "crash after:gold.fct_sales_lines", "disturb s3 torn after")


def short(seed: int) -> RunPlan:
    """A run with one fault of each sort, one right after the other."""
    known = {fault.name: fault for plan in series(seed, 100) for fault in plan.faults}
    faults = [replace(known[name], at=float(second)) for second, name in enumerate(SHORT)]
    return replace(series(seed, 1)[0], faults=tuple(faults))


@pytest.mark.timeout(1800)
def test_a_short_run_under_three_faults_ends_with_every_sale_once(homes: Homes) -> None:
    result = run(homes, short(5), Size(seconds=10.0, rate=100.0))
    homes.stop_run()
    assert result["differences"] == []
    assert result["accepted"] > 500
    assert [fault["fault"] for fault in result["faults"]] == list(SHORT)


@pytest.mark.timeout(1800)
def test_a_topic_made_again_under_a_live_run_is_told_and_nothing_that_was_received_is_lost(
    homes: Homes,
) -> None:
    plan = replace(series(5, 1)[0], faults=(Fault("topic", "recreated", 0.0),))
    result = run(homes, plan, Size(seconds=10.0, rate=100.0))
    assert result["differences"] == []
    assert homes.gone, "the old topic held sales"
    assert result["received"] > len(homes.gone)


@pytest.mark.timeout(7200)  # ten runs, each with some restarts of the driver
def test_ten_runs_under_faults_end_with_every_sale_once(homes: Homes) -> None:
    for plan in series(6, 10):
        result = run(homes, plan, Size())
        homes.close_till()
        assert result["differences"] == [], f"make chaos SEED={plan.seed} ONLY={plan.number}"
