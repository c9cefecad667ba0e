"""Till sessions: what the Z-report says against the receipts that came.

Numbers of transactions run without holes, so a number that no receipt has is a receipt that is missing. The report
leaves out receipts that a post-void of the same session names; so does the sum of the receipts here.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.contracts import load_contract

SESSION = ("store_id", "register_id", "till_session_id")
_SUM = "DECIMAL(28,4)"


def fct_till_sessions(reports: DataFrame, receipts: DataFrame) -> DataFrame:
    """Rows of gold.fct_till_sessions.

    ``reports``: rows of silver.till_sessions; of several of one session the last one closed counts, the highest event_id
    among equals. ``receipts``: rows of silver.receipts, at least all of these sessions.
    """
    columns = [name for name in reports.columns if name not in SESSION]
    newest = F.max_by(F.struct(*columns), F.struct("closed_at", "event_id")).alias("report")
    sessions = reports.groupBy(*SESSION).agg(newest).select(*SESSION, "report.*")
    mine = receipts.join(
        sessions.select(*SESSION, "currency").toDF(*SESSION, "own_currency"), [*SESSION], "inner"
    )
    is_void = F.col("transaction_type") == "POST_VOID"
    voids = (
        mine.where(is_void)
        .select(*SESSION, F.col("original_transaction_id").alias("transaction_id"))
        .distinct()
    )
    counted = mine.join(voids, [*SESSION, "transaction_id"], "left_anti")
    sums = counted.groupBy(*SESSION).agg(
        *[F.sum(f"totals.{name}").cast(_SUM).alias(f"received_{name}") for name in ("net", "total")]
    )
    numbers = mine.groupBy(*SESSION).agg(
        F.count("*").alias("received_count"), F.array_sort(F.collect_set("transaction_seq")).alias("seqs")
    )
    both = sessions.join(numbers, [*SESSION], "left").join(sums, [*SESSION], "left")
    return _judged(both.join(_tender_differences(sessions, counted), [*SESSION], "left"))


def _tender_differences(sessions: DataFrame, counted: DataFrame) -> DataFrame:
    """Per session the ways of payment whose receipts and report differ, and by how much (receipts less report)."""
    paid = counted.select(*SESSION, "own_currency", F.explode("tenders").alias("tender"))
    paid = paid.where("tender.currency = own_currency").select(*SESSION, "tender.type", "tender.amount")
    told = sessions.select(*SESSION, F.explode("tenders").alias("tender"))
    told = told.select(*SESSION, "tender.type", (-F.col("tender.amount")).alias("amount"))
    by_type = (
        paid.unionByName(told).groupBy(*SESSION, "type").agg(F.sum("amount").cast(_SUM).alias("difference"))
    )
    text = F.concat_ws(" ", "type", F.col("difference").cast("string"))
    return (
        by_type.where("difference <> 0")
        .groupBy(*SESSION)
        .agg(F.array_join(F.array_sort(F.collect_list(text)), ", ").alias("tender_differences"))
    )


def _judged(rows: DataFrame) -> DataFrame:
    first, last = F.col("first_transaction_seq"), F.col("last_transaction_seq")
    expected = F.filter(F.coalesce("seqs", F.array().cast("array<bigint>")), lambda n: n.between(first, last))
    received = {name: F.coalesce(f"received_{name}", F.lit(0)).cast(_SUM) for name in ("net", "total")}
    found = rows.withColumns(
        {
            "received_count": F.coalesce("received_count", F.lit(0)),
            "missing_count": last - first + 1 - F.size(expected),
            "missing_transaction_seqs": _gaps(first, expected, last),
            **{f"reported_{name}": F.col(f"totals.{name}") for name in received},
            **{f"received_{name}": amount for name, amount in received.items()},
        }
    )
    differs = F.col("tender_differences").isNotNull()
    for name in received:
        differs = differs | (F.col(f"received_{name}") != F.col(f"reported_{name}"))
    is_whole = (F.col("missing_count") == 0) & (F.col("received_count") == F.col("receipt_count"))
    state = F.when(~is_whole, "PROVISIONAL").when(differs, "COMPLETE").otherwise("CERTIFIED")
    names = load_contract("gold", "fct_till_sessions").table.column_names
    return found.withColumn("state", state).select(*names)


def _gaps(first: Column, numbers: Column, last: Column) -> Column:
    """The numbers from first to last that are not among the sorted ones, as text like ``17, 19-21``; null if none."""
    edges = F.concat(F.array(first - 1), numbers, F.array(last + 1))
    count = F.size(edges) - 1

    def gap(one: Column, other: Column) -> Column:
        single = (one + 1).cast("string")
        several = F.concat(single, F.lit("-"), (other - 1).cast("string"))
        return F.when(other - one == 2, single).when(other - one > 2, several)

    gaps = F.array_compact(F.zip_with(F.slice(edges, 1, count), F.slice(edges, 2, count), gap))
    return F.when(F.size(gaps) > 0, F.array_join(gaps, ", "))
