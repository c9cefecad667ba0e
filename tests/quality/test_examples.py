"""An example is read field by field, with the digits that money has and no others."""

from __future__ import annotations

import pytest

from quality.examples import fields_of

pytestmark = pytest.mark.check


def test_an_example_is_shown_field_by_field() -> None:
    text = '{"store_id":"United Kingdom","hour_start_at":"2010-12-17T17:00:00.000Z","seen":579,"tender":null}'
    assert fields_of(text) == [
        ("store_id", "United Kingdom"),
        ("hour_start_at", "2010-12-17T17:00:00Z"),
        ("seen", "579"),
        ("tender", "null"),
    ]


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("4725.9000", "4725.9000"),
        ("1828.3849999999998", "1828.3850"),
        ("12345678901234.5678", "12345678901234.5678"),
    ],
)
def test_no_digit_of_money_is_lost(number: str, shown: str) -> None:
    assert fields_of(f'{{"net":{number}}}') == [("net", shown)]


@pytest.mark.parametrize("text", ["no JSON", "[1]", '{"cut": '])
def test_what_is_no_object_is_shown_as_it_is(text: str) -> None:
    assert fields_of(text) == [("", text)]
