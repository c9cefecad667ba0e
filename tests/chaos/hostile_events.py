"""Events of strangers and of tomorrow's tills: broken bytes, other types, other fields, absurd sizes. Seeded.

Each comes with what is known of it: ``good`` (only its id is its own), ``broken`` (no JSON text, no tombstone) or ``any``.
"""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

from lakehouse.contracts import load_contract
from tests.chaos.hostile_files import TEXTS
from tests.quality.topic_faults import GOOD

Fuzzed = tuple[bytes | None, str]
NUMBERS = (
    0,
    -1,
    1,
    0.1,
    1e15,
    1e-9,
    -2.5,
    10**17,
    10**40,
    0.12345,
    9223372036854775808,
    123456789.123,
    99999999999999.9999,
)
ZONES = ("Europe/London", "UTC+18:30", "GMT+01:00", "EST", "Etc/GMT+12", "SystemV/AST4", "Z", "ACT", "Asia/Kolkata",
         "UTC-19", "GMT0", "PST8PDT", "Europe/london", "UT+01:00:01", "GMT+1", "UTC+1:00")  # fmt: skip
TIMES = ("2026-11-23T10:15:00+00:00", "2026-11-23T10:15:00.123456789-11:59", "2026-11-23T24:00:00Z", "2026-11-23T23:59:60Z",
         "2026-11-23T10:15:00+19:00", "2026-11-23 10:15:00Z", "2026-02-29T00:00:00Z", "2100-01-01T00:00:00Z", "1e10",
         "2026-11-23T10:15:00+00:99", "292278994-08-17T07:12:55Z", "2026-W47-1T00:00:00Z", "2026-11-22", "2026-3-1")  # fmt: skip
_EVOLUTIONS = ("drop", "rename", "recase", "wrap", "list", "text", "add", "nest", "version", "twice")


def fuzzed(rng: Random, topic: str, number: int) -> Fuzzed:
    """One record of the topic; ``number`` makes its id."""
    contract = load_contract("topics", topic)
    shape = rng.choice([shape.name for shape in contract.shapes])
    event: dict[str, Any] = copy.deepcopy(GOOD[shape])
    event["event_id" if "event_id" in event else "id"] = f"e{number}" if "event_id" in event else number
    drawn = rng.random()
    if drawn < 0.15:
        return _bytes(event), "good"
    if drawn < 0.25:
        value, known = _raw(rng, event)
        # Where the contract knows tombstones, a record without a value is one.
        return value, "any" if value is None and contract.tombstone else known
    if drawn < 0.40:
        return _damaged(rng, _bytes(event)), "any"
    if drawn < 0.60:
        return _evolved(rng, event), "any"
    if drawn < 0.63:
        return _bytes(_oversized(rng, event)), "any"
    for _ in range(rng.randint(1, 4)):
        _put(rng, event, _value(rng))
    return _bytes(event), "any"


def _bytes(event: object) -> bytes:
    return json.dumps(event, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass")


def _raw(rng: Random, event: dict[str, Any]) -> Fuzzed:
    """Nothing, no text, no object, or any JSON."""
    choice = rng.randrange(5)
    if choice == 0:
        return rng.choice([None, b"", b"   ", b"\x00"]), "broken"
    if choice == 1:
        return b"\xff" + rng.randbytes(rng.randrange(300)), "broken"
    if choice == 2:
        return _bytes(event)[: rng.randrange(1, 40)], "broken"
    if choice == 3:
        return b"[" * rng.choice((10, 900, 5_000)) + b"1", "broken"
    return _bytes([_value(rng), event]), "any"


def _damaged(rng: Random, value: bytes) -> bytes:
    data = bytearray(value)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(data))
        what = rng.randrange(4)
        if what == 0:
            data[at] = rng.randrange(256)
        elif what == 1:
            data[at:at] = rng.choice(TEXTS).encode()
        elif what == 2:
            data[at : at + rng.randrange(30)] = b""
        else:
            data[at:at] = data[at : at + rng.randrange(60)]
        data = data or bytearray(b"{}")
    return bytes(data)


def _evolved(rng: Random, event: dict[str, Any]) -> bytes:
    """A change of the schema, at the top or inside."""
    holder = rng.choice([event, *_holders(event)])
    name, how = rng.choice(sorted(holder)), rng.choice(_EVOLUTIONS)
    value = holder[name]
    if how == "drop":
        del holder[name]
    elif how == "rename":
        holder[f"{name}_v3"] = holder.pop(name)
    elif how == "recase":
        holder[name.title()] = holder.pop(name)
    elif how == "wrap":
        holder[name] = {"value": value, "unit": "EA"}
    elif how == "list":
        holder[name] = [value, value]
    elif how == "text":
        holder[name] = json.dumps(value) if not isinstance(value, str) else [value]
    elif how == "add":
        holder.update({text: _value(rng) for text in rng.sample(TEXTS, 3)})
    elif how == "nest":
        holder["extension"] = {"a": [{"b": holder.copy()}] * 3}
    elif how == "version":
        event["schema_version"] = rng.choice([0, 1, 2, 3, 99, "2", 2.0, True, None, [2], -2, 2**31, 2**70])
    else:
        return _bytes(event)[:-1] + f', "{name}": {json.dumps(_value(rng), default=str)}}}'.encode()
    return _bytes(event)


def _oversized(rng: Random, event: dict[str, Any]) -> dict[str, Any]:
    """Far more, far longer or far deeper than any till sends."""
    arrays = [name for name in ("lines", "tenders") if event.get(name)]
    if arrays and rng.random() < 0.5:
        name = rng.choice(arrays)
        event[name] = [event[name][0] | {"line_seq": n, "seq": n} for n in range(rng.choice((100, 1_000)))]
        return event
    deep: Any = rng.choice(TEXTS)
    for _ in range(rng.choice((50, 500))):
        deep = [deep] if rng.random() < 0.5 else {"a": deep}
    event[rng.choice(["extension", *sorted(event)])] = rng.choice([deep, "A" * rng.choice((10_000, 200_000))])
    return event


def _put(rng: Random, event: dict[str, Any], value: Any) -> None:
    holder = rng.choice([event, *_holders(event)])
    holder[rng.choice(sorted(holder))] = value


def _holders(event: dict[str, Any]) -> list[dict[str, Any]]:
    """The objects inside the event that have fields."""
    inside = [value for value in event.values() if isinstance(value, dict) and value]
    for value in event.values():
        inside += (
            [each for each in value if isinstance(each, dict) and each] if isinstance(value, list) else []
        )
    return inside


def _value(rng: Random) -> Any:
    return rng.choice(
        (
            rng.choice(TEXTS),
            rng.choice(TEXTS),
            rng.choice(NUMBERS),
            str(rng.choice(NUMBERS)),
            rng.choice(([], {}, [None], {"": None}, None, True, False)),
            rng.choice(TIMES),
            rng.choice(ZONES),
            round(rng.uniform(-10, 10_000), rng.randrange(6)),
        )
    )
