"""JSON Merge Patch (RFC 7396) on the bytes of a record. Pure.

A number that no patch touches keeps its digits: 0.12345678901234567890 is not rounded to a float on its way.
"""

from __future__ import annotations

import json
from typing import Any

MOST_DEPTH = 100


class NotPatchable(ValueError):
    """The bytes are no JSON text that can be patched without guessing."""


class _Number(str):
    """A JSON number as it was written."""

    __slots__ = ()


def patched(value: bytes | None, patch: bytes) -> bytes:
    """The value with the merge patch applied, as compact UTF-8 JSON.

    Raises NotPatchable when the value is no JSON text, or has a field twice (which one would be meant?).
    """
    if not value:
        raise NotPatchable("it has no value")
    try:
        return _text(_merged(read_json(value), read_json(patch))).encode()
    except UnicodeEncodeError as error:
        raise NotPatchable("it escapes half a surrogate pair, which is no character") from error


def read_json(text: bytes) -> Any:
    """JSON as RFC 8259 has it, numbers as text of their own kind. Raises NotPatchable."""
    try:
        found = json.loads(
            text.decode("utf-8"),
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
        _check_depth(found)
    except UnicodeDecodeError as error:
        raise NotPatchable(f"it is no UTF-8 text (byte {error.start})") from error
    except RecursionError as error:
        raise NotPatchable(f"it is nested deeper than {MOST_DEPTH} levels") from error
    except json.JSONDecodeError as error:
        raise NotPatchable(f"it is no JSON ({error})") from error
    return found


def _merged(target: Any, patch: Any) -> Any:
    """RFC 7396, section 2."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, change in patch.items():
        if change is None:
            result.pop(name, None)
        else:
            result[name] = _merged(result.get(name), change)
    return result


def _text(value: Any) -> str:
    """Compact JSON; numbers as they were written."""
    if isinstance(value, _Number):
        return value
    if isinstance(value, dict):
        return (
            "{" + ",".join(f"{json.dumps(k, ensure_ascii=False)}:{_text(v)}" for k, v in value.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + ",".join(map(_text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise NotPatchable(f"it has {', '.join(twice)} more than once")
    return found


def _refuse_constant(name: str) -> Any:
    raise NotPatchable(f"{name} is no JSON number")


def _check_depth(value: Any, depth: int = 0) -> None:
    if depth > MOST_DEPTH:
        raise NotPatchable(f"it is nested deeper than {MOST_DEPTH} levels")
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        _check_depth(each, depth + 1)
