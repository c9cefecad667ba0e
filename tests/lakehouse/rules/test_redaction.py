"""A record without its customer: the same record otherwise, byte for byte."""

from __future__ import annotations

import json

import pytest

from lakehouse.rules.person import Sought, person
from lakehouse.rules.pseudonym import ERASED, pseudonym
from lakehouse.rules.redaction import Record, redacted

pytestmark = pytest.mark.check
ANN = person("c42", pseudonym("c42", "s"), [Sought("name", "Ann Lee"), Sought("email", "ann@example.org")])
SALE = b'{"event_id":"e1", "customer_id" : "c42","total": 1.2300,"lines":[{"description":"for ann lee"}]}'


def test_a_sale_keeps_every_other_byte() -> None:
    now = redacted(Record("sales_data", b"till", SALE), ANN, "s")
    assert now.value == SALE.replace(b'"c42"', b'"ERASED"').replace(b"ann lee", b"ERASED")
    assert now.key == b"till"


@pytest.mark.parametrize(
    "value", [b'{"customer_id": "\\u00634\\u0032"}', b'{"customer_id": "c42"}', b'{"customer_id": "c42"']
)
def test_an_id_is_found_however_it_is_written_also_in_a_record_that_was_cut_off(value: bytes) -> None:
    assert redacted(Record("sales_data", None, value), ANN, "s").value in (
        b'{"customer_id": "ERASED"}',
        b'{"customer_id": "ERASED"',
    )


def test_a_state_of_the_customer_says_only_when_it_held() -> None:
    state = {
        "event_id": "crm:c42:7",
        "schema_version": 1,
        "customer_id": "c42",
        "name": "Ann Lee",
        "postcode": "N1",
        "shoe_size": 4,
        "has_consent": True,
        "effective_at": "2026-01-01T00:00:00Z",
    }
    now = redacted(Record("customers", b"c42", json.dumps(state).encode()), ANN, "s")
    assert now.key == ERASED.encode()
    told = json.loads(now.value or b"")
    assert told.pop("event_id").startswith("erased-")
    assert told == {
        "schema_version": 1,
        "customer_id": ERASED,
        "has_consent": False,
        "is_erased": True,
        "effective_at": "2026-01-01T00:00:00Z",
    }
    assert redacted(now, ANN, "s") == now, "once more changes nothing"


def test_a_tombstone_loses_its_key_and_headers_their_texts() -> None:
    now = redacted(Record("customers", b"c42", None, (("by", b"ann@example.org"), ("n", None))), ANN, "s")
    assert now == Record("customers", b"ERASED", None, (("by", b"ERASED"), ("n", None)))


def test_records_of_others_are_left_alone() -> None:
    others = Record("sales_data", b"c42", b'{"customer_id": "c421", "note": "joann lee"}')
    assert redacted(others, ANN, "s") == others
