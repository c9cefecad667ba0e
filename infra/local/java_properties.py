"""Java's ``.properties`` format: Kafka and s3proxy are both set up by such a file."""

from __future__ import annotations

from collections.abc import Mapping

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def render_properties(values: Mapping[str, str]) -> str:
    """One ``key=value`` line per entry, escaped so that Java reads back the same text (a secret may hold anything)."""
    return "".join(f"{key}={_escape(value)}\n" for key, value in values.items())


def _escape(value: str) -> str:
    escaped = "".join(_ESCAPES.get(character) or _ascii(character) for character in value)
    # Java drops spaces that lead a value.
    return f"\\{escaped}" if escaped.startswith(" ") else escaped


def _ascii(character: str) -> str:
    if " " <= character <= "~":
        return character
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
