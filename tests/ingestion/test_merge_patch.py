"""A patch changes what it names and nothing else, to the last digit."""

from __future__ import annotations

from random import Random

import pytest

from ingestion.corruption import CORRUPTIONS
from ingestion.merge_patch import NotPatchable, patched

pytestmark = pytest.mark.check

# RFC 7396, appendix A: original, patch, result. The last five patch something that is no object, or with none.
RFC_7396 = [
    ('{"a":"b"}', '{"a":"c"}', '{"a":"c"}'),
    ('{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'),
    ('{"a":"b"}', '{"a":null}', "{}"),
    ('{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'),
    ('{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'),
    ('{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'),
    ('{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'),
    ('{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'),
    ('["a","b"]', '["c","d"]', '["c","d"]'),
    ('{"a":"b"}', '["c"]', '["c"]'),
    ('{"a":"foo"}', "null", "null"),
    ('{"a":"foo"}', '"bar"', '"bar"'),
    ('{"e":null}', '{"a":1}', '{"e":null,"a":1}'),
    ("[1,2]", '{"a":"b","c":null}', '{"a":"b"}'),
    ("{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'),
]


@pytest.mark.parametrize(("original", "patch", "result"), RFC_7396)
def test_every_example_of_the_standard_holds(original: str, patch: str, result: str) -> None:
    assert patched(original.encode(), patch.encode()) == result.encode()


def test_untouched_numbers_keep_every_digit_and_texts_their_letters() -> None:
    value = (
        '{"price":0.12345678901234567890,"id":123456789012345678901234567890,"x":-1.50E+2,"name":"Zürich €"}'
    )
    assert patched(value.encode(), b'{"y":2.50}') == value.replace("}", ',"y":2.50}').encode()


def test_fields_stay_in_their_order() -> None:
    assert patched(b'{"b":1, "a":2, "c":3}', b'{"a":9}') == b'{"b":1,"a":9,"c":3}'


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "no value"),
        (b"", "no value"),
        (b'{"id": 17, "produ', "no JSON"),
        (b'{"a":"\xff"}', "no UTF-8"),
        (b'{"price":NaN}', "NaN is no JSON number"),
        (b'{"price":1,"price":2}', "price more than once"),
        (b"[" * 200 + b"]" * 200, "nested deeper"),
        (b"[" * 100_000, "nested deeper"),
        (rb'{"a":"\ud800"}', "surrogate"),
    ],
)
def test_bytes_that_cannot_be_patched_without_guessing_are_refused(value: bytes | None, reason: str) -> None:
    with pytest.raises(NotPatchable, match=reason):
        patched(value, b'{"id":1}')


def test_a_corrupted_event_is_patched_or_refused_and_never_crashes() -> None:
    event = b'{"id":1,"product":"P","quantity":1,"price":"1","sales_time":"2026-11-23T10:00:00Z"}'
    outcomes = set()
    for name, damage in CORRUPTIONS.items():
        try:
            outcomes.add((name, patched(damage(Random(1), event), b'{"id":2}') is not None))
        except NotPatchable:
            outcomes.add((name, False))
    assert len(outcomes) == len(CORRUPTIONS)
    assert {name for name, is_patched in outcomes if not is_patched} == {
        "truncated_json",
        "null_value",
        "empty_value",
        "invalid_utf8",
    }
