"""Freshness is the time from the sale's sending to the commit that shows it, by layer and minute."""

from __future__ import annotations

import datetime as dt

import pytest

from lakehouse.contracts import load_contract
from lakehouse.storage.delta_commits import Commit, DataFile
from quality.freshness import Arrival, Newest, arrival, freshness, newest_of

pytestmark = pytest.mark.check

NOON = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)


def at(seconds: float) -> dt.datetime:
    return NOON + dt.timedelta(seconds=seconds)


def file(produced: float | None, received: float, store: str = "S1") -> DataFile:
    highest = {"received_at": at(received).isoformat(), "store_id": store}
    if produced is not None:
        highest["produced_at"] = at(produced).isoformat()
    return DataFile("f", {}, 1, {"store_id": store}, highest)


def commit(seconds: float, *files: DataFile, removed: tuple[DataFile, ...] = ()) -> Commit:
    return Commit(1, files, removed, int(at(seconds).timestamp() * 1000), ("c", 1))


def came(layer: str, committed: float, produced: float, is_canary: bool = False) -> Arrival:
    return Arrival(layer, at(committed), Newest(at(produced), is_canary))


def test_the_newest_sale_of_all_files_counts() -> None:
    assert newest_of(commit(9, file(1, 2), file(3, 4))) == Newest(at(3), is_canary=False)


def test_a_till_whose_clock_is_ahead_hides_no_delay() -> None:
    assert newest_of(commit(9, file(7200, 2))) == Newest(at(2), is_canary=False)


def test_a_plain_line_does_not_say_when_it_was_sent_so_its_arrival_counts() -> None:
    assert newest_of(commit(9, file(None, 2))) == Newest(at(2), is_canary=False)


def test_a_canary_counts_only_where_no_till_sold() -> None:
    assert newest_of(commit(9, file(8, 8, "CANARY"))) == Newest(at(8), is_canary=True)
    assert newest_of(commit(9, file(8, 8, "CANARY"), file(1, 2))) == Newest(at(1), is_canary=False)


def test_rows_that_were_moved_or_corrected_are_no_news() -> None:
    assert newest_of(commit(9, file(1, 2), removed=(file(1, 2),))) is None
    assert newest_of(commit(9)) is None
    assert arrival("gold", commit(9), None) is None


def test_bronze_learns_from_silver_when_its_records_were_sent() -> None:
    bronze = DataFile("f", {}, 1, {}, {"received_at": at(5).isoformat()})
    known = arrival("bronze", commit(9, bronze), Newest(at(3), is_canary=False))
    assert known is not None
    assert known.lag == dt.timedelta(seconds=6)


def test_each_minute_that_is_over_has_one_row_per_layer() -> None:
    seen = [came("gold", 10, 8), came("gold", 50, 45), came("silver", 61, 60), came("gold", 130, 129)]
    rows = freshness(seen, {}, at(125))
    assert [(row["layer"], row["minute_at"], row["commit_count"]) for row in rows] == [
        ("gold", at(0), 2),
        ("silver", at(60), 1),
    ]
    assert rows[0]["lag_millis"] == 5_000
    assert rows[0]["slowest_lag_millis"] == 5_000
    assert rows[0]["newest_produced_at"] == at(45)
    assert list(rows[0]) == list(load_contract("ops", "freshness").table.column_names)


def test_a_minute_that_has_its_row_gets_no_second_one() -> None:
    assert freshness([came("gold", 10, 8)], {"gold": at(0)}, at(125)) == []
    assert freshness([came("gold", 10, 8)], {"silver": at(0)}, at(125)) != []


def test_the_order_in_which_commits_are_seen_changes_nothing() -> None:
    seen = [came("gold", 10, 8), came("gold", 50, 45), came("gold", 30, 1)]
    assert freshness(seen, {}, at(125)) == freshness(seen[::-1], {}, at(125))
    assert freshness(seen, {}, at(125))[0]["slowest_lag_millis"] == 29_000


def test_a_minute_in_which_a_till_sold_is_not_measured_by_a_canary() -> None:
    (row,) = freshness([came("gold", 10, 2), came("gold", 20, 19, is_canary=True)], {}, at(125))
    assert (row["is_canary"], row["commit_count"], row["lag_millis"]) == (False, 1, 8_000)
    (row,) = freshness([came("gold", 20, 19, is_canary=True)], {}, at(125))
    assert row["is_canary"]
