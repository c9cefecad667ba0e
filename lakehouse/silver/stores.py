"""Silver stores: what differs from the event as sent."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F

from lakehouse.settings import Settings


def event_columns(_: Settings, _clocks: Column | None = None) -> Mapping[str, Column]:
    """Columns of silver.stores that are not the event's own column of that name."""
    return {
        "business_date": F.to_date("effective_at"),  # of UTC, the zone of the session
        "closing_hour": F.coalesce(F.col("closing_hour"), F.lit(0)),
    }
