"""How a job becomes a streaming query: arguments, checkpoint, batches, lease."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming.query import StreamingQuery

from lakehouse.settings import Settings, load_settings
from lakehouse.storage.batches import Batch, mark_commits
from lakehouse.storage.checkpoints import (
    Checkpoint,
    CheckpointError,
    find_checkpoint,
    make_checkpoint,
    planned_ends,
)
from lakehouse.storage.crash_points import arm, reached
from lakehouse.storage.delta_tables import LakeTable
from lakehouse.storage.lake_position import LakePosition, lake_position
from lakehouse.storage.lease import Lease
from lakehouse.storage.session import spark_session

Handler = Callable[[DataFrame, Batch], None]


@dataclass(frozen=True)
class JobArguments:
    """What every streaming job is started with."""

    settings: Settings
    spark: SparkSession
    is_once: bool
    start_from: str
    progress_file: str
    is_checked: bool = False


def job_arguments(name: str, description: str) -> JobArguments:
    """Parse the command line of a job and open its session."""
    return opened_job(name, job_parser(name, description).parse_args(), load_settings())


def job_parser(name: str, description: str) -> argparse.ArgumentParser:
    """The options that every streaming job knows."""
    parser = argparse.ArgumentParser(
        name, description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--trigger", choices=("once", "continuous"), default="once", help="once: all there is, then end"
    )
    parser.add_argument(
        "--start-from",
        choices=("checkpoint", "lake"),
        default="checkpoint",
        help="lake: a new checkpoint takes over where the tables end",
    )
    parser.add_argument("--progress-file", default="", help="local file that shows the last batch as JSON")
    return parser


def opened_job(name: str, arguments: argparse.Namespace, settings: Settings) -> JobArguments:
    """What the parsed options say, with a session: from here on a driver runs."""
    arm(settings.crash_at)
    spark = spark_session(settings, f"retail {name}")
    return JobArguments(
        settings,
        spark,
        arguments.trigger == "once",
        arguments.start_from,
        arguments.progress_file,
        getattr(arguments, "check", False),
    )


def start_query(
    source: DataFrame,
    checkpoint: Checkpoint,
    name: str,
    handle: Handler,
    arguments: JobArguments,
    lease: Lease,
) -> StreamingQuery:
    """Start the query ``name`` over the stream; ``handle`` gets each micro-batch and its identity."""
    first = [True]

    def on_batch(frame: DataFrame, batch_id: int) -> None:
        if not first[0]:
            reached("after:checkpoint")  # of the batch before
        spark = frame.sparkSession
        before, after = (
            planned_ends(spark, checkpoint, batch_id - 1),
            planned_ends(spark, checkpoint, batch_id),
        )
        batch = Batch(name, checkpoint.id, batch_id, _ranges(before or {}, after or {}), first[0])
        with lease.turn:
            lease.check()
            mark_commits(spark, batch)
            handle(frame, batch)
            lease.check()
        ends = {key: end for key, (_, end) in batch.ranges.items()}
        lease.stands_at(ends, (batch.checkpoint_id, batch.batch_id))
        first[0] = False
        reached("before:checkpoint")

    writer = (
        source.writeStream.queryName(name)
        .foreachBatch(on_batch)
        .option("checkpointLocation", checkpoint.path)
    )
    if arguments.is_once:
        return writer.trigger(availableNow=True).start()
    return writer.trigger(processingTime=f"{arguments.settings.trigger_seconds} seconds").start()


def _ranges(
    before: dict[tuple[str, int], int], after: dict[tuple[str, int], int]
) -> dict[tuple[str, int], tuple[int, int]]:
    return {key: (before.get(key, 0), end) for key, end in after.items()}


def run_delta_query(
    arguments: JobArguments, name: str, tables: list[LakeTable], handle: Handler, lease: Lease
) -> None:
    """Run ``name`` over the rows appended to the tables, until there is no more or for ever.

    Rows of bronze, whose tables have one schema, come as they are. Silver's tables differ: there a row is
    ``table_name`` and, under the name of its table, its columns as a struct; the structs of the others are null.
    """
    spark, settings = arguments.spark, arguments.settings
    path = settings.checkpoint_path(name)
    checkpoint = find_checkpoint(spark, path)
    if checkpoint is None:
        _need_empty_target(lake_position(spark, settings), name, path)
        checkpoint = make_checkpoint(spark, path, {}, {})
    streams = [_appended(spark, table) for table in tables]
    rows = reduce(lambda one, more: one.unionByName(more, allowMissingColumns=True), streams)
    start_query(rows, checkpoint, name, handle, arguments, lease).awaitTermination()


def _appended(spark: SparkSession, table: LakeTable) -> DataFrame:
    rows = spark.readStream.format("delta").option("skipChangeCommits", "true").load(table.path)
    if table.contract.layer == "bronze":
        return rows
    name = table.contract.name
    return rows.select(F.lit(name).alias("table_name"), F.struct("*").alias(name))


def _need_empty_target(lake: LakePosition, name: str, path: str) -> None:
    """A new checkpoint reads its tables from their beginning; what it writes must not hold them already."""
    done = lake.judged_records if name == "refine_silver" else lake.gold_receipts
    if done:
        raise CheckpointError(
            f"the tables that {name} writes hold {done} records already, but it has no checkpoint at {path}: it "
            f"would write everything again. They were written by {', '.join(sorted(lake.queries))}. Go on with "
            "`retail process`, which takes a lake over with --start-from lake, or bring the checkpoint back"
        )
