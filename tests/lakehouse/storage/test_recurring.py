"""Work beside the stream: at its time, never more than a sixth of all time, and an error stops nothing."""

from __future__ import annotations

import json
import time

import pytest

from lakehouse.storage.lease import LeaseLost
from lakehouse.storage.recurring import Recurring


class HeldLease:
    """A lease that is held until it is lost."""

    is_lost = False

    def check(self) -> None:
        if self.is_lost:
            raise LeaseLost("lost")


def test_work_is_told_and_waits_for_its_time_or_five_times_as_long_as_it_took() -> None:
    def slowly() -> str:
        time.sleep(0.05)
        return "3 days"

    lines: list[str] = []
    slow = Recurring("stock", slowly, every_seconds=0.01)
    for _ in range(3):
        slow.run_if_due(HeldLease(), lines.append)  # type: ignore[arg-type]
    told = json.loads(lines[0])
    assert (len(lines), told["event"], told["name"], told["said"]) == (1, "derived", "stock", "3 days")
    assert slow.due_at - time.monotonic() > 0.2


def test_never_means_never() -> None:
    lines: list[str] = []
    Recurring("stock", lambda: "done", every_seconds=0).run_if_due(HeldLease(), lines.append)  # type: ignore[arg-type]
    assert lines == []


def test_an_error_is_told_and_a_lost_lease_ends_the_writer() -> None:
    def fails() -> str:
        raise ValueError("no such file")

    lines: list[str] = []
    lease, work = HeldLease(), Recurring("stock", fails, every_seconds=0.001)
    work.run_if_due(lease, lines.append)  # type: ignore[arg-type]
    assert "stock not done" in lines[0]
    assert "no such file" in lines[0]
    time.sleep(0.01)
    lease.is_lost = True
    with pytest.raises(LeaseLost):
        work.run_if_due(lease, lines.append)  # type: ignore[arg-type]
