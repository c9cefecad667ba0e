"""Movements of stock, those of receipts among them."""

from __future__ import annotations

from pyspark.sql import DataFrame


def fct_inventory_movements(ledger: DataFrame) -> DataFrame:
    """Rows of gold.fct_inventory_movements from the books (``stock_ledger``), one to one."""
    return ledger.select(
        "source_event_id",
        "line_seq",
        "business_date",
        "store_id",
        "product_id",
        "occurred_at",
        "movement_type",
        "quantity",
        "counted_quantity",
        "count_variance",
        "on_hand",
        "is_sold_while_out",
        "is_phantom",
        "unit_cost",
        "currency",
        "net_amount",
        "cost_amount",
        "reason",
        "received_at",
    )
