"""Sales by store and store-local hour."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

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


def agg_sales_hourly(lines: DataFrame, zone: str) -> DataFrame:
    """Rows of gold.agg_sales_hourly from rows of gold.fct_sales_lines; void lines count nothing.

    ``zone`` is the IANA zone of the stores. The hour is that of the wall clock; its start is the UTC instant
    that lies as many minutes back as the wall clock shows, so the doubled hour of a DST night stays two hours.
    """
    local = F.from_utc_timestamp("occurred_at", zone)
    since_hour = F.date_part(F.lit("SECOND"), local) + F.minute(local) * 60
    seconds = (since_hour * 1_000_000).cast("bigint")
    start = F.timestamp_micros(F.unix_micros("occurred_at") - seconds)
    rows = lines.where(~F.col("is_void")).select(
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
