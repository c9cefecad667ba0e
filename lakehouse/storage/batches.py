"""One micro-batch and its commits, each made exactly once.

A batch can come again only as the first one after a start. Every commit carries the checkpoint id and the
batch id of its query in the Delta log (userMetadata); on that first batch each table is asked whether it holds
it already. Delta's own txnAppId/txnVersion would ask on every batch, which rebuilds the table's state each time.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.storage.crash_points import reached
from lakehouse.storage.delta_tables import LakeTable, append_rows, latest_version, overwrite_rows
from lakehouse.storage.hadoop_files import read_text

USER_METADATA = "spark.databricks.delta.commitInfo.userMetadata"
# Between the crash of a batch and its repetition only maintenance commits to a table, a few at most.
_COMMITS_LOOKED_AT = 30

# Up to here a batch is kept in memory, looked up in the driver's and written into one file a table.
SMALL_BATCH = 50_000
# Up to here its rows pass through the driver and are written by delta-rs.
_FEW_RECORDS = 10_000

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

    @property
    def is_of_few(self) -> bool:
        """Whether its rows are few enough to pass through the driver."""
        return 0 < self.planned <= _FEW_RECORDS


def mark_commits(spark: SparkSession, batch: Batch) -> None:
    """Let every commit of this session carry the batch; each query has a session of its own."""
    spark.conf.set(USER_METADATA, batch.marker)


def is_held(spark: SparkSession, table: LakeTable, batch: Batch) -> bool:
    """Whether the table holds the batch already."""
    return batch.may_repeat and batch.marker in _newest_markers(spark, table, batch)


def _newest_markers(spark: SparkSession, table: LakeTable, batch: Batch) -> Iterator[str]:
    """Markers of the newest commits, newest first, back to the query's batch before this one."""
    version = latest_version(spark, table)
    for number in range(version, max(-1, version - _COMMITS_LOOKED_AT), -1):
        commit = read_text(spark, f"{table.path}/_delta_log/{number:020d}.json") or ""
        marker = next((m for m in map(_marker, commit.splitlines()) if m is not None), None)
        if marker is not None:
            yield marker
            if json.loads(marker).get("checkpoint") == batch.checkpoint_id:
                return


def _marker(action: str) -> str | None:
    """The marker in the commitInfo action of a commit, if this is one of ours."""
    info = json.loads(action).get("commitInfo", {}) if "commitInfo" in action else {}
    marker = info.get("userMetadata")
    return marker if isinstance(marker, str) and marker.startswith("{") else None


def stamped(rows: DataFrame, batch: Batch) -> DataFrame:
    """The rows with the columns that tell which batch wrote them: checkpoint_id and batch_id."""
    return rows.withColumns(
        {"checkpoint_id": F.lit(batch.checkpoint_id), "batch_id": F.lit(batch.batch_id).cast("bigint")}
    )


def written_by(batch: Batch) -> Column:
    """Whether the batch wrote a row; over rows that were ``stamped``."""
    return (F.col("checkpoint_id") == batch.checkpoint_id) & (F.col("batch_id") == batch.batch_id)


def date_in(dates: Iterable[dt.date], column: str = "business_date") -> str:
    """SQL: the column is one of the dates. As text, because replaceWhere and MERGE take no Column for it."""
    listed = ", ".join(f"DATE'{date}'" for date in dates)
    return f"{column} IN ({listed})"


def append(rows: DataFrame, table: LakeTable, batch: Batch) -> None:
    """Append the rows once."""
    reached(f"before:{table.name}")
    if not is_held(rows.sparkSession, table, batch):
        if batch.is_of_few:
            append_rows(table, rows.toArrow(), batch.marker)
        else:
            rows.write.format("delta").mode("append").save(table.path)
    reached(f"after:{table.name}")


def replace(
    spark: SparkSession, table: LakeTable, where: str, rows: Callable[[], DataFrame], batch: Batch
) -> None:
    """Replace the rows that ``where`` selects, once; ``rows`` is asked only if the table lacks the batch."""
    reached(f"before:{table.name}")
    if not is_held(spark, table, batch):
        overwrite(rows(), table, where, batch)
    reached(f"after:{table.name}")


def overwrite(rows: DataFrame, table: LakeTable, where: str, batch: Batch | None = None) -> None:
    """Replace the rows that ``where`` selects, in one commit; ``batch`` is the batch that asks for it, if any."""
    if batch is not None and batch.is_of_few:
        overwrite_rows(table, rows.toArrow(), batch.marker, where)
        return
    rows.write.format("delta").mode("overwrite").option("replaceWhere", where).save(table.path)
