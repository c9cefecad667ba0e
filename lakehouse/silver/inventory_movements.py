"""Silver inventory movements: what differs from the event as sent."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F

from lakehouse.settings import Settings
from lakehouse.silver.store_time import of_store


def event_columns(settings: Settings, clocks: Column | None = None) -> Mapping[str, Column]:
    """Columns of silver.inventory_movements that are not the event's own column of that name.

    ``clocks`` as in lakehouse.silver.store_time; ``is_undated`` is no column of the table.
    """
    local_date = of_store(F.col("occurred_at"), settings.default_zone, clocks)
    return {
        "is_undated": F.col("business_date").isNull(),
        "business_date": F.coalesce(F.col("business_date"), local_date),
        "uom": F.coalesce(F.col("uom"), F.lit("EA")),
    }
