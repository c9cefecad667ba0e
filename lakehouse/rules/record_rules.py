"""Rules over a whole record, before any field is looked at. They hold for every topic.

The record stands between fixed texts when it is parsed, ``{"<mark>":{"r":[ … ],"<mark>":[]}}`` with a mark
that no producer can know. So text after the object, a second object or brackets that close too early are
seen, where Spark's from_json alone reads the first object and forgets the rest.
"""

from __future__ import annotations

from lakehouse.contracts import Shape
from lakehouse.contracts.physical_types import is_number, literal
from lakehouse.rules.row_rules import RowRule

MAX_VALUE_BYTES = 1_048_576
# Found in few records and without trying twenty names at each quote.
_VALUE_WITH_COMMA = r':\s*"[^"]*(,|\\u002[cC])'


def record_rules(shapes: tuple[Shape, ...]) -> tuple[RowRule, ...]:
    """Rules over the columns ``value``, ``text``, ``object_count``, ``raw``, ``is_closed``, ``is_corrupt`` and ``field_names``.

    ``text`` is the value as text; where the topic reads a tombstone as one, it stands in place of no value.
    A later rule takes the earlier ones as kept, so that each fault is named once.
    """
    size = f"octet_length(value) <= {MAX_VALUE_BYTES}"
    return (
        _rule(
            "value_present",
            "text IS NOT NULL AND octet_length(text) > 0",
            "a JSON object, not an empty value",
        ),
        _rule("value_size", size, f"at most {MAX_VALUE_BYTES} bytes"),
        _rule("utf8_valid", "is_valid_utf8(text)", "text in UTF-8"),
        _rule(
            "json_object",
            "coalesce(is_closed AND object_count = 1 AND raw IS NOT NULL, false)",
            "exactly one JSON object",
        ),
        _rule(
            "json_types", "NOT is_corrupt OR object_count IS NULL", "each field with the type of its contract"
        ),
        _rule(
            "field_once",
            f"field_names IN ({_in_order(shapes)}) OR size(field_names) = size(array_distinct(field_names))",
            "each field at most once",
        ),
        _rule(
            "number_plain",
            f"NOT text RLIKE {literal(_VALUE_WITH_COMMA)} OR NOT text RLIKE {literal(_number_with_comma(shapes))}",
            "numbers without separators, like 1234.50",
        ),
    )


def _rule(rule_id: str, sql: str, expected: str) -> RowRule:
    return RowRule(rule_id, sql, expected, "error", "$")


def _in_order(shapes: tuple[Shape, ...]) -> str:
    """The usual case, found without a hash set: all fields of a shape in the order of its contract."""
    return ", ".join(names_array(shape) for shape in shapes)


def names_array(shape: Shape) -> str:
    """SQL array of the names of a shape's fields, in the order of its contract."""
    return f"array({', '.join(literal(column.name) for column in shape.columns)})"


def _number_with_comma(shapes: tuple[Shape, ...]) -> str:
    """Spark drops commas from quoted numbers: "2,55" would be read as 255, be name or comma escaped or not."""
    names: set[str] = set()
    for shape in shapes:
        for column in shape.columns:
            names.update(field.name for field in (column, *column.fields) if is_number(field))
    escaped_name = r'[^"]*\\u00[2-7][^"]*'
    return rf'"({"|".join(sorted(names))}|{escaped_name})"\s*{_VALUE_WITH_COMMA}'
