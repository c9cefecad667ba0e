"""The Spark side of growth.py: two lakes, one with a short and one with a long past, take in the same increments.

Started through spark-submit with a JSON object (growth.Case). Prints one JSON line for each history and each increment;
the increments after the first count. Who goes first changes with every increment.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime, timedelta

from pyspark.sql import DataFrame, SparkSession

from ingestion.kafka_stream import start_kafka_query
from ingestion.shop import ShopPlan
from lakehouse.settings import Settings, load_settings
from lakehouse.storage.batches import Batch
from lakehouse.storage.lake_reader import lake_reader
from lakehouse.storage.lease import Lease
from lakehouse.storage.session import spark_session
from lakehouse.storage.streams import JobArguments
from orchestration.jobs.run_medallion import QUERY, walk
from tests.bench.catch_up import with_tables
from tests.bench.growth import Case
from tests.bench.history import file_counts, write_history
from tests.bench.loaded_topic import Span, empty, load


def take_in(arguments: JobArguments) -> dict[str, float]:
    """Bring all that the topic holds to gold: seconds of the whole run, of its batches, and their number."""
    batches: list[float] = []
    handle = walk(arguments)

    def timed(records: DataFrame, batch: Batch) -> None:
        began = time.monotonic()
        handle(records, batch)
        batches.append(time.monotonic() - began)

    started = time.monotonic()
    with Lease(arguments.settings, "bench") as lease:
        start_kafka_query(arguments, QUERY, timed, lease).awaitTermination()
    return {
        "seconds": round(time.monotonic() - started, 2),
        "batch_seconds": round(sum(batches), 2),
        "batches": len(batches),
    }


def need_lines(settings: Settings, expected: int) -> None:
    """Raises ValueError if gold does not hold so many sale lines."""
    found = lake_reader(settings).row_count("gold", "fct_sales_lines")
    if found != expected:
        raise ValueError(f"gold holds {found} sale lines at {settings.lake_key}, expected {expected}")


def lake_with_past(spark: SparkSession, settings: Settings, case: Case, lines: int) -> JobArguments:
    """A lake that holds so many lines, and has taken in the day that stands in the topic."""
    made = settings.model_copy(update={"lake_prefix": f"{settings.lake_prefix}/{lines}"})
    arguments, started = with_tables(spark, made), time.monotonic()
    take_in(arguments)
    write_history(spark, made, lines // case.lines_per_date - 1, case.lines_per_date)
    need_lines(made, lines)
    seconds = round(time.monotonic() - started, 1)
    tell({"history": lines, "made_in_seconds": seconds, "files": file_counts(made)})
    return arguments


def tell(row: dict[str, object]) -> None:
    """One line for growth.py."""
    print(json.dumps({"told": "growth", **row}), flush=True)


def newest(dates: int) -> Span:
    """From the beginning of the day so many days back, today counting as one, until now."""
    now = datetime.now(UTC)
    return now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=dates - 1), now


def main() -> None:
    """Make both lakes, then send and take in increment after increment."""
    case, settings = Case(**json.loads(sys.argv[1])), load_settings()
    spark = spark_session(settings, "bench growth")
    load(settings, ShopPlan(seed=1, shape="v1"), case.lines_per_date, newest(1))
    lakes = {lines: lake_with_past(spark, settings, case, lines) for lines in case.histories}
    for number in range(case.rounds + 1):
        load(settings, ShopPlan(seed=2 + number, shape="v1"), case.increment, newest(case.dates))
        for lines in case.histories[:: -1 if number % 2 else 1]:
            tell({"history": lines, "round": number, **take_in(lakes[lines])})
            need_lines(lakes[lines].settings, lines + (number + 1) * case.increment)
    for each in lakes.values():
        empty(each.settings)


if __name__ == "__main__":
    main()
