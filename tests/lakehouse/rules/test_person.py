"""A customer is found by every text that names them, and by none that only looks alike."""

from __future__ import annotations

import json
import re

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakehouse.rules.person import Person, Sought, pattern, person, without
from lakehouse.rules.pseudonym import ERASED, erased_event_id, pseudonym, suppression_hash

pytestmark = pytest.mark.check
ZOE = person(
    "C-1001",
    pseudonym("C-1001", "s"),
    [Sought("name", "Zoë Élan"), Sought("email", "zoe@x.com"), Sought("phone", "+44 20 7946 0001")],
)
FEW_DIGITS = person("17850", pseudonym("17850", "s"), [Sought("name", "Li")])

NAMES_ZOE = {
    "her id in JSON": b'{"customer_id": "C-1001"}',
    "her id in another id": b"crm:C-1001:7",
    "her name": "for Zoë Élan!".encode(),
    "her name in capitals, as JSON escapes it": json.dumps("ZOË ÉLAN").encode(),
    "her name after an escaped line end": rb'"x\nZo\u00eb \u00c9lan"',
    "her address at the end of a sentence": b"write to zoe@x.com.",
    "her telephone": b"call +44 20 7946 0001",
    "her pseudonym": ZOE.pseudonym.encode(),
    "her id beside bytes that are no text": b"\xff\xfe C-1001 \xff",
}
NAMES_OTHERS = {
    "a longer id": b"C-10012",
    "an id that ends alike": b"XC-1001",
    "an address that ends alike": b"azoe@x.com",
    "an address that begins alike": b"zoe@x.com.au",
    "nobody": b"",
}


@pytest.mark.parametrize("name", NAMES_ZOE)
def test_what_names_her_is_found_and_goes(name: str) -> None:
    held = NAMES_ZOE[name]
    assert in_python(ZOE, held)
    assert in_arrow(ZOE, held)
    assert not in_python(ZOE, without(held, ZOE.sought))
    assert ERASED.encode() in without(held, ZOE.sought)


@pytest.mark.parametrize("name", NAMES_OTHERS)
def test_what_only_looks_alike_stays(name: str) -> None:
    held = NAMES_OTHERS[name]
    assert not in_python(ZOE, held)
    assert not in_arrow(ZOE, held)
    assert without(held, ZOE.sought) == held


def test_a_number_that_could_be_a_product_counts_only_as_the_id_of_a_customer() -> None:
    sold = b'{"product_id": "17850", "customer_id" :"17850", "quantity": 17850, "name": "Li"}'
    assert in_python(FEW_DIGITS, sold)
    gone = without(sold, FEW_DIGITS.sought)
    assert json.loads(gone) == {"product_id": "17850", "customer_id": ERASED, "quantity": 17850, "name": "Li"}
    assert json.loads(without(b'{"customer_id": 17850}', FEW_DIGITS.sought)) == {"customer_id": ERASED}
    assert not in_python(FEW_DIGITS, b'{"customer_id": 178501}')


def test_a_short_name_counts_in_master_data_of_customers_only() -> None:
    told = b'{"name": "Li"}'
    assert without(told, FEW_DIGITS.sought) == told
    assert json.loads(without(told, FEW_DIGITS.sought, of_customers=True)) == {"name": ERASED}


@settings(max_examples=200, deadline=None)
@given(st.text(min_size=1, max_size=40), st.binary(max_size=20), st.binary(max_size=20))
def test_any_text_that_may_name_somebody_is_found_between_any_bytes(
    text: str, before: bytes, after: bytes
) -> None:
    sought = Sought("other", text)
    own = (sought,)
    if not sought.is_distinctive or "\ud800" <= max(text) <= "\udfff":
        return
    held = before + b" " + text.encode() + b" " + after
    assert re.search(pattern(own).encode(), held)
    assert pc.match_substring_regex(pa.array([held]), pattern(own)).to_pylist() == [True]
    assert not re.search(pattern(own).encode(), without(held, own)) or text.encode() in before + after


def test_a_person_survives_the_way_through_a_request() -> None:
    assert Person.of_json(ZOE.as_json()) == ZOE


def test_hashes_of_the_erased_lead_back_to_nobody() -> None:
    key = pseudonym("C-1001", "s")
    assert key not in suppression_hash(key)
    assert pseudonym(ERASED, "s") == ERASED
    event = erased_event_id("crm:C-1001:7", "s")
    assert "C-1001" not in event
    assert event == erased_event_id("crm:C-1001:7", "s") == erased_event_id(event, "s")
    assert erased_event_id("tombstone-customers-0-1-2", "s") == "tombstone-customers-0-1-2"


def in_python(who: Person, held: bytes) -> bool:
    return re.search(pattern(who.sought).encode(), held) is not None


def in_arrow(who: Person, held: bytes) -> bool:
    return bool(pc.match_substring_regex(pa.array([held]), pattern(who.sought))[0].as_py())
