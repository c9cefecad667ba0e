"""Which records of a batch are not accepted: refused by a rule, repeated, or in conflict under their id.

The identity of an event is (event_id, business_date); its content is content_hash. The same content again is
a duplicate, other content a conflict. Within a batch the lowest (partition, offset) wins, across batches the
event accepted first.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.silver.judged_events import CONFLICT
from lakehouse.silver.store_time import DAYS_APART

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
    earlier = accepted_before.select(*IDENTITY, F.col("content_hash").alias("accepted_hash"))
    good, earlier = _met_twice(verdicts.where(F.size("rule_ids") == 0), earlier)
    repeated = (
        good.groupBy(*IDENTITY)
        .agg(F.count("*").alias("n"), F.min(F.struct("partition", "offset", "content_hash")).alias("first"))
        .where(F.col("n") > 1)
        .select(*IDENTITY, "first")
    )
    looked_up = good.join(earlier, [*IDENTITY], "left").join(F.broadcast(repeated), [*IDENTITY], "left")
    return refused.unionByName(looked_up.where(_is_not_first()).select(*_exception()))


def _met_twice(good: DataFrame, earlier: DataFrame) -> tuple[DataFrame, DataFrame]:
    """The rows of both frames whose identity stands in them more than once; now and then one more.

    Counting hashes of 8 bytes finds the few in a fraction of the time in which all are sorted by their ids.
    """
    identity = F.xxhash64(*IDENTITY)
    hashes = good.select(identity.alias("identity")).unionByName(earlier.select(identity.alias("identity")))
    often = F.broadcast(
        hashes.groupBy("identity").agg(F.count("*").alias("n")).where("n > 1").select("identity")
    )

    def among(rows: DataFrame) -> DataFrame:
        return rows.withColumn("identity", identity).join(often, "identity", "left_semi").drop("identity")

    return among(good), among(earlier)


def placed(verdicts: DataFrame, accepted_before: DataFrame) -> DataFrame:
    """The verdicts, those ``is_undated`` under the business date of the event that was accepted under their id.

    What is known of a store may have changed since, and with it the date; a repetition must meet its original. So
    ``accepted_before`` has the events of DAYS_APART days on either side of them too.
    """
    found = accepted_before.select("event_id", F.col("business_date").alias("accepted_date"))
    near = F.abs(F.datediff("accepted_date", "business_date")) <= DAYS_APART
    undated = verdicts.where("is_undated").join(found, "event_id", "inner").where(near)
    dates = undated.groupBy("partition", "offset").agg(F.min("accepted_date").alias("accepted_date"))
    both = verdicts.join(dates, ["partition", "offset"], "left")  # one to at most one
    return both.withColumn("business_date", F.coalesce("accepted_date", "business_date")).drop(
        "accepted_date"
    )


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
