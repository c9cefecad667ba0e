"""Which records of a batch are not accepted: refused by a rule, repeated, or in conflict under their id.

The identity of an event is (event_id, business_date); its content is content_hash. The same content again is
a duplicate, other content a conflict. Within a batch the lowest (partition, offset) wins, across batches the
event accepted first.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.silver.judged_events import CONFLICT

IDENTITY = ("event_id", "business_date")
EXCEPTION = ("partition", "offset", "outcome", "exception_ids")
DUPLICATE, QUARANTINED = "duplicate", "quarantined"


def exceptions(verdicts: DataFrame, accepted_before: DataFrame) -> DataFrame:
    """One row per record of the batch that is not accepted: EXCEPTION.

    ``verdicts``: partition, offset, event_id, business_date, content_hash, rule_ids, one row per record of one
    topic. ``accepted_before``: event_id, business_date, content_hash of the events accepted in earlier batches,
    at least those with an identity in this batch.
    """
    refused = verdicts.where(F.size("rule_ids") > 0).select(
        "partition", "offset", F.lit(QUARANTINED).alias("outcome"), F.col("rule_ids").alias("exception_ids")
    )
    good = verdicts.where(F.size("rule_ids") == 0)
    repeated = (
        good.groupBy(*IDENTITY)
        .agg(F.count("*").alias("n"), F.min(F.struct("partition", "offset", "content_hash")).alias("first"))
        .where(F.col("n") > 1)
        .select(*IDENTITY, "first")
    )
    earlier = accepted_before.select(*IDENTITY, F.col("content_hash").alias("accepted_hash"))
    looked_up = good.join(earlier, [*IDENTITY], "left").join(F.broadcast(repeated), [*IDENTITY], "left")
    return refused.unionByName(looked_up.where(_is_not_first()).select(*_exception()))


def accepted(judged: DataFrame, exceptional: DataFrame) -> DataFrame:
    """The judged events that are not among the exceptions (few, so broadcast)."""
    few = F.broadcast(exceptional.select("partition", "offset"))
    return judged.join(few, ["partition", "offset"], "left_anti")


def _is_not_first() -> Column:
    at = F.struct("partition", "offset")
    first = F.struct("first.partition", "first.offset")
    return F.col("accepted_hash").isNotNull() | (F.col("first").isNotNull() & (at != first))


def _exception() -> tuple[Column, ...]:
    same = F.coalesce(F.col("accepted_hash"), F.col("first.content_hash")) == F.col("content_hash")
    conflict = F.array(F.lit(CONFLICT.id))
    return (
        F.col("partition"),
        F.col("offset"),
        F.when(same, F.lit(DUPLICATE)).otherwise(F.lit(QUARANTINED)).alias("outcome"),
        F.when(~same, conflict).otherwise(F.array().cast("array<string>")).alias("exception_ids"),
    )
