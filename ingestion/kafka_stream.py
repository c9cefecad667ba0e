"""Kafka topics as one streaming query whose offsets are accounted for."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from confluent_kafka.admin import AdminClient
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming.query import StreamingQuery

from ingestion.kafka_clients import client_config, spark_options
from ingestion.kafka_offsets import (
    Partition,
    TopicPositions,
    appended_at,
    check_position,
    check_topics,
    topic_positions,
)
from lakehouse.contracts import contract_names
from lakehouse.settings import Settings
from lakehouse.storage.batches import Batch
from lakehouse.storage.checkpoints import (
    Checkpoint,
    CheckpointError,
    find_checkpoint,
    last_committed,
    make_checkpoint,
    planned_ends,
)
from lakehouse.storage.lake_position import LakePosition, lake_position
from lakehouse.storage.lease import Lease
from lakehouse.storage.streams import Handler, JobArguments, start_query

_READERS = 2  # tasks that fetch a small batch; more of them would only cost their starts
# A large batch becomes more tasks than partitions: three long ones leave one of two cores idle for a third of the time.
_RECORDS_PER_TASK = 100_000
_DRIVER_LIMIT = "spark.driver.maxResultSize"  # named in Spark's error (TaskSetManager.canFetchMoreResults)
LIVE = "medallion"
"""The query of the one application."""


def start_kafka_query(arguments: JobArguments, name: str, handle: Handler, lease: Lease) -> StreamingQuery:
    """Start the query ``name`` over all topics that have a contract.

    Raises TopicChanged, OffsetsGone or CheckpointError when its position does not fit topics or tables.
    """
    settings, spark = arguments.settings, arguments.spark
    now = topic_positions(settings, [settings.topic(topic) for topic in contract_names("topics")])
    checkpoint = find_checkpoint(spark, settings.checkpoint_path(name))
    if checkpoint is None:
        checkpoint = _new_checkpoint(arguments, name, now)
    standing = _next_offsets(spark, checkpoint)
    check_position(standing, checkpoint.topic_ids, now)
    lease.stands_at(standing)
    records = _records(spark, settings, checkpoint)
    handler = _of_the_same_topics(_by_weight(_read_once(handle)), settings, checkpoint)
    return start_query(records, checkpoint, name, handler, arguments, lease)


def _of_the_same_topics(handle: Handler, settings: Settings, checkpoint: Checkpoint) -> Handler:
    """Ask before each batch whether its topics are still those of the checkpoint; costs one request to the broker."""
    admin = AdminClient(client_config(settings))

    def handled(records: DataFrame, batch: Batch) -> None:
        check_topics(admin, checkpoint.topic_ids)
        handle(records, batch)

    return handled


def _by_weight(handle: Handler) -> Handler:
    """Handle a batch again as a large one when its few records are too many bytes for the driver.

    Nobody knows the bytes of a batch before it is read; Spark ends a job whose results exceed its limit before they fill
    the driver. What the first try has committed is found by its marker and not written twice.
    """

    def handled(records: DataFrame, batch: Batch) -> None:
        try:
            handle(records, batch)
        except Exception as error:
            if not batch.is_small or _DRIVER_LIMIT not in str(error):
                raise
            print(json.dumps({"event": "heavy_batch", "batch_id": batch.batch_id, "records": batch.planned}))
            handle(records, replace(batch, is_heavy=True, may_repeat=True))

    return handled


def _read_once(handle: Handler) -> Handler:
    """Keep the records of a small batch while it is handled.

    Each topic's judgement and each table of bronze takes its own part of them, and Kafka's reader knows no filter: with
    six topics the whole batch was fetched twelve times.
    """

    def handled(records: DataFrame, batch: Batch) -> None:
        if not batch.is_small:
            handle(records, batch)
            return
        kept = records.coalesce(_READERS).persist()
        try:
            handle(kept, batch)
        finally:
            kept.unpersist()

    return handled


def check_kafka_position(arguments: JobArguments, name: str) -> None:
    """Ask again, after a query has failed, whether its records are still there; raises as start_kafka_query."""
    settings, spark = arguments.settings, arguments.spark
    checkpoint = find_checkpoint(spark, settings.checkpoint_path(name))
    if checkpoint is not None:
        now = topic_positions(settings, checkpoint.topic_ids)
        check_position(_next_offsets(spark, checkpoint), checkpoint.topic_ids, now)


def _next_offsets(spark: SparkSession, checkpoint: Checkpoint) -> dict[tuple[str, int], int]:
    """Where the query reads on; a batch that was planned but not written whole is read again."""
    return planned_ends(spark, checkpoint, last_committed(spark, checkpoint)) or {}


def _new_checkpoint(arguments: JobArguments, name: str, now: TopicPositions) -> Checkpoint:
    settings, spark = arguments.settings, arguments.spark
    lake = lake_position(spark, settings)
    starts = dict(now.firsts)
    if not lake.is_empty:
        if arguments.start_from != "lake":
            raise CheckpointError(
                f"the lake holds {lake.landed_records} records, but query {name} has no checkpoint at "
                f"{settings.checkpoint_path(name)}: it would read everything again. Expected its checkpoint. Bring "
                "it back, or run `retail process --start-from lake` to go on where the tables end"
            )
        if name != LIVE and LIVE in lake.queries:
            raise CheckpointError(
                f"the lake is written by query {LIVE}; {name} would land records that no other job takes up. Go on "
                "with `retail process`"
            )
        lake.check_layers_agree()
        starts |= _ends_of_lake(settings, lake, now)
    offsets = {f"{topic}/{partition}": offset for (topic, partition), offset in starts.items()}
    return make_checkpoint(spark, settings.checkpoint_path(name), now.topic_ids, offsets)


def _ends_of_lake(settings: Settings, lake: LakePosition, now: TopicPositions) -> Mapping[Partition, int]:
    """Where each partition of the lake ends. A topic that was made again starts at its own beginning.

    It is the same topic if the broker still holds the lake's last record, with the same time of arrival, or
    has let go of exactly the records that the lake holds.
    """
    ends: dict[Partition, int] = {}
    for key, end in lake.landed.items():
        if key not in now.nexts or not now.firsts[key] <= end <= now.nexts[key]:
            continue
        is_last = appended_at(settings, key, end - 1) == lake.last_received[key]
        if is_last or end == now.firsts[key]:
            ends[key] = end
    return ends


def _records(spark: SparkSession, settings: Settings, checkpoint: Checkpoint) -> DataFrame:
    starting: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for name, offset in checkpoint.starting_offsets.items():
        topic, _, partition = name.rpartition("/")
        starting[topic][partition] = offset
    stream = (
        spark.readStream.format("kafka")
        .options(**spark_options(settings))
        .option("subscribe", ",".join(settings.topic(name) for name in contract_names("topics")))
        .option("startingOffsets", json.dumps(starting))
        .option("failOnDataLoss", "true")
        .option("includeHeaders", "true")
        .option("kafka.isolation.level", "read_committed")
        .option("maxOffsetsPerTrigger", settings.max_records_per_batch)
        .option("maxRecordsPerPartition", _RECORDS_PER_TASK)
        .load()
    )
    return stream.select(
        "topic", "partition", "offset", F.col("timestamp").alias("received_at"), "key", "value", "headers"
    )
