"""Silver till sessions: Z-reports as sent."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column

from lakehouse.settings import Settings


def event_columns(_: Settings, _clocks: Column | None = None) -> Mapping[str, Column]:
    """Columns of silver.till_sessions that are not the event's own column of that name: none."""
    return {}
