"""What a statement gives back: rows as Arrow with the column types that Snowflake's clients expect."""

from __future__ import annotations

import uuid
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
from fakesnow.arrow import to_ipc, to_sf
from fakesnow.rowtype import ColumnInfo, describe_as_rowtype
from fakesnow.statement_type import DML_TYPE_IDS, UNKNOWN

_DUCKDB_NAMES = {pa.string(): "VARCHAR", pa.int64(): "BIGINT", pa.bool_(): "BOOLEAN"}
Value = str | int | bool | None


@dataclass(frozen=True)
class Answer:
    """One result. ``type_id`` tells clients whether the rows are data or counts of changed rows."""

    rows: pa.Table
    columns: list[ColumnInfo]
    type_id: int = UNKNOWN
    query_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def wire(self) -> dict[str, Any]:
        """The part of the response that holds the rows: text for counts, Arrow for the rest."""
        told = {
            "rowtype": self.columns,
            "total": self.rows.num_rows,
            "queryId": self.query_id,
            "statementTypeId": self.type_id,
            "parameters": [{"name": "TIMEZONE", "value": "Etc/UTC"}],
        }
        if self.type_id in DML_TYPE_IDS:
            texts = [[None if v is None else str(v) for v in row.values()] for row in self.rows.to_pylist()]
            return {**told, "queryResultFormat": "json", "rowset": texts}
        rows = to_ipc(_with_nulls(to_sf(self.rows, self.columns), self.rows)) if self.columns else b""
        return {**told, "queryResultFormat": "arrow", "rowsetBase64": b64encode(rows).decode()}


def _with_nulls(shown: pa.Table, rows: pa.Table) -> pa.Table:
    """Instants that are null stay null: fakesnow marks the parts of the struct only, and clients read 1970."""
    for number, (shape, values) in enumerate(zip(shown.schema, rows.columns, strict=True)):
        if pa.types.is_struct(shape.type) and values.null_count:
            parts = [part.combine_chunks().fill_null(0) for part in shown.column(number).flatten()]
            mask = values.is_null().combine_chunks()
            shown = shown.set_column(
                number, shape, pa.StructArray.from_arrays(parts, fields=list(shape.type), mask=mask)
            )
    return shown


def answer(names: Sequence[str], rows: Sequence[Sequence[Value]], type_id: int = UNKNOWN) -> Answer:
    """Rows of our own making; a column without any value is text."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    arrays = [
        pa.array(values, type=None if any(v is not None for v in values) else pa.string())
        for values in columns
    ]
    table = pa.Table.from_arrays(arrays, names=list(names))
    described = [(f.name, _DUCKDB_NAMES[f.type], None, None, None, None) for f in table.schema]
    return Answer(table, describe_as_rowtype(described), type_id)


def told(text: str) -> Answer:
    """The one line that Snowflake answers to a statement without rows."""
    return answer(["status"], [[text]])
