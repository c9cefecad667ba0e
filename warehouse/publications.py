"""What was published last, as OPS.PUBLICATIONS notes it."""

from __future__ import annotations

from warehouse.connection import Warehouse


def published_versions(warehouse: Warehouse) -> dict[tuple[str, str], int]:
    """Delta version that Snowflake shows, by layer and table."""
    rows = warehouse.rows(
        'SELECT "LAYER", "TABLE_NAME", "DELTA_VERSION" FROM "OPS"."PUBLICATIONS" QUALIFY ROW_NUMBER() OVER '
        '(PARTITION BY "LAYER", "TABLE_NAME" ORDER BY "PUBLISHED_AT" DESC, "DELTA_VERSION" DESC) = 1'
    )
    return {(row["LAYER"], row["TABLE_NAME"]): int(row["DELTA_VERSION"]) for row in rows}
