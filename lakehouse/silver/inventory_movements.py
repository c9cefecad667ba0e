"""Silver inventory movements: what differs from the event as sent."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F

from lakehouse.settings import Settings


def event_columns(settings: Settings) -> Mapping[str, Column]:
    """Columns of silver.inventory_movements that are not the event's own column of that name."""
    local_date = F.to_date(F.from_utc_timestamp(F.col("occurred_at"), F.lit(settings.default_zone)))
    return {
        "business_date": F.coalesce(F.col("business_date"), local_date),
        "uom": F.coalesce(F.col("uom"), F.lit("EA")),
    }
