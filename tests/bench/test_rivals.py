"""The bench's rivals do honest work, and a run whose pipelines disagree fails (no JVM, no server)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.bench.rival_delta_rs import typed
from tests.bench.totals import Hour, need_the_same, totals

pytestmark = pytest.mark.check

_GOOD = b'{"id":1,"product":"P","quantity":3,"price":2.49,"sales_time":"2026-11-27T23:30:00.000Z"}'
_BAD = (
    b"no json",
    _GOOD.replace(b"2.49", b"0.12345"),
    _GOOD.replace(b"2.49", b"123456789012345.1"),
    _GOOD.replace(b"2.49", b"-1"),
    _GOOD.replace(b'"id":1', b'"id":1.5'),
    _GOOD.replace(b"23:30", b"25:30"),
    _GOOD.replace(b'"product":"P",', b""),
)


@pytest.mark.parametrize("bad", _BAD)
def test_a_bad_value_is_refused_and_its_neighbours_are_kept(bad: bytes) -> None:
    (line,) = typed([bad, _GOOD]).to_pylist()
    assert line["net_amount"] == Decimal("7.4700")
    assert line["hour_start_at"] == datetime(2026, 11, 27, 23, tzinfo=UTC)
    assert str(line["business_date"]) == "2026-11-27"


def test_pipelines_that_arrive_at_something_else_fail_the_run() -> None:
    hour = Hour(datetime(2026, 1, 1, tzinfo=UTC), 2, Decimal(2), Decimal(5))
    ours = totals(2, Decimal(5), [hour])
    need_the_same({"ours": ours, "theirs": ours}, 2)
    with pytest.raises(ValueError, match="of 3 lines 2 were accepted"):
        need_the_same({"ours": ours}, 3)
    theirs = totals(2, Decimal(4), [Hour(hour.starts_at, 2, Decimal(2), Decimal(4))])
    with pytest.raises(ValueError, match="theirs arrives at 2 lines and 4"):
        need_the_same({"ours": ours, "theirs": theirs}, 2)
    with pytest.raises(ValueError, match="the hours hold"):
        totals(3, Decimal(5), [hour])
