"""What a streaming query's checkpoint belongs to, and the offsets that it planned.

Beside Spark's own files stands ``retail.json``: the id of the checkpoint, which every commit of the query
carries, and the Kafka topics (by their broker-given ids) that it was made for.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pyspark.sql import SparkSession

from lakehouse.storage.batches import Partition

_IDENTITY = "retail.json"


class CheckpointError(RuntimeError):
    """A checkpoint does not fit its topics or its tables; the message says how and what to do."""


@dataclass(frozen=True)
class Checkpoint:
    """Identity of a checkpoint. ``starting_offsets`` is where its first batch began, by ``topic/partition``."""

    id: str
    path: str
    topic_ids: Mapping[str, str]
    starting_offsets: Mapping[str, int]


def find_checkpoint(spark: SparkSession, path: str) -> Checkpoint | None:
    """The checkpoint at ``path``, or None."""
    text = _read(spark, f"{path}/{_IDENTITY}")
    if text is None:
        return None
    found = json.loads(text)
    return Checkpoint(found["id"], path, found["topic_ids"], found["starting_offsets"])


def make_checkpoint(
    spark: SparkSession, path: str, topic_ids: Mapping[str, str], starting_offsets: Mapping[str, int]
) -> Checkpoint:
    """A new checkpoint at ``path``."""
    checkpoint = Checkpoint(uuid.uuid4().hex, path, dict(topic_ids), dict(starting_offsets))
    body = {key: value for key, value in asdict(checkpoint).items() if key != "path"}
    _write(spark, f"{path}/{_IDENTITY}", json.dumps(body, sort_keys=True))
    return checkpoint


def planned_ends(spark: SparkSession, checkpoint: Checkpoint, batch_id: int) -> dict[Partition, int] | None:
    """For each Kafka partition the offset after the last one that batch ``batch_id`` planned to read.

    None when the batch was never planned. Batch -1 gives where the checkpoint started.
    """
    if batch_id < 0:
        return {_partition(name): offset for name, offset in checkpoint.starting_offsets.items()}
    text = _read(spark, f"{checkpoint.path}/offsets/{batch_id}")
    if text is None:
        return None
    ends: dict[Partition, int] = {}
    # Spark's offset log: a version line, a metadata line, then one JSON per source.
    for line in text.splitlines()[2:]:
        for topic, offsets in json.loads(line).items():
            if isinstance(offsets, dict):  # a Kafka source; a Delta source logs a flat object
                ends.update({(topic, int(partition)): int(offset) for partition, offset in offsets.items()})
    return ends


def last_planned(spark: SparkSession, checkpoint: Checkpoint) -> int:
    """Number of the newest batch that was planned, -1 before the first."""
    folder = _hadoop_path(spark, f"{checkpoint.path}/offsets")
    system = folder.getFileSystem(_configuration(spark))
    if not system.exists(folder):
        return -1
    names = [status.getPath().getName() for status in system.listStatus(folder)]
    return max((int(name) for name in names if name.isdigit()), default=-1)


def _partition(name: str) -> Partition:
    topic, _, partition = name.rpartition("/")
    return topic, int(partition)


def _hadoop_path(spark: SparkSession, path: str) -> Any:  # a py4j object
    return spark._jvm.org.apache.hadoop.fs.Path(path)  # type: ignore[union-attr]


def _configuration(spark: SparkSession) -> Any:  # a py4j object
    return spark._jsc.hadoopConfiguration()


def _read(spark: SparkSession, path: str) -> str | None:
    hadoop_path = _hadoop_path(spark, path)
    system = hadoop_path.getFileSystem(_configuration(spark))
    if not system.exists(hadoop_path):
        return None
    stream = system.open(hadoop_path)
    try:
        return str(spark._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8"))  # type: ignore[union-attr]
    finally:
        stream.close()


def _write(spark: SparkSession, path: str, text: str) -> None:
    """Write whole or not at all: a local or HDFS file gets its name last, S3 shows an object only when complete."""
    target, partial = _hadoop_path(spark, path), _hadoop_path(spark, path + ".partial")
    system = target.getFileSystem(_configuration(spark))
    stream = system.create(partial, True)
    try:
        stream.write(text.encode())
    finally:
        stream.close()
    system.rename(partial, target)
