"""Changes of sale lines, as rows of the contract export.sales_lines, from the rows that commits brought and took."""

from __future__ import annotations

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]

from lakehouse.contracts import load_contract
from lakehouse.schema.arrow_schema import arrow_schema

# A plain line has the integer of its event; any other line the first 30 hex digits of a hash, which fit NUMBER(38,0).
_ID = """CASE WHEN schema_version = 1 THEN CAST(substr(event_id, 4) AS HUGEINT)
              ELSE CAST('0x' || substr(sha256(event_id || '|' || line_seq), 1, 30) AS HUGEINT) END"""
_COMPUTED = {
    "id": _ID,
    "op": "CASE WHEN is_gone OR is_void THEN 'D' ELSE 'U' END",
    "change_version": "$change_version",
}


def export_schema() -> pa.Schema:
    """Arrow schema of the export, from its contract."""
    return arrow_schema(load_contract("export", "sales_lines").table.columns)


def line_changes(added: pa.Table, removed: pa.Table | None, version: int) -> pa.Table:
    """Rows of export.sales_lines from rows of gold.fct_sales_lines; ``version`` is their change_version.

    A row that was only moved to another file, or changed in what is not exported, is no change. ``op`` is D for a line that is void or gone and U for
    any other new or changed line. Rows come in the order of event_id and line_seq.
    """
    listed = ", ".join(f"{_COMPUTED.get(name, name)} AS {name}" for name in export_schema().names)
    own = ", ".join(["schema_version", *(name for name in export_schema().names if name not in _COMPUTED)])
    now, before = (f"SELECT {own}, false AS is_gone FROM {name}" for name in ("added", "removed"))
    gone = f"SELECT {own}, true AS is_gone FROM removed ANTI JOIN added USING (event_id, line_seq)"
    changes = now if removed is None else f"({now} EXCEPT ALL {before}) UNION ALL {gone}"
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        engine.register("added", added)
        if removed is not None:
            engine.register("removed", removed)
        rows = engine.sql(
            f"SELECT {listed} FROM ({changes}) ORDER BY event_id, line_seq",
            params={"change_version": version},
        ).to_arrow_table()
    return rows.cast(export_schema())
