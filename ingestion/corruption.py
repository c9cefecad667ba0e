"""Ways in which an event arrives broken. Each of them must end in quarantine, byte for byte in bronze. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

MEGABYTES = 2 * 1024 * 1024

Event = dict[str, Any]


def truncated_json(rng: Random, value: bytes) -> bytes:
    """The value, cut off somewhere before its end."""
    return value[: rng.randrange(1, len(value))]


def wrong_type(_: Random, value: bytes) -> bytes:
    """An object where a number belongs."""
    return _with_number(value, {"amount": 1})


def missing_field(_: Random, value: bytes) -> bytes:
    """The time of the event is gone."""
    event = json.loads(value)
    del event[_time_field(event)]
    return _json(event)


def absurd_quantity(_: Random, value: bytes) -> bytes:
    """Quantity 1e30."""
    return _with_number(value, 1e30)


def price_nan(_: Random, value: bytes) -> bytes:
    """Text "NaN" where a price belongs."""
    event = json.loads(value)
    holder, field = _price(event)
    holder[field] = "NaN"
    return _json(event)


def year_one(_: Random, value: bytes) -> bytes:
    """Sold in the year 0001."""
    event = json.loads(value)
    event[_time_field(event)] = "0001-01-01T00:00:00+00:00"
    return _json(event)


def megabytes(_: Random, value: bytes) -> bytes:
    """A text of two megabytes: still below what the broker takes, far above what the contract does."""
    event = json.loads(value)
    event[_id_field(event)] = "9" * MEGABYTES
    return _json(event)


def null_value(_: Random, __: bytes) -> None:
    """A tombstone where none belongs."""
    return


def empty_value(_: Random, __: bytes) -> bytes:
    """No bytes at all."""
    return b""


def invalid_utf8(_: Random, value: bytes) -> bytes:
    """Bytes inside a text that are no UTF-8; around them the JSON is whole."""
    at = value.index(b'":"') + 3
    return value[:at] + b"\xff\xfe\xc3" + value[at:]


def unknown_shape(_: Random, __: bytes) -> bytes:
    """An object of none of the shapes of the topic."""
    return b'{"till":"7","message":"paper low"}'


def unknown_version(_: Random, value: bytes) -> bytes:
    """A schema version that nobody has agreed upon."""
    return _json(json.loads(value) | {"schema_version": 99})


def not_an_object(rng: Random, value: bytes) -> bytes:
    """JSON, and yet no event: an array of it, a text, a number."""
    return rng.choice([b"[" + value + b"]", b'"sale"', b"42", b"null"])


def too_many_digits(_: Random, value: bytes) -> bytes:
    """A fifth decimal: refused, not rounded."""
    event = json.loads(value)
    holder, field = _price(event)
    holder[field] = "0.12345"
    return _json(event)


CORRUPTIONS: dict[str, Callable[[Random, bytes], bytes | None]] = {
    each.__name__: each
    for each in (
        truncated_json,
        wrong_type,
        missing_field,
        absurd_quantity,
        price_nan,
        year_one,
        megabytes,
        null_value,
        empty_value,
        invalid_utf8,
        unknown_shape,
        unknown_version,
        not_an_object,
        too_many_digits,
    )
}


def _with_number(value: bytes, number: object) -> bytes:
    event = json.loads(value)
    holder = event["lines"][0] if event.get("lines") else event
    if "quantity" in holder:
        holder["quantity"] = number
    else:  # a receipt without lines
        holder["totals"]["net"] = number
    return _json(event)


def _price(event: Event) -> tuple[Event, str]:
    """The object and the field that hold the event's first price; for a movement its cost."""
    if event.get("lines"):
        return event["lines"][0], "unit_price"
    if "totals" in event:
        return event["totals"], "net"
    return event, "unit_cost" if "movement_id" in event else "price"


def _time_field(event: Event) -> str:
    return "occurred_at" if "occurred_at" in event else "sales_time"


def _id_field(event: Event) -> str:
    return "event_id" if "event_id" in event else "product"


def _json(event: object) -> bytes:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
