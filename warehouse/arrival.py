"""Whether the sale lines that were exported have arrived: the pipe has no file left and the task nothing to merge."""

from __future__ import annotations

import json
import time

from warehouse.connection import Warehouse
from warehouse.render.lake_tables import LakeTable
from warehouse.render.snowflake_names import identifier
from warehouse.render.sql_files import lake_tables

_WAITING = (
    "SELECT SYSTEM$PIPE_STATUS('LANDING.SALES_LINES_PIPE') AS PIPE, "
    "SYSTEM$STREAM_HAS_DATA('LANDING.SALES_LINES_STREAM') AS CHANGES"
)


def has_arrived(warehouse: Warehouse) -> bool:
    """Whether nothing is on its way. A real account knows of a file only when S3 has told it, seconds later."""
    row = warehouse.rows(_WAITING)[0]
    waiting = json.loads(row["PIPE"]).get("pendingFileCount", 0)
    return not waiting and str(row["CHANGES"]).upper() in ("FALSE", "0")


def wait_for_arrival(warehouse: Warehouse, seconds: float) -> bool:
    """Wait until nothing is on its way, at most so many seconds; whether that came true."""
    deadline = time.monotonic() + seconds
    while not (arrived := has_arrived(warehouse)) and time.monotonic() < deadline:
        time.sleep(0.3)
    return arrived


def served_rows(warehouse: Warehouse) -> dict[str, int]:
    """Rows that readers see, by ``schema.view`` in small letters: the lake's tables and SALES_DATA."""
    counted = [
        _counted("SALES", "SALES_DATA"),
        *(_counted(t.schema, t.name) for t in lake_tables() if _is_gold(t)),
    ]
    rows = warehouse.rows(" UNION ALL ".join(counted))
    return {str(row["NAME"]): int(row["ROWS_SEEN"]) for row in rows}


def _is_gold(table: LakeTable) -> bool:
    return table.schema == "GOLD"


def _counted(schema: str, name: str) -> str:
    title = f"{schema}.{name}".lower()
    return f"SELECT '{title}' AS NAME, COUNT(*) AS ROWS_SEEN FROM {identifier(schema)}.{identifier(name)}"
