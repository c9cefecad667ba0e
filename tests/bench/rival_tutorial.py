"""A rival: the pipeline of the common tutorials, over the same topic.

Spark reads the topic as a batch, parses it with from_json, drops repeated ids and writes csv to S3; a second step reads
the csv and writes sums per hour, as csv again. Kinder than most tutorials: amounts are decimals instead of doubles, the
schema of the csv is given instead of guessed, and it runs in our warm session with our settings. What it has not: a
ledger, rules, a quarantine, raw records, transactions, an increment (each run reads the whole topic again).
"""

from __future__ import annotations

from datetime import UTC

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from ingestion.kafka_clients import spark_options
from lakehouse.settings import Settings
from tests.bench.totals import Hour, Totals, totals

_EVENT = "id BIGINT, product STRING, quantity DECIMAL(12,3), price DECIMAL(18,4), sales_time TIMESTAMP"
_HOURS = "hour_start_at TIMESTAMP, line_count BIGINT, units DECIMAL(22,3), net_amount DECIMAL(28,4)"


def run(spark: SparkSession, settings: Settings) -> None:
    """Topic to cleaned lines to hours."""
    records = (
        spark.read.format("kafka")
        .options(**spark_options(settings))
        .option("subscribe", settings.topic("sales_data"))
        .option("startingOffsets", "earliest")
        .option("endingOffsets", "latest")
        .load()
    )
    events = records.select(F.from_json(F.col("value").cast("string"), _EVENT).alias("event")).select(
        "event.*"
    )
    cleaned = events.where(F.col("id").isNotNull()).dropDuplicates(["id"])
    cleaned.write.mode("overwrite").option("header", "true").csv(_path(settings, "lines"))
    _hours(_lines(spark, settings)).write.mode("overwrite").option("header", "true").csv(
        _path(settings, "hours")
    )


def arrived(spark: SparkSession, settings: Settings) -> Totals:
    """What its files hold."""
    hours = spark.read.option("header", "true").schema(_HOURS).csv(_path(settings, "hours")).collect()
    (row,) = _lines(spark, settings).agg(F.count("*").alias("n"), F.sum(_net()).alias("net")).collect()
    return totals(
        row.n,
        row.net,
        [Hour(h.hour_start_at.astimezone(UTC), h.line_count, h.units, h.net_amount) for h in hours],
    )


def _lines(spark: SparkSession, settings: Settings) -> DataFrame:
    return spark.read.option("header", "true").schema(_EVENT).csv(_path(settings, "lines"))


def _hours(lines: DataFrame) -> DataFrame:
    return lines.groupBy(F.date_trunc("hour", "sales_time").alias("hour_start_at")).agg(
        F.count("*").alias("line_count"),
        F.sum("quantity").cast("DECIMAL(22,3)").alias("units"),
        F.sum(_net()).cast("DECIMAL(28,4)").alias("net_amount"),
    )


def _net():
    return (F.col("quantity") * F.col("price")).cast("DECIMAL(18,4)")


def _path(settings: Settings, name: str) -> str:
    return f"s3a://{settings.bucket}/{settings.lake_key}tutorial/{name}"
