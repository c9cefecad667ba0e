"""Judges what arrives in a topic against the topic's contract: shape, required fields, form of each. Pure.

Independent of the rules in Spark on purpose: the same contract, read by other code.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from ingestion.events import SALES_DATA
from lakehouse.contracts import Column, Shape, load_contract

_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_TYPES: dict[str, type] = {"integer": int, "boolean": bool}


class Arrivals:
    """Running account of one topic: records, bytes, shapes, faults and missing offsets.

    Offsets are missing when a partition's records do not follow each other; a transactional producer
    leaves such gaps too.
    """

    def __init__(self, topic: str) -> None:
        self.shapes: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.records = self.bytes = self.missing_offsets = 0
        self.next_offsets: dict[int, int] = {}
        self._topic = topic

    def add(self, partition: int, offset: int, value: bytes | None) -> str | None:
        """Account for one record; returns its fault, None when it is sound."""
        self.missing_offsets += offset - self.next_offsets.get(partition, offset)
        self.next_offsets[partition] = offset + 1
        self.records += 1
        self.bytes += len(value or b"")
        shape, fault = judge(self._topic, value)
        self.shapes[shape] += 1
        if fault:
            self.faults[fault] += 1
        return fault

    @property
    def sound(self) -> bool:
        """Nothing broken, nothing missing."""
        return not self.faults and not self.missing_offsets


def judge(topic: str, value: bytes | None) -> tuple[str, str | None]:
    """Name of the record's shape (`unknown` without one) and its first fault, None when it is sound."""
    if value is None and load_contract("topics", topic).tombstone:
        return "tombstone", None
    if not value:
        return "unknown", "no value" if value is None else "empty value"
    try:
        event = json.loads(value.decode(), parse_float=Decimal, parse_constant=_not_json)
    except ValueError as error:
        return "unknown", "not UTF-8" if isinstance(error, UnicodeDecodeError) else "not JSON"
    if not isinstance(event, dict):
        return "unknown", "not an object"
    shape = shape_of(topic, event)
    if shape is None:
        return "unknown", "unknown shape"
    return shape.name, next(iter(faults(shape.columns, event, "")), None)


def shape_of(topic: str, event: dict[str, Any]) -> Shape | None:
    """The contract's shape that the event claims to have."""
    shapes = load_contract("topics", topic).shapes
    names = {1: shapes[0].name} if len(shapes) == 1 else {2: "receipt_v2"}
    if topic == SALES_DATA and {"id", "product"} & event.keys():
        names[0] = "sale_line_v1"
    version = event.get("schema_version", 0)
    name = names.get(version) if isinstance(version, int) and not isinstance(version, bool) else None
    return next((shape for shape in shapes if shape.name == name), None)


def faults(columns: Sequence[Column], event: dict[str, Any], path: str) -> list[str]:
    """Sentences on the fields that are missing or have the wrong form."""
    found: list[str] = []
    for column in columns:
        value, name = event.get(column.name), path + column.name
        if value is None:
            found += [f"{name} is missing"] if column.required else []
        elif column.fields:
            found += _nested_faults(column, value, name)
        elif not _has_form(column, value):
            found.append(f"{name} is no {column.physical_type}")
    return found


def is_decimal(value: object, precision: int, scale: int) -> bool:
    """Whether a JSON number or text is a plain decimal that fits without rounding."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return False
    if isinstance(value, str) and not _PLAIN.fullmatch(value):
        return False
    number = Decimal(value)
    if not number.is_finite() or (number and number.adjusted() >= precision - scale):
        return False
    return number == number.quantize(Decimal(1).scaleb(-scale))


def _has_form(column: Column, value: object) -> bool:
    decimal = _DECIMAL.fullmatch(column.physical_type)
    if decimal:
        return is_decimal(value, int(decimal[1]), int(decimal[2]))
    if type(value) is not _TYPES.get(column.logical_type, str):
        return False
    if column.logical_type in {"timestamp", "date"}:
        return _is_time(column, str(value))
    allowed = [rule.valid_values for rule in column.rules if rule.kind == "invalidValues"]
    longest = column.options.get("maxLength")
    return all(value in values for values in allowed) and not (longest and len(str(value)) > longest)


def _is_time(column: Column, text: str) -> bool:
    """ISO 8601 between the contract's bounds; compared by their dates, which suits all zones to a day."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return False
    day = moment.date().isoformat()
    bounded = (
        str(column.options.get("minimum", ""))[:10] <= day <= str(column.options.get("maximum", "9999"))[:10]
    )
    return bounded and (moment.tzinfo is not None or not column.options.get("timezone"))


def _nested_faults(column: Column, value: object, name: str) -> list[str]:
    items = value if column.logical_type == "array" else [value]
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        return [f"{name} is no {column.physical_type}"]
    return [fault for item in items for fault in faults(column.fields, item, f"{name}.")]


def _not_json(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
