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

import pyarrow as pa  # type: ignore[import-untyped]
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.storage.crash_points import reached
from lakehouse.storage.delta_tables import LakeTable, append_rows, newest_notes, overwrite_rows

USER_METADATA = "spark.databricks.delta.commitInfo.userMetadata"
# Between the crash of a batch and its repetition only maintenance commits to a table, a few at most.
_COMMITS_LOOKED_AT = 30

# Up to here a batch's rows pass through the driver as Arrow, are looked up there and written by delta-rs.
SMALL_BATCH = 200_000
# Up to here a plan costs more than its rows, or as much, and what the driver holds is handed from plan to plan. What
# piles up while a driver restarts should be no more: a cold driver takes half as long again to compile another way too.
TINY_BATCH = 20_000

Partition = tuple[str, int]


@dataclass(frozen=True)
class Batch:
    """One micro-batch of a query.

    ``ranges``: for each (topic, partition) its first offset and the one after its last, as the query planned
    them; empty when the source is no Kafka topic. ``may_repeat``: the batch is the first after a start, or comes again.
    ``is_heavy``: its records, however few, were seen to be too many bytes for the driver.
    """

    query: str
    checkpoint_id: str
    batch_id: int
    ranges: Mapping[Partition, tuple[int, int]]
    may_repeat: bool
    is_heavy: bool = False

    @property
    def marker(self) -> str:
        """What each commit of the batch carries."""
        return json.dumps({"checkpoint": self.checkpoint_id, "batch": self.batch_id}, sort_keys=True)

    @property
    def planned(self) -> int:
        """Offsets planned; records at most."""
        return sum(end - first for first, end in self.ranges.values())

    @property
    def is_small(self) -> bool:
        """Whether its rows are few enough to pass through the driver."""
        return 0 < self.planned <= SMALL_BATCH and not self.is_heavy

    @property
    def is_tiny(self) -> bool:
        """Whether it is small, and so small that its plans cost more than its rows."""
        return self.is_small and self.planned <= TINY_BATCH


def mark_commits(spark: SparkSession, batch: Batch) -> None:
    """Let every commit of this session carry the batch; each query has a session of its own."""
    spark.conf.set(USER_METADATA, batch.marker)


def is_held(table: LakeTable, batch: Batch) -> bool:
    """Whether the table holds the batch already."""
    return batch.may_repeat and batch.marker in _newest_markers(table, batch)


def _newest_markers(table: LakeTable, batch: Batch) -> Iterator[str]:
    """Markers of the newest commits, newest first, back to the query's batch before this one."""
    for note in newest_notes(table, _COMMITS_LOOKED_AT):
        if note.startswith("{"):
            yield note
            if json.loads(note).get("checkpoint") == batch.checkpoint_id:
                return


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


def append(rows: DataFrame | pa.Table, table: LakeTable, batch: Batch) -> None:
    """Append the rows once."""
    reached(f"before:{table.name}")
    if not is_held(table, batch):
        if isinstance(rows, pa.Table):
            append_rows(table, rows, batch.marker)
        elif batch.is_small:
            append_rows(table, rows.toArrow(), batch.marker)
        else:
            rows.write.format("delta").mode("append").save(table.path)
    reached(f"after:{table.name}")


def replace(table: LakeTable, where: str, rows: Callable[[], DataFrame], batch: Batch) -> None:
    """Replace the rows that ``where`` selects, once; ``rows`` is asked only if the table lacks the batch."""
    reached(f"before:{table.name}")
    if not is_held(table, batch):
        overwrite(rows(), table, where, batch)
    reached(f"after:{table.name}")


def overwrite(rows: DataFrame, table: LakeTable, where: str, batch: Batch | None = None) -> None:
    """Replace the rows that ``where`` selects, in one commit; ``batch`` is the batch that asks for it, if any."""
    if batch is not None and batch.is_small:
        overwrite_rows(table, rows.toArrow(), batch.marker, where)
    elif batch is not None:
        _overwrite_any(rows.persist(), table, where, batch)
    else:
        _overwrite_many(rows, table, where)


def _overwrite_any(rows: DataFrame, table: LakeTable, where: str, batch: Batch) -> None:
    """A large batch may make few rows of many. ``rows`` is persisted, for they are counted before they are written."""
    try:
        few = rows.limit(SMALL_BATCH + 1).toArrow()
        if few.num_rows <= SMALL_BATCH:
            overwrite_rows(table, few, batch.marker, where)
        else:
            _overwrite_many(rows, table, where)
    finally:
        rows.unpersist()


def _overwrite_many(rows: DataFrame, table: LakeTable, where: str) -> None:
    rows.write.format("delta").mode("overwrite").option("replaceWhere", where).save(table.path)
