"""Customers, by pseudonym; none who refused consent and none who is erased."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from lakehouse.gold.inferred_members import inferred_members
from lakehouse.gold.versions import of_contract


def customer_states(changes: DataFrame) -> DataFrame:
    """One row per customer: customer_key, segment, ``is_kept`` (agrees to be analysed, and is not erased).

    ``changes``: rows of silver.customers, all of each customer. The state with the latest effective_at holds, the
    highest event_id among equals. An erasure takes with it what was said before it and what came before it: an old
    record that is delivered late brings nobody back.
    """
    of_customer = Window.partitionBy("customer_key")
    erased_from = F.max(F.when(F.col("is_erased"), F.col("effective_at"))).over(of_customer)
    erased_at = F.max(F.when(F.col("is_erased"), F.col("received_at"))).over(of_customer)
    since_then = (F.col("effective_at") > erased_from) & (F.col("received_at") > erased_at)
    counts = ~F.col("is_erased") & (erased_from.isNull() | since_then)
    state = F.when(F.col("counts"), F.struct("effective_at", "event_id", "segment", "has_consent"))
    newest = changes.withColumn("counts", counts).groupBy("customer_key").agg(F.max(state).alias("state"))
    return newest.select(
        "customer_key",
        "state.segment",
        F.coalesce("state.has_consent", F.lit(False)).alias("is_kept"),
    )


def dim_customer(changes: DataFrame) -> DataFrame:
    """Members of gold.dim_customer from rows of silver.customers, all of each customer."""
    kept = customer_states(changes).where("is_kept")
    return of_contract(kept, "dim_customer", {"is_inferred": F.lit(False)})


def inferred_customers(receipts: DataFrame, refused: DataFrame | None = None) -> DataFrame:
    """Members of gold.dim_customer seen in rows of silver.receipts; unknown customers are no member.

    ``refused``: customer_key of those who refused consent or are erased, few enough to be broadcast.
    """
    known = receipts.where(F.col("customer_key").isNotNull())
    members = inferred_members(known, "customer_key")
    if refused is not None:
        members = members.join(F.broadcast(refused), "customer_key", "left_anti")
    return of_contract(members, "dim_customer", {"is_inferred": F.lit(True)})
