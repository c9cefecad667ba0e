"""Sales by store and store-local hour."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.gold.versions import in_force
from lakehouse.gold.voided import COUNTED_TYPES

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


def agg_sales_hourly(
    lines: DataFrame, zone: str, stores: DataFrame | None = None, receipts: DataFrame | None = None
) -> DataFrame:
    """Rows of gold.agg_sales_hourly from rows of gold.fct_sales_lines; void lines count nothing.

    ``stores``: version_arrays of stores with their zone; ``zone`` is that of stores that are not among them. The
    hour is that of the wall clock; its start is the UTC instant that lies as many minutes back as the wall clock
    shows, so the doubled hour of a DST night stays two hours. ``receipts``: rows of gold.fct_receipts that the lines
    belong to, all of them; then receipts are counted there, and a million lines need not be gathered by receipt first.
    """
    rows = _with_hour(lines.where(~F.col("is_void")), zone, stores)
    returned = F.when(F.col("line_type") == "RETURN", F.col("net_amount")).otherwise(F.lit(0))
    by = (*KEYS, "local_hour") if receipts is not None else (*KEYS, "local_hour", "event_id")
    added_up = rows.groupBy(*by).agg(
        F.count("*").alias("line_count"),
        *[F.sum(name).cast(MEASURES[name]).alias(name) for name in ("discount", "tax", "net_amount")],
        F.sum("quantity").cast(MEASURES["units"]).alias("units"),
        F.sum(returned).cast(MEASURES["return_net_amount"]).alias("return_net_amount"),
    )
    if receipts is None:
        return _summed(added_up.withColumn("receipt_count", F.lit(1)))
    sold = receipts.where(
        F.col("transaction_type").isin(*COUNTED_TYPES) & ~F.col("is_void") & (F.col("line_count") > 0)
    )
    counts = (
        _with_hour(sold, zone, stores).groupBy(*KEYS, "local_hour").agg(F.count("*").alias("receipt_count"))
    )
    return _summed(added_up.unionByName(counts, allowMissingColumns=True))


def _with_hour(rows: DataFrame, zone: str, stores: DataFrame | None) -> DataFrame:
    """The rows with ``hour_start_at`` and ``local_hour``."""
    if stores is None:
        zoned = rows.withColumn("zone", F.lit(zone))
    else:
        both = rows.join(F.broadcast(stores), "store_id", "left")  # many rows to at most one store
        then = in_force(F.col("versions"), F.col("occurred_at"))["zone"]
        zoned = both.withColumn("zone", F.coalesce(then, F.lit(zone)))
    local = F.from_utc_timestamp("occurred_at", F.col("zone"))
    since_hour = F.date_part(F.lit("SECOND"), local) + F.minute(local) * 60
    seconds = (since_hour * 1_000_000).cast("bigint")
    start = F.timestamp_micros(F.unix_micros("occurred_at") - seconds)
    return zoned.select("*", start.alias("hour_start_at"), F.hour(local).alias("local_hour"))


def added(rows: DataFrame, more: DataFrame) -> DataFrame:
    """Two sets of rows of gold.agg_sales_hourly added up; the measures are all additive."""
    return _summed(rows.select(*_ORDER).unionByName(more.select(*_ORDER)))


def _summed(rows: DataFrame) -> DataFrame:
    sums: list[Column] = [F.sum(name).cast(sql_type).alias(name) for name, sql_type in MEASURES.items()]
    return rows.groupBy(*KEYS, "local_hour").agg(*sums).select(*_ORDER)
