"""Silver customers, the one restricted table with names, e-mail and phone: what differs from the event as sent."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F

from lakehouse.settings import Settings
from lakehouse.silver.customer_key import customer_key


def event_columns(settings: Settings, _clocks: Column | None = None) -> Mapping[str, Column]:
    """Columns of silver.customers that are not the event's own column of that name."""
    return {
        "business_date": F.to_date("effective_at"),  # of UTC, the zone of the session
        "customer_key": customer_key(F.col("customer_id"), settings.customer_secret.get_secret_value()),
        "is_erased": F.coalesce(F.col("is_erased"), F.lit(False)),
    }
