"""What the driver remembers of accepted events; test_identity.py holds its verdicts to those of the join."""

from __future__ import annotations

import datetime as dt

import pytest

from lakehouse.storage.recent_events import RecentEvents, Verdict

pytestmark = pytest.mark.check

DATES = [dt.date(2026, 11, day) for day in (21, 22, 23)]


def test_dates_that_are_not_remembered_must_be_loaded_first() -> None:
    recent = RecentEvents()
    recent.remember(DATES[1], {})
    assert recent.missing([DATES[2], DATES[1], DATES[0], DATES[2]]) == [DATES[0], DATES[2]]


def test_what_silver_holds_counts_as_accepted_before() -> None:
    recent = RecentEvents()
    recent.remember(DATES[0], {"a": 1})
    verdicts = [Verdict(0, offset, "a", DATES[0], content, []) for offset, content in ((1, 1), (2, 2))]
    assert recent.exceptions(verdicts) == [
        (0, 1, "duplicate", []),
        (0, 2, "quarantined", ["event_id_conflict"]),
    ]


def test_the_dates_touched_longest_ago_are_forgotten_whole() -> None:
    recent = RecentEvents(most_events=3)
    for date in DATES:
        recent.remember(date, {"a": 1, "b": 2})
    recent.exceptions([Verdict(0, 1, "a", DATES[0], 1, [])])
    recent.forget_oldest()
    assert recent.missing(DATES) == DATES[1:]


def test_one_date_is_kept_however_large() -> None:
    recent = RecentEvents(most_events=1)
    recent.remember(DATES[0], {"a": 1, "b": 2})
    recent.forget_oldest()
    assert recent.missing(DATES[:1]) == []
