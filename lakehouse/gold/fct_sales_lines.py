"""The sales fact: one row per line of a receipt that sold, took back or adjusted something."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.contracts import load_contract
from lakehouse.gold.versions import NOTHING_KNOWN, Known, bound
from lakehouse.gold.voided import COUNTED_TYPES


def fct_sales_lines(receipts: DataFrame, known: Known = NOTHING_KNOWN) -> DataFrame:
    """Rows of gold.fct_sales_lines from marked rows of silver.receipts (each receipt to its lines, one to many)."""
    counted = receipts.where(F.col("transaction_type").isin(*COUNTED_TYPES))
    lines = counted.select("*", F.explode("lines").alias("line"))
    rows = lines.select(
        "event_id",
        "line.line_seq",
        "business_date",
        "store_id",
        "register_id",
        "till_session_id",
        "transaction_id",
        "transaction_type",
        "original_transaction_id",
        "occurred_at",
        "line.product_id",
        "customer_key",
        "operator_id",
        "channel",
        "line.line_type",
        "line.quantity",
        "line.uom",
        "currency",
        "line.regular_unit_price",
        "line.unit_price",
        "line.discount",
        "line.tax",
        "line.net_amount",
        "line.return_reason",
        (F.col("line.is_void") | F.col("is_voided")).alias("is_void"),
        "schema_version",
        "produced_at",
        "received_at",
        "batch_id",
    )
    of_stores = bound(rows, known.stores, "store_key", "store_id")
    of_products = bound(of_stores, known.products, "product_key", "product_id")
    return of_products.select(*load_contract("gold", "fct_sales_lines").table.column_names)
