"""One micro-batch and its commits, each made exactly once.

A batch can come again only as the first one after a start. Every commit carries the checkpoint id and the
batch id of its query in the Delta log (userMetadata); on that first batch each table is asked whether it holds
it already. Delta's own txnAppId/txnVersion would ask on every batch, which rebuilds the table's state each time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession

from lakehouse.storage.crash_points import reached
from lakehouse.storage.delta_tables import LakeTable

USER_METADATA = "spark.databricks.delta.commitInfo.userMetadata"
# Between the crash of a batch and its repetition only maintenance commits to a table, a few at most.
_COMMITS_LOOKED_AT = 30

Partition = tuple[str, int]


@dataclass(frozen=True)
class Batch:
    """One micro-batch of a query.

    ``ranges``: for each (topic, partition) its first offset and the one after its last, as the query planned
    them; empty when the source is no Kafka topic. ``may_repeat``: the batch is the first after a start.
    """

    query: str
    checkpoint_id: str
    batch_id: int
    ranges: Mapping[Partition, tuple[int, int]]
    may_repeat: bool

    @property
    def marker(self) -> str:
        """What each commit of the batch carries."""
        return json.dumps({"checkpoint": self.checkpoint_id, "batch": self.batch_id}, sort_keys=True)

    @property
    def planned(self) -> int:
        """Offsets planned; records at most."""
        return sum(end - first for first, end in self.ranges.values())


def mark_commits(spark: SparkSession, batch: Batch) -> None:
    """Let every commit of this session carry the batch; each query has a session of its own."""
    spark.conf.set(USER_METADATA, batch.marker)


def is_held(spark: SparkSession, table: LakeTable, batch: Batch) -> bool:
    """Whether the table holds the batch already."""
    if not batch.may_repeat:
        return False
    history = DeltaTable.forPath(spark, table.path).history(_COMMITS_LOOKED_AT)
    return any(row.userMetadata == batch.marker for row in history.select("userMetadata").collect())


def append(rows: DataFrame, table: LakeTable, batch: Batch) -> None:
    """Append the rows once."""
    if not is_held(rows.sparkSession, table, batch):
        rows.write.format("delta").mode("append").save(table.path)
    reached(f"after:{table.name}")


def replace(rows: DataFrame, table: LakeTable, where: str, batch: Batch) -> None:
    """Replace the rows that ``where`` selects, once."""
    if not is_held(rows.sparkSession, table, batch):
        rows.write.format("delta").mode("overwrite").option("replaceWhere", where).save(table.path)
    reached(f"after:{table.name}")
