"""Sales by store and store-local hour."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.gold.versions import in_force

KEYS = ("business_date", "store_id", "currency", "hour_start_at")
MEASURES = {
    "receipt_count": "BIGINT",
    "line_count": "BIGINT",
    "units": "DECIMAL(22,3)",
    "discount": "DECIMAL(28,4)",
    "tax": "DECIMAL(28,4)",
    "net_amount": "DECIMAL(28,4)",
    "return_net_amount": "DECIMAL(28,4)",
}
_ORDER = ("store_id", "currency", "business_date", "hour_start_at", "local_hour", *MEASURES)


def agg_sales_hourly(lines: DataFrame, zone: str, stores: DataFrame | None = None) -> DataFrame:
    """Rows of gold.agg_sales_hourly from rows of gold.fct_sales_lines; void lines count nothing.

    ``stores``: version_arrays of stores with their zone; ``zone`` is that of stores that are not among them. The
    hour is that of the wall clock; its start is the UTC instant that lies as many minutes back as the wall clock
    shows, so the doubled hour of a DST night stays two hours.
    """
    if stores is None:
        zoned = lines.withColumn("zone", F.lit(zone))
    else:
        both = lines.join(F.broadcast(stores), "store_id", "left")  # many lines to at most one store
        then = in_force(F.col("versions"), F.col("occurred_at"))["zone"]
        zoned = both.withColumn("zone", F.coalesce(then, F.lit(zone)))
    local = F.from_utc_timestamp("occurred_at", F.col("zone"))
    since_hour = F.date_part(F.lit("SECOND"), local) + F.minute(local) * 60
    seconds = (since_hour * 1_000_000).cast("bigint")
    start = F.timestamp_micros(F.unix_micros("occurred_at") - seconds)
    rows = zoned.where(~F.col("is_void")).select(
        "*", start.alias("hour_start_at"), F.hour(local).alias("local_hour")
    )
    returned = F.when(F.col("line_type") == "RETURN", F.col("net_amount")).otherwise(F.lit(0))
    per_receipt = rows.groupBy(*KEYS, "local_hour", "event_id").agg(
        F.count("*").alias("line_count"),
        *[F.sum(name).cast(MEASURES[name]).alias(name) for name in ("discount", "tax", "net_amount")],
        F.sum("quantity").cast(MEASURES["units"]).alias("units"),
        F.sum(returned).cast(MEASURES["return_net_amount"]).alias("return_net_amount"),
    )
    return _summed(per_receipt.withColumn("receipt_count", F.lit(1)))


def added(rows: DataFrame, more: DataFrame) -> DataFrame:
    """Two sets of rows of gold.agg_sales_hourly added up; the measures are all additive."""
    return _summed(rows.select(*_ORDER).unionByName(more.select(*_ORDER)))


def _summed(rows: DataFrame) -> DataFrame:
    sums: list[Column] = [F.sum(name).cast(sql_type).alias(name) for name, sql_type in MEASURES.items()]
    return rows.groupBy(*KEYS, "local_hour").agg(*sums).select(*_ORDER)
