"""The Spark side of the bench: catch-up of a loaded topic, once for each thing compared, in one application.

Started by bench.py through spark-submit with the number of lines to be accepted, of records and of rounds. Prints one
JSON line a measurement. Every other round goes through them backwards, so that none always follows the same other.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC
from functools import partial
from unittest.mock import patch

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from ingestion.jobs import land_bronze
from ingestion.kafka_stream import start_kafka_query
from lakehouse.contracts import load_contract
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
from tests.bench import rival_tutorial
from tests.bench.loaded_topic import empty
from tests.bench.rival_delta_rs import DeltaRsPipeline
from tests.bench.totals import Hour, Totals, need_the_same, totals

V1 = "id BIGINT, product STRING, quantity DECIMAL(12,3), price DECIMAL(18,4), sales_time TIMESTAMP"
OURS = "Kafka -> gold"
TUTORIAL, SHORT_TUTORIAL = "tutorial pipeline, same results", "tutorial pipeline, lines and hours only"
Work = Callable[[], None]


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


def with_tables(spark: SparkSession, settings: Settings) -> JobArguments:
    """The empty tables of a lake of these settings."""
    rooms = (land_bronze, refine_silver, publish_gold)
    ensure_tables(spark, [table for room in rooms for table in room.tables(settings)])
    return JobArguments(settings, spark, True, "checkpoint", "")


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


def judged(spark: SparkSession, settings: Settings) -> DataFrame:
    """The topic as a stream of typed events with their verdicts."""
    contract = load_contract("topics", "sales_data")
    records = kafka(spark, settings, with_headers=True).select(
        "topic", "partition", "offset", F.col("timestamp").alias("received_at"), "key", "value", "headers"
    )
    return judged_events.judged_events(records, contract, settings, "bench")


def arrived(arguments: JobArguments) -> Totals:
    """What gold holds."""
    spark, settings = arguments.spark, arguments.settings
    facts = rows_of(spark, lake_table(settings, "gold", "fct_sales_lines"))
    (row,) = facts.agg(F.count("*").alias("n"), F.sum("net_amount").alias("net")).collect()
    hours = rows_of(spark, lake_table(settings, "gold", "agg_sales_hourly")).collect()
    return totals(
        row.n,
        row.net,
        [Hour(h.hour_start_at.astimezone(UTC), h.line_count, h.units, h.net_amount) for h in hours],
    )


@dataclass
class Round:
    """Everything compared, each with a lake of its own; ``looks``: where each whole pipeline has arrived."""

    spark: SparkSession
    settings: Settings
    looks: dict[str, Callable[[], Totals]] = field(default_factory=dict)
    _lakes: list[Settings] = field(default_factory=list)

    def works(self) -> dict[str, Callable[[], Work]]:
        """What is measured, by name: a function that prepares it, unmeasured, and returns the work."""
        return {
            "Kafka -> noop": lambda: self._noop(kafka(self.spark, self.settings)),
            "Kafka -> from_json -> noop": lambda: self._noop(
                kafka(self.spark, self.settings).select(
                    F.from_json(F.col("value").cast("string"), V1).alias("event")
                )
            ),
            "Kafka -> bronze": lambda: partial(bronze, with_tables(self.spark, self._lake())),
            OURS: self._ours,
            TUTORIAL: partial(self._tutorial, TUTORIAL, rival_tutorial.run_whole),
            SHORT_TUTORIAL: partial(self._tutorial, SHORT_TUTORIAL, rival_tutorial.run),
            "confluent-kafka + delta-rs": self._delta_rs,
            "Kafka -> judged -> noop": lambda: self._noop(judged(self.spark, self.settings)),
            "Kafka -> gold, no rules": self._without_rules,
            "Kafka -> typed -> noop": self._typed,
        }

    def close(self, lines: int) -> None:
        """Compare what the pipelines arrived at, and take the lakes away."""
        found = {OURS: self.looks[OURS](), **{name: look() for name, look in self.looks.items()}}
        need_the_same(found, lines)
        for each in self._lakes:
            empty(each)

    def _lake(self) -> Settings:
        lake = self.settings.model_copy(
            update={"lake_prefix": f"{self.settings.lake_prefix}/{uuid.uuid4().hex[:8]}"}
        )
        self._lakes.append(lake)
        return lake

    def _noop(self, stream: DataFrame) -> Work:
        return lambda: to_noop(stream, self.settings)

    def _ours(self) -> Work:
        arguments = with_tables(self.spark, self._lake())
        self.looks[OURS] = partial(arrived, arguments)
        return partial(chain, arguments)

    def _tutorial(self, name: str, run: Callable[[SparkSession, Settings], None]) -> Work:
        lake = self._lake()
        self.looks[name] = partial(rival_tutorial.arrived, self.spark, lake)
        return partial(run, self.spark, lake)

    def _delta_rs(self) -> Work:
        rival = DeltaRsPipeline(self._lake())
        self.looks["confluent-kafka + delta-rs"] = rival.arrived
        return rival.run

    def _without_rules(self) -> Work:
        arguments = with_tables(self.spark, self._lake())

        def work() -> None:
            with without_rules():
                chain(arguments)

        return work

    def _typed(self) -> Work:
        with without_rules():
            return self._noop(judged(self.spark, self.settings))


def measure(name: str, number: int, records: int, work: Work) -> None:
    """Run and print one measurement."""
    started = time.monotonic()
    work()
    seconds = time.monotonic() - started
    row = {"measured": name, "round": number, "seconds": round(seconds, 2), "rate": round(records / seconds)}
    print(json.dumps(row), flush=True)


def main() -> None:
    """Measure everything in turn, round by round; the first round warms the JVM and is marked 0."""
    lines, records, rounds = (int(each) for each in sys.argv[1:4])
    settings = load_settings()
    spark = spark_session(settings, "bench")
    for number in range(rounds + 1):
        compared = Round(spark, settings)
        works = compared.works()
        for name in list(works)[:: -1 if number % 2 else 1]:
            measure(name, number, records, works[name]())
        compared.close(lines)


if __name__ == "__main__":
    main()
