"""The Spark side of the bench: catch-up of a loaded topic, once for each thing compared, in one application.

Started by bench.py through spark-submit. Prints one JSON line a measurement.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from unittest.mock import patch

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from ingestion.jobs import land_bronze
from ingestion.kafka_stream import start_kafka_query
from lakehouse.contracts import contract_names, load_contract
from lakehouse.jobs import publish_gold, refine_silver
from lakehouse.settings import Settings, load_settings
from lakehouse.silver import judged_events
from lakehouse.storage.batches import Batch
from lakehouse.storage.concurrently import concurrently
from lakehouse.storage.delta_tables import ensure_tables, lake_table, rows_of
from lakehouse.storage.lease import Lease
from lakehouse.storage.session import spark_session
from lakehouse.storage.streams import JobArguments
from orchestration.jobs.run_medallion import QUERY, walk

V1 = "id BIGINT, product STRING, quantity DECIMAL(12,3), price DECIMAL(18,4), sales_time TIMESTAMP"


def kafka(spark: SparkSession, settings: Settings, *, with_headers: bool = False) -> DataFrame:
    """The topic as a stream, as the limit reads it."""
    return (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", settings.bootstrap)
        .option("subscribe", settings.topic("sales_data"))
        .option("startingOffsets", "earliest")
        .option("includeHeaders", with_headers)
        .load()
    )


def to_noop(stream: DataFrame, settings: Settings) -> None:
    """Read all there is and write it nowhere."""
    checkpoint = f"file://{settings.home}/bench/{uuid.uuid4().hex}"
    query = stream.writeStream.format("noop").option("checkpointLocation", checkpoint)
    query.trigger(availableNow=True).start().awaitTermination()


def own_lake(spark: SparkSession, settings: Settings) -> JobArguments:
    """A new lake over the same topic."""
    fresh = settings.model_copy(update={"lake_prefix": f"bench/{uuid.uuid4().hex[:8]}"})
    rooms = (land_bronze, refine_silver, publish_gold)
    ensure_tables(spark, [table for room in rooms for table in room.tables(fresh)])
    return JobArguments(fresh, spark, True, "checkpoint", "")


def bronze(arguments: JobArguments) -> None:
    """Kafka to bronze, offsets accounted for."""

    def handle(records: DataFrame, batch: Batch) -> None:
        concurrently(land_bronze.land(records, batch, arguments.settings))

    with Lease(arguments.settings, "bench") as lease:
        start_kafka_query(arguments, "land_bronze", handle, lease).awaitTermination()


def chain(arguments: JobArguments) -> None:
    """Kafka through all layers."""
    with Lease(arguments.settings, "bench") as lease:
        start_kafka_query(arguments, QUERY, walk(arguments), lease).awaitTermination()


def without_rules() -> AbstractContextManager[object]:
    """The stream's own code, where no field of a record is asked any rule."""
    return patch.object(judged_events, "_broken", lambda *_: judged_events._NONE)


def judged(arguments: JobArguments) -> DataFrame:
    """The topic as a stream of typed events with their verdicts."""
    contract, settings = load_contract("topics", "sales_data"), arguments.settings
    records = kafka(arguments.spark, settings, with_headers=True).select(
        "topic", "partition", "offset", F.col("timestamp").alias("received_at"), "key", "value", "headers"
    )
    return judged_events.judged_events(records, contract, settings, "bench")


def check_chain(arguments: JobArguments, lines: int) -> None:
    """A fast chain that loses lines is worth nothing."""
    fact = rows_of(arguments.spark, lake_table(arguments.settings, "gold", "fct_sales_lines")).count()
    if fact != lines:
        raise RuntimeError(f"the chain brought {fact} of {lines} lines to gold")


def measure(name: str, round_number: int, lines: int, work: Callable[[], None]) -> None:
    """Run and print one measurement."""
    started = time.monotonic()
    work()
    seconds = time.monotonic() - started
    print(
        json.dumps(
            {
                "measured": name,
                "round": round_number,
                "seconds": round(seconds, 2),
                "rate": round(lines / seconds),
            }
        ),
        flush=True,
    )


def main() -> None:
    """Measure everything in turn, round by round; the first round warms the JVM and is marked 0."""
    lines, rounds = int(sys.argv[1]), int(sys.argv[2])
    settings = load_settings()
    spark = spark_session(settings, "bench")
    assert contract_names("topics")
    parsed = F.from_json(F.col("value").cast("string"), V1).alias("event")
    for number in range(rounds + 1):
        measure("Kafka -> noop", number, lines, lambda: to_noop(kafka(spark, settings), settings))
        measure(
            "Kafka -> from_json -> noop",
            number,
            lines,
            lambda: to_noop(kafka(spark, settings).select(parsed), settings),
        )
        landing, whole = own_lake(spark, settings), own_lake(spark, settings)
        measure("Kafka -> bronze", number, lines, lambda: bronze(landing))  # noqa: B023  called at once
        measure("Kafka -> gold", number, lines, lambda: chain(whole))  # noqa: B023  called at once
        check_chain(whole, lines)
        bare = own_lake(spark, settings)
        to_judge = judged(landing)
        measure("Kafka -> judged -> noop", number, lines, lambda: to_noop(to_judge, settings))  # noqa: B023  called at once
        with without_rules():
            measure("Kafka -> gold, no rules", number, lines, lambda: chain(bare))  # noqa: B023  called at once
            to_type = judged(landing)
        measure("Kafka -> typed -> noop", number, lines, lambda: to_noop(to_type, settings))  # noqa: B023  called at once


if __name__ == "__main__":
    main()
