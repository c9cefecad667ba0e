"""The business day of a store by its own clock."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

DAYS_APART = 3
"""At most so many days lie between two business dates of one instant, whatever is known of the store."""


def business_date(at: Column, zone: Column, closing_hour: Column) -> Column:
    """The business day of an instant: sales before ``closing_hour`` (local) belong to the day before."""
    local = F.from_utc_timestamp(at, zone)
    return F.date_sub(F.to_date(local), F.when(F.hour(local) < closing_hour, 1).otherwise(0))


def of_store(at: Column, default_zone: str, clocks: Column | None) -> Column:
    """The business day of an instant in the store ``store_id``.

    ``clocks``: map of store_id to its versions, each with valid_from, zone and closing_hour; a store that is not in it
    closes at midnight in ``default_zone``. None: no store is known.
    """
    if clocks is None:
        return business_date(at, F.lit(default_zone), F.lit(0))
    known = clocks[F.col("store_id")]
    clock = F.array_max(F.filter(known, lambda version: version["valid_from"] <= at))
    zone = F.coalesce(clock["zone"], F.lit(default_zone))
    return business_date(at, zone, F.coalesce(clock["closing_hour"], F.lit(0)))
