"""Any records of a topic that silver could hold as they are: several faults at once, nulls, numbers and texts.

Left out is what is not comparable by its nature: values that lose their form when they are typed, and places where
silver puts a default (test_stream_and_table, CHANGED_BY_SILVER).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from lakehouse.contracts import Column, load_contract
from tests.lakehouse.sales_events import ABSENT
from tests.quality.topic_faults import GOOD, Json, Path, bad_values, put

Change = tuple[Path, Any]
Changes = st.SearchStrategy[Change]
# Silver computes a date that is absent from the time of sale, and that date is bounded too.
_TIED = {("business_date",), ("occurred_at",)}
_SILVER_FILLS = {("currency",)}
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)


def any_records(topic: str) -> st.SearchStrategy[bytes]:
    """Records of all shapes of the topic, each with up to four fields that are something else than usual."""
    return st.one_of(
        [_of_shape(shape.name, shape.columns) for shape in load_contract("topics", topic).shapes]
    )


def _of_shape(shape: str, columns: tuple[Column, ...]) -> st.SearchStrategy[bytes]:
    change = st.one_of(list(_changes(columns)))
    few = st.lists(change, max_size=4, unique_by=lambda each: ("tied",) if each[0] in _TIED else each[0])
    return few.map(lambda changes: _record(GOOD[shape], changes))


def _record(good: Json, changes: list[Change]) -> bytes:
    record = copy.deepcopy(good)
    for path, value in changes:
        put(record, path, value)
    return json.dumps(record, ensure_ascii=False).encode()


def _changes(columns: tuple[Column, ...]) -> Iterator[Changes]:
    for column in columns:
        yield _of_field(column, (column.name,))
        inside: Path = (column.name, 0) if column.logical_type == "array" else (column.name,)
        for field in column.fields:
            yield _of_field(field, (*inside, field.name))


def _of_field(column: Column, path: Path) -> Changes:
    """Null, nothing, what breaks a rule of the field, and for numbers and texts anything that has their form."""
    bad = [value for suffix, value in bad_values(column) if suffix not in ("digits", "form")]
    if path in _SILVER_FILLS:
        bad = [value for value in bad if value is ABSENT]
    values: list[st.SearchStrategy[Any]] = [st.sampled_from([None, ABSENT, *bad])]
    if column.physical_type.startswith("DECIMAL"):
        places = int(column.physical_type.rstrip(")").partition(",")[2])
        values.append(st.decimals(-1000, 1000, places=places).map(str))
    if column.physical_type == "STRING" and path not in _SILVER_FILLS:
        values.append(_TEXT)
    return st.tuples(st.just(path), st.one_of(values))
