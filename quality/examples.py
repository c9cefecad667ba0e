"""Examples of what broke a rule, as pages show them: field by field instead of JSON that breaks anywhere."""

from __future__ import annotations

import json
import re
from decimal import Decimal

_NO_MILLIS = re.compile(r"(?<=:[0-9]{2})\.0+(?=Z|$)")
_SHOWN_PLACES = Decimal("0.0001")


def fields_of(example: str) -> list[tuple[str, str]]:
    """Name and value of each field of an example (an object as JSON, from Spark); the text itself if it is none.

    Fractions are shown to four places, which is what money has; a time without its empty milliseconds.
    """
    try:
        found = json.loads(example, parse_float=Decimal)
    except ValueError:
        return [("", example)]
    if not isinstance(found, dict):
        return [("", example)]
    return [(name, _shown(value)) for name, value in found.items()]


def _shown(value: object) -> str:
    if isinstance(value, Decimal):
        short = value.quantize(_SHOWN_PLACES) if -value.as_tuple().exponent > 4 else value  # type: ignore[operator]
        return f"{short:f}"
    if isinstance(value, str):
        return _NO_MILLIS.sub("", value)
    return json.dumps(value, ensure_ascii=False, default=str)
