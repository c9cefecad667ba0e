"""A Kafka record as it stands in bronze and quarantine after its customer was erased.

Rows stay, so that ledger and bronze still count the same records; what is written is what `refine` makes the erased
rows of silver from, so silver can still be made from bronze alone. All bytes that do not name the customer stay.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from lakehouse.rules.person import Person, without
from lakehouse.rules.pseudonym import ERASED, erased_event_id

CUSTOMERS = "customers"
_ID_FIELD = re.compile(rb'("customer_id"\s*:\s*)(?:"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*)')
ID_FIELD_SQL = r'("customer_id"\\s*:\\s*)(?:"(?:[^"\\\\]|\\\\.)*"|-?[0-9][0-9.eE+-]*)'
"""The same as a literal of Spark SQL."""
Headers = tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True)
class Record:
    """What a producer sent. ``topic``: its contract's name."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


def redacted(record: Record, person: Person, secret: str) -> Record:
    """The record without the person; the same record when it never named the person."""
    value = record.value
    fields = _object(value)
    is_of_person = fields is not None and fields.get("customer_id") == person.customer_id
    if value is not None and is_of_person and fields is not None:
        value = _state(fields, secret) if record.topic == CUSTOMERS else _ID_FIELD.sub(_ERASED_ID, value)
    key = record.key
    if record.topic == CUSTOMERS and key == person.customer_id.encode():
        key = ERASED.encode()
    return Record(
        record.topic,
        None if key is None else without(key, person.distinctive),
        None if value is None else without(value, person.sought, of_customers=record.topic == CUSTOMERS),
        tuple((name, held and without(held, person.sought)) for name, held in record.headers),
    )


_ERASED_ID = rb'\1"' + ERASED.encode() + b'"'


def _state(fields: dict[str, Any], secret: str) -> bytes:
    """A state of an erased customer: when it held, and nothing else."""
    kept = {name: fields[name] for name in ("effective_at", "produced_at") if name in fields}
    event_id = erased_event_id(str(fields.get("event_id", "")), secret)
    told = {"event_id": event_id, "schema_version": 1, "customer_id": ERASED, "has_consent": False}
    return json.dumps({**told, "is_erased": True, **kept}).encode()


def _object(value: bytes | None) -> dict[str, Any] | None:
    """The JSON object of a value, numbers as their text; None for anything else."""
    try:
        found = json.loads(value or b"", parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
