"""Receipts that came when their business day was over."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.gold.versions import in_force


def late_receipts(receipts: DataFrame, zone: str, stores: DataFrame | None) -> DataFrame:
    """Those rows of silver.receipts that the broker got an hour or more after their store had closed its business day
    (and on a later day by UTC, which is cheap to ask first).

    ``stores``: version_arrays of stores with zone and closing_hour; others close at midnight in ``zone``.
    """
    some = receipts.where(F.to_date("received_at") > F.col("business_date"))
    if stores is None:
        clocked = some.withColumn("clock_zone", F.lit(zone)).withColumn("clock_hour", F.lit(0))
    else:
        both = some.join(F.broadcast(stores), "store_id", "left")  # many receipts to at most one store
        clock = in_force(F.col("versions"), F.col("occurred_at"))
        clocked = both.withColumns(
            {
                "clock_zone": F.coalesce(clock["zone"], F.lit(zone)),
                "clock_hour": F.coalesce(clock["closing_hour"], F.lit(0)),
            }
        )
    closed = F.date_add("business_date", 1).cast("timestamp") + F.make_dt_interval(hours=F.col("clock_hour"))
    over = F.to_utc_timestamp(closed, F.col("clock_zone")) + F.expr("INTERVAL '1' HOUR")
    return clocked.where(F.col("received_at") >= over).select(*receipts.columns)
