"""The consumer judges what arrives by the contract and counts what is missing."""

from __future__ import annotations

import pytest

from ingestion.arrivals import Arrivals, is_decimal, judge
from ingestion.events import SALES_DATA

PLAIN = b'{"id":1,"product":"MUG","quantity":2,"price":"2.55","sales_time":"2026-11-23T10:15:00"}'


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (b'"MUG"', b'"MUG","colour":"red"', None),
        (b'"MUG"', b"7", "product is no STRING"),
        (b"2.55", b"2.55555", "price is no DECIMAL(18,4)"),
        (b'"2.55"', b"NaN", "not JSON"),
        (b'"id":1', b'"id":true', "id is no BIGINT"),
        (b"2026-11-23T", b"9999-11-23T", "sales_time is no TIMESTAMP"),
        (b"MUG", b"\xff", "not UTF-8"),
    ],
)
def test_a_plain_line_is_judged_by_its_contract(old: bytes, new: bytes, fault: str | None) -> None:
    assert judge(SALES_DATA, PLAIN.replace(old, new))[1] == fault


def test_only_plain_decimals_that_need_no_rounding_are_decimals() -> None:
    assert all(is_decimal(value, 18, 4) for value in ("0.1234", -5, "99999999999999.9999", "2.55000"))
    assert not any(
        is_decimal(value, 18, 4) for value in ("0.12345", "1_0", " 1", "1e2", True, None, 10**14, 2.5)
    )


def test_a_missing_offset_is_counted_in_its_partition() -> None:
    arrivals = Arrivals(SALES_DATA)
    for partition, offset in ((0, 5), (1, 0), (0, 6), (0, 9)):
        arrivals.add(partition, offset, PLAIN)
    assert (arrivals.missing_offsets, arrivals.sound) == (2, False)
    assert arrivals.next_offsets == {0: 10, 1: 1}


def test_a_record_without_value_is_sound_only_where_it_erases() -> None:
    assert judge("customers", None) == ("tombstone", None)
    assert judge("products", None) == ("unknown", "no value")
