"""The till of a chaos run sells at its rate for a while and at a share of it afterwards."""

from __future__ import annotations

import pytest

from tests.chaos.till import at_full_rate

pytestmark = pytest.mark.check


@pytest.mark.parametrize(("elapsed", "seconds"), [(0.0, 0.0), (59.5, 59.5), (60.0, 60.0), (160.0, 70.0)])
def test_after_its_time_a_till_sells_a_share(elapsed: float, seconds: float) -> None:
    assert at_full_rate(elapsed, 60.0, 0.1) == pytest.approx(seconds)
