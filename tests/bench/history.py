"""A lake with a long past, made in minutes: one real day of sales, written again for the days before it.

The newest day comes through the house's own chain. Every other day is that day once more, with its dates, instants and
identities moved, appended by Spark to silver.receipts and gold's facts and hours in the form in which they stand there:
one file a date and table, a commit for every million lines. Bronze, ledger and dimensions hold the newest day only.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.settings import Layer, Settings
from lakehouse.storage.delta_tables import lake_table, latest_version
from lakehouse.storage.lake_reader import lake_reader

_TABLES: tuple[tuple[Layer, str], ...] = (
    ("silver", "receipts"),
    ("gold", "fct_receipts"),
    ("gold", "fct_sales_lines"),
    ("gold", "agg_sales_hourly"),
)
_LINES_PER_COMMIT, _LINES_PER_TASK = 1_000_000, 100_000
_IDENTITIES = ("event_id", "transaction_id")


def write_history(spark: SparkSession, settings: Settings, days: int, lines_per_day: int) -> None:
    """Let so many days lie before the one day that the lake holds."""
    for layer, name in _TABLES:
        table = lake_table(settings, layer, name)
        # At its version: after each write Spark reads anew what it has cached of a table, and the day would grow.
        now = spark.read.format("delta").option("versionAsOf", latest_version(spark, table))
        day = now.load(table.path).persist()
        for first, last in _spans(days, max(1, _LINES_PER_COMMIT // lines_per_day)):
            tasks = max(1, (last - first) * lines_per_day // _LINES_PER_TASK)
            back = spark.range(first, last, 1, tasks).select(F.col("id").cast("int").alias("days_back"))
            earlier(day, back).write.format("delta").mode("append").save(table.path)
        day.unpersist()


def earlier(day: DataFrame, back: DataFrame) -> DataFrame:
    """The rows of ``day`` once for each row of ``back`` (days_back INT), so many days earlier and under other ids."""
    both = back.crossJoin(F.broadcast(day))
    return both.select(*(_moved(name, sql_type).alias(name) for name, sql_type in day.dtypes))


def file_counts(settings: Settings) -> dict[str, int]:
    """Data files of each table of the history."""
    reader = lake_reader(settings)
    opened = {f"{layer}.{name}": reader.table(layer, name) for layer, name in _TABLES}
    return {name: len(table.file_uris()) for name, table in opened.items() if table is not None}


def _moved(name: str, sql_type: str) -> Column:
    if name in _IDENTITIES:
        return F.concat_ws("/", F.col(name), F.col("days_back").cast("string"))
    if sql_type == "date":
        return F.date_sub(F.col(name), F.col("days_back"))
    if sql_type == "timestamp":
        return F.col(name) - F.make_dt_interval(days=F.col("days_back"))
    return F.col(name)


def _spans(days: int, at_once: int) -> Iterator[tuple[int, int]]:
    """1 to ``days`` in half-open spans."""
    for first in range(1, days + 1, at_once):
        yield first, min(first + at_once, days + 1)
