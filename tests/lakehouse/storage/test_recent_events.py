"""What the driver remembers of accepted events; test_identity.py holds its verdicts to those of the join."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa  # type: ignore[import-untyped]
import pytest

from lakehouse.storage.recent_events import VERDICTS, RecentEvents

pytestmark = pytest.mark.check

DATES = [dt.date(2026, 11, day) for day in (21, 22, 23)]


def table(*verdicts: tuple[object, ...]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(VERDICTS.names, each, strict=True)) for each in verdicts], VERDICTS)


def test_dates_that_are_not_remembered_must_be_loaded_first() -> None:
    recent = RecentEvents()
    recent.remember(DATES[1])
    assert recent.missing([DATES[2], DATES[1], DATES[0], DATES[2]]) == [DATES[0], DATES[2]]


def test_what_silver_holds_counts_as_accepted_before() -> None:
    recent = RecentEvents()
    recent.remember(DATES[0], ["a"], [1])
    verdicts: list[tuple[object, ...]] = [
        (0, offset, "a", DATES[0], content, []) for offset, content in ((1, 1), (2, 2))
    ]
    assert recent.exceptions(table(*verdicts)) == [
        (0, 1, "duplicate", []),
        (0, 2, "quarantined", ["event_id_conflict"]),
    ]


def test_the_dates_touched_longest_ago_are_forgotten_whole() -> None:
    recent = RecentEvents(most_events=3)
    for date in DATES:
        recent.remember(date, ["a", "b"], [1, 2])
    recent.exceptions(table((0, 1, "a", DATES[0], 1, [])))
    recent.forget_oldest()
    assert recent.missing(DATES) == DATES[1:]


def test_one_date_is_kept_however_large() -> None:
    recent = RecentEvents(most_events=1)
    recent.remember(DATES[0], ["a", "b"], [1, 2])
    recent.forget_oldest()
    assert recent.missing(DATES[:1]) == []


def test_a_refused_record_needs_no_date_and_no_id_and_the_order_of_rows_means_nothing() -> None:
    recent = RecentEvents()
    recent.remember(DATES[0])
    refused = (1, 3, None, None, None, ["value_present"])
    verdicts = [
        (0, 2, "a", DATES[0], 2, []),
        refused,
        (0, 1, "a", DATES[0], 1, []),
        (0, 3, "a", DATES[0], 1, []),
    ]
    assert recent.exceptions(table(*verdicts)) == [
        (0, 2, "quarantined", ["event_id_conflict"]),
        (0, 3, "duplicate", []),
        (1, 3, "quarantined", ["value_present"]),
    ]
    assert recent.exceptions(table()) == []
