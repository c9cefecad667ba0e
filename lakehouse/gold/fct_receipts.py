"""Receipts as the till closed them."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.contracts import load_contract
from lakehouse.gold.versions import NOTHING_KNOWN, Known, bound


def fct_receipts(receipts: DataFrame, known: Known = NOTHING_KNOWN) -> DataFrame:
    """Rows of gold.fct_receipts from marked rows of silver.receipts, one to one."""
    counted = F.filter("lines", lambda line: ~line["is_void"])
    rows = receipts.select(
        "event_id",
        "business_date",
        "store_id",
        "register_id",
        "till_session_id",
        "transaction_seq",
        "transaction_id",
        "transaction_type",
        "original_transaction_id",
        "occurred_at",
        "customer_key",
        "operator_id",
        "channel",
        F.size(counted).alias("line_count"),
        _sum(counted, "quantity", "DECIMAL(18,3)").alias("units"),
        "currency",
        "totals.gross",
        "totals.discount",
        "totals.net",
        "totals.tax",
        "totals.total",
        F.when(F.size("tenders") > 0, _sum(_own_currency(), "amount", "DECIMAL(28,4)")).alias("tendered"),
        F.col("is_voided").alias("is_void"),
        "schema_version",
        "produced_at",
        "received_at",
        "batch_id",
    )
    keyed = bound(rows, known.stores, "store_key", "store_id")
    return keyed.select(*load_contract("gold", "fct_receipts").table.column_names)


def _own_currency() -> Column:
    return F.filter("tenders", lambda tender: tender["currency"] == F.col("currency"))


def _sum(items: Column, field: str, sql_type: str) -> Column:
    zero = F.lit(0).cast(sql_type)
    return F.aggregate(items, zero, lambda total, item: (total + item[field]).cast(sql_type))
