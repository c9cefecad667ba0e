"""The account of a chaos run finds what was lost, doubled or invented on the way to the broker."""

from __future__ import annotations

import json

import pytest

from tests.chaos.account import arrived
from tests.chaos.till import Sale
from tests.chaos.topics import Record

pytestmark = pytest.mark.check


def event(number: int) -> bytes:
    return json.dumps({"event_id": f"sim:{number}"}).encode()


def sale(number: int, is_broken: bool = False) -> Sale:
    return Sale(number, "sales_data", f"sim:{number}", is_broken, None, event(number))


def record(offset: int, number: int) -> Record:
    return Record("sales_data", 0, offset, event(number))


def test_repeats_are_counted_once_and_broken_records_stand_apart() -> None:
    sales = [sale(0), sale(1), sale(2, is_broken=True)]
    records = [record(0, 0), record(1, 1), record(2, 1), record(3, 2)]
    sold, faults = arrived(sales, 0, records)
    assert faults == []
    assert sold.accepted["sales_data"] == {"sim:0", "sim:1"}
    assert (len(sold.good), len(sold.broken)) == (3, 1)


def test_a_topic_that_was_made_again_counts_its_offsets_from_zero() -> None:
    before, now = [record(0, 0), record(1, 1)], [record(0, 2)]
    sold, faults = arrived([sale(0), sale(1), sale(2)], 0, now, before)
    assert faults == []
    assert len(sold.accepted["sales_data"]) == 3
    assert arrived([sale(0), sale(1), sale(2)], 0, [*before, *now])[1], "without a word they are no one topic"


@pytest.mark.parametrize(
    ("unheard", "records", "told"),
    [
        (0, [record(0, 0)], "lost an event"),
        (1, [record(0, 0), record(1, 1)], "never acknowledged"),
        (0, [record(0, 0), record(2, 1)], "not contiguous: 0, then 2"),
        (0, [record(0, 0), record(1, 1), record(2, 9)], "offset 2: nobody sent this"),
    ],
)
def test_what_is_wrong_is_said(unheard: int, records: list[Record], told: str) -> None:
    _, faults = arrived([sale(0), sale(1)], unheard, records)
    assert len(faults) == 1
    assert told in faults[0]
