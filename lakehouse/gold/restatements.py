"""What corrections of published figures moved, by how much and why: rows of ops.restatements without their batch."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.contracts import load_contract
from lakehouse.gold.versions import of_columns

_DAY = ("business_date", "store_id", "currency")


def of_voids(lines: DataFrame, voids: DataFrame) -> DataFrame:
    """One row per voided receipt.

    ``lines``: their rows of gold.fct_sales_lines before they are voided. ``voids``: rows of silver.post_voids.
    """
    sums = (
        lines.where(~F.col("is_void"))
        .groupBy("event_id", *_DAY, "transaction_id")
        .agg(
            (-F.count("*")).alias("line_count"),
            (-F.sum("quantity")).alias("units"),
            (-F.sum("net_amount")).alias("net_amount"),
        )
    )
    first = (
        voids.groupBy("store_id", F.col("original_transaction_id").alias("transaction_id"))
        .agg(F.min(F.struct("received_at", "event_id")).alias("cause"))
        .select("store_id", "transaction_id", "cause")
    )
    rows = sums.join(F.broadcast(first), ["store_id", "transaction_id"], "inner")
    return _rows(
        rows,
        reason=F.lit("POST_VOID"),
        receipt_count=F.lit(-1),
        caused_by=F.col("cause.event_id"),
        received_at=F.col("cause.received_at"),
    )


def of_late_receipts(lines: DataFrame) -> DataFrame:
    """One row per business day, store and currency that gained lines (rows of gold.fct_sales_lines) after it was
    published; ``event_id`` and ``caused_by`` name the receipt that came first.
    """
    sums = (
        lines.where(~F.col("is_void"))
        .groupBy(*_DAY)
        .agg(
            F.min(F.struct("received_at", "event_id")).alias("cause"),
            F.countDistinct("event_id").alias("receipt_count"),
            F.count("*").alias("line_count"),
            F.sum("quantity").alias("units"),
            F.sum("net_amount").alias("net_amount"),
        )
    )
    return _rows(
        sums,
        reason=F.lit("LATE_RECEIPT"),
        event_id=F.col("cause.event_id"),
        caused_by=F.col("cause.event_id"),
        received_at=F.col("cause.received_at"),
    )


def of_changes(keyed: DataFrame, reason: str) -> DataFrame:
    """One row per business day, store and currency whose rows another version of a member now describes.

    ``keyed``: event_id, business_date, store_id, currency, lines, net of facts whose key changes, with ``cause``: received_at and
    event_id of the change of their member. Sums of the day stay; what moves is what they are counted under.
    """
    sums = keyed.groupBy(*_DAY).agg(
        F.min("event_id").alias("event_id"),
        F.min("cause").alias("cause"),
        F.sum("lines").alias("rekeyed_line_count"),
        F.sum("net").alias("rekeyed_net_amount"),
    )
    nothing = {name: F.lit(0) for name in ("receipt_count", "line_count", "units", "net_amount")}
    return _rows(
        sums,
        reason=F.lit(reason),
        caused_by=F.col("cause.event_id"),
        received_at=F.col("cause.received_at"),
        **nothing,
    )


def _rows(rows: DataFrame, **given: Column) -> DataFrame:
    columns = load_contract("ops", "restatements").table.columns
    return of_columns(rows, [c for c in columns if c.name not in ("checkpoint_id", "batch_id")], given)
