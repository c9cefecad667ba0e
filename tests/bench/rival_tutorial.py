"""A rival: the pipeline of the common tutorials, over the same topic, in two forms.

*Short*: Spark reads the topic as a batch, parses it with from_json, drops repeated ids and writes csv to S3; a second step
reads the csv and writes sums per hour, as csv again. *Whole*: the same way of working, made to leave the same results as
the house: raw records, refused records with a reason, cleaned lines, receipts, lines, hours, products, stores and counts
that add up; each step reads the csv of the step before.

Kinder than most tutorials: amounts are decimals instead of doubles, the schema of the csv is given instead of guessed,
what is read twice is cached, and it runs in our warm session with our settings. What neither form has: transactions,
conflicts of content, an increment (each run reads the whole topic again).
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
_PLACE = "partition INT, offset BIGINT, received_at TIMESTAMP"
_RAW = f"{_PLACE}, key STRING, value STRING"
_LINE = f"{_PLACE}, {_EVENT}, business_date DATE, net_amount DECIMAL(18,4)"
_REFUSED = f"{_PLACE}, value STRING, reason STRING"
_REASONS = {
    "no_json": "event IS NULL",
    "id": "event.id IS NULL",
    "product": "event.product IS NULL OR length(trim(event.product)) NOT BETWEEN 1 AND 128",
    "quantity": "event.quantity IS NULL",
    "price": "event.price IS NULL OR event.price < 0",
    "sales_time": "event.sales_time IS NULL OR event.sales_time > received_at + INTERVAL 1 DAY",
    "net_amount": "try_cast(event.quantity * event.price AS DECIMAL(18,4)) IS NULL",
}
"""Reason to SQL over ``event``, in the order in which they are asked."""


def run(spark: SparkSession, settings: Settings) -> None:
    """Topic to cleaned lines to hours."""
    events = _topic(spark, settings).select(_parsed("value")).select("event.*")
    _save(events.where(F.col("id").isNotNull()).dropDuplicates(["id"]), settings, "lines")
    lines = _load(spark, settings, "lines", _EVENT).withColumn("net_amount", _net())
    _save(_hours(lines), settings, "hours")


def run_whole(spark: SparkSession, settings: Settings) -> None:
    """Topic to raw records, to cleaned and refused ones, to facts, hours, members and counts."""
    raw = _topic(spark, settings).select(
        "partition", "offset", F.col("timestamp").alias("received_at"), F.col("key").cast("string"), "value"
    )
    _save(raw, settings, "raw")
    _clean(_load(spark, settings, "raw", _RAW), settings)
    _marts(_load(spark, settings, "clean", _LINE), settings)
    _count(spark, settings)


def _clean(raw: DataFrame, settings: Settings) -> None:
    """Every record with the first reason to refuse it; then the refused, and one of each id among the others."""
    cases = " ".join(f"WHEN {sql} THEN '{reason}'" for reason, sql in _REASONS.items())
    judged = raw.withColumn("event", _parsed("value")).withColumn("reason", F.expr(f"CASE {cases} END"))
    judged = judged.persist()
    refused = judged.where("reason IS NOT NULL").select(
        "partition", "offset", "received_at", "value", "reason"
    )
    _save(refused, settings, "refused")
    lines = judged.where("reason IS NULL").select("partition", "offset", "received_at", "event.*")
    lines = lines.withColumn("business_date", F.to_date("sales_time")).withColumn("net_amount", _net())
    _save(lines.dropDuplicates(["id"]), settings, "clean")
    judged.unpersist()


def _marts(lines: DataFrame, settings: Settings) -> None:
    """The tables that are asked: a plain line is a receipt of one line, of a store that is not known."""
    lines = lines.withColumns({"store_id": F.lit("UNKNOWN"), "currency": F.lit("EUR")}).persist()
    of_both = ["id", "business_date", "sales_time", "received_at", "store_id", "currency"]
    receipts = lines.select(*of_both, F.lit(1).alias("line_count"), "quantity", "net_amount")
    _save(receipts, settings, "receipts")
    _save(lines.select(*of_both, "product", "quantity", "price", "net_amount"), settings, "lines")
    _save(_hours(lines), settings, "hours")
    for member in ("product", "store_id"):
        seen = lines.groupBy(member).agg(F.min("sales_time").alias("first_seen_at"))
        _save(seen, settings, member)
    lines.unpersist()


def _count(spark: SparkSession, settings: Settings) -> None:
    """Received, accepted, refused and repeated by partition."""
    schemas = {"raw": _RAW, "clean": _LINE, "refused": _REFUSED}
    raw, clean, refused = (
        _load(spark, settings, name, schema).groupBy("partition").agg(F.count("*").alias(name))
        for name, schema in schemas.items()
    )
    counts = raw.join(clean, "partition", "left").join(refused, "partition", "left").na.fill(0)
    _save(counts.withColumn("repeated", F.expr("raw - clean - refused")), settings, "counts")


def arrived(spark: SparkSession, settings: Settings) -> Totals:
    """What its files hold, of either form."""
    hours = _load(spark, settings, "hours", _HOURS).collect()
    lines = spark.read.option("header", "true").csv(_path(settings, "lines"))
    net = F.col("quantity").cast("DECIMAL(12,3)") * F.col("price").cast("DECIMAL(18,4)")
    (row,) = lines.agg(F.count("*").alias("n"), F.sum(net.cast("DECIMAL(18,4)")).alias("net")).collect()
    return totals(
        row.n,
        row.net,
        [Hour(h.hour_start_at.astimezone(UTC), h.line_count, h.units, h.net_amount) for h in hours],
    )


def _topic(spark: SparkSession, settings: Settings) -> DataFrame:
    records = (
        spark.read.format("kafka")
        .options(**spark_options(settings))
        .option("subscribe", settings.topic("sales_data"))
        .option("startingOffsets", "earliest")
        .option("endingOffsets", "latest")
        .load()
    )
    return records.withColumn("value", F.col("value").cast("string"))


def _parsed(column: str):
    return F.from_json(column, _EVENT).alias("event")


def _hours(lines: DataFrame) -> DataFrame:
    return lines.groupBy(F.date_trunc("hour", "sales_time").alias("hour_start_at")).agg(
        F.count("*").alias("line_count"),
        F.sum("quantity").cast("DECIMAL(22,3)").alias("units"),
        F.sum("net_amount").cast("DECIMAL(28,4)").alias("net_amount"),
    )


def _net():
    return (F.col("quantity") * F.col("price")).cast("DECIMAL(18,4)")


def _save(rows: DataFrame, settings: Settings, name: str) -> None:
    rows.write.mode("overwrite").option("header", "true").option("escape", '"').csv(_path(settings, name))


def _load(spark: SparkSession, settings: Settings, name: str, schema: str) -> DataFrame:
    read = spark.read.option("header", "true").option("escape", '"').schema(schema)
    return read.csv(_path(settings, name))


def _path(settings: Settings, name: str) -> str:
    return f"s3a://{settings.bucket}/{settings.lake_key}tutorial/{name}"
