"""What a streaming query's checkpoint belongs to, and the offsets that it planned.

Beside Spark's own files stands ``retail.json``: the id of the checkpoint, which every commit of the query
carries, and the Kafka topics (by their broker-given ids) that it was made for.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from pyspark.sql import SparkSession

from lakehouse.storage.batches import Partition
from lakehouse.storage.hadoop_files import list_names, read_text, write_text

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
    text = read_text(spark, f"{path}/{_IDENTITY}")
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
    write_text(spark, f"{path}/{_IDENTITY}", json.dumps(body, sort_keys=True))
    return checkpoint


def planned_ends(spark: SparkSession, checkpoint: Checkpoint, batch_id: int) -> dict[Partition, int] | None:
    """For each Kafka partition the offset after the last one that batch ``batch_id`` planned to read.

    None when the batch was never planned. Batch -1 gives where the checkpoint started.
    """
    if batch_id < 0:
        return {_partition(name): offset for name, offset in checkpoint.starting_offsets.items()}
    text = read_text(spark, f"{checkpoint.path}/offsets/{batch_id}")
    if text is None:
        return None
    ends: dict[Partition, int] = {}
    # Spark's offset log: a version line, a metadata line, then one JSON per source.
    for line in text.splitlines()[2:]:
        for topic, offsets in json.loads(line).items():
            if isinstance(offsets, dict):  # a Kafka source; a Delta source logs a flat object
                ends.update({(topic, int(partition)): int(offset) for partition, offset in offsets.items()})
    return ends


def last_committed(spark: SparkSession, checkpoint: Checkpoint) -> int:
    """Number of the newest batch that was written whole, -1 before the first; the next one is read (again)."""
    names = list_names(spark, f"{checkpoint.path}/commits")
    return max((int(name) for name in names if name.isdigit()), default=-1)


def _partition(name: str) -> Partition:
    topic, _, partition = name.rpartition("/")
    return topic, int(partition)
