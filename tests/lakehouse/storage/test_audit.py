"""The audit says nothing of gold that is what silver makes, and names table and day of anything else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from pyspark.sql import SparkSession

from lakehouse.gold.dim_product import inferred_products
from lakehouse.gold.dim_store import inferred_stores
from lakehouse.settings import Settings
from lakehouse.storage.audit import FACTS, GoldDiffers, audit_steps
from lakehouse.storage.customer_tables import SOURCES as OF_CUSTOMERS
from lakehouse.storage.customer_tables import analyse_customers
from lakehouse.storage.delta_tables import ensure_tables, lake_table
from lakehouse.storage.rebuild import made_again
from lakehouse.storage.stock import SOURCES as OF_STOCK
from lakehouse.storage.stock import refresh_stock
from tests.lakehouse.gold.receipt_rows import DAY, silver_line, silver_receipt, table_frame

pytestmark = [pytest.mark.stack, pytest.mark.long]
SILVER = ("receipts", "post_voids", "till_sessions", "products", "stores", "customers")
NAMES = {
    *OF_STOCK,
    *OF_CUSTOMERS,
    "gold.dim_store",
    *(f"gold.{n}" for n in FACTS),
    *(f"silver.{n}" for n in SILVER),
}
Path = Callable[[str], str]


@pytest.fixture
def path(spark: SparkSession, stack_settings: Settings) -> Path:
    """Where the tables lie of a lake of two days that was made at once."""
    ensure_tables(spark, [lake_table(stack_settings, *name.split(".")) for name in sorted(NAMES)])  # type: ignore[arg-type]

    def at(name: str) -> str:
        layer, table = name.split(".")
        return stack_settings.table_path(layer, table)  # type: ignore[arg-type]

    receipts = [
        silver_receipt("e1", silver_line(1), silver_line(2, quantity="2")),
        silver_receipt("e2", silver_line(1), business_date=DAY + dt.timedelta(10)),
    ]
    frame = table_frame(spark, "silver", "receipts", receipts).coalesce(1)
    frame.write.format("delta").mode("append").save(at("silver.receipts"))
    for name, rows in made_again(spark, stack_settings, "true").items():
        rows.coalesce(1).write.format("delta").mode("append").save(at(f"gold.{name}"))
    for name, members in (("dim_store", inferred_stores(frame)), ("dim_product", inferred_products(frame))):
        members.coalesce(1).write.format("delta").mode("append").save(at(f"gold.{name}"))
    refresh_stock(spark, stack_settings)
    analyse_customers(spark, stack_settings)
    return at


def found(spark: SparkSession, settings: Settings) -> dict[str, Any]:
    """What each step of the audit says, or the words of the difference that it finds."""
    told: dict[str, Any] = {}
    for name, step in audit_steps(spark, settings).items():
        try:
            told[name] = step()
        except GoldDiffers as error:
            told[name] = str(error)
    return told


def test_what_silver_makes_is_not_complained_of_and_a_changed_row_is_named(
    spark: SparkSession, stack_settings: Settings, path: Path
) -> None:
    assert set(found(spark, stack_settings)) == {"2026-11", "2026-12", "members", "stock", "customers"}
    assert not [told for told in found(spark, stack_settings).values() if "not what" in told]
    spark.sql(f"UPDATE delta.`{path('gold.fct_sales_lines')}` SET net_amount = 11 WHERE event_id = 'e2'")
    spark.sql(
        f"UPDATE delta.`{path('gold.fct_inventory_daily')}` SET closing = 0 WHERE business_date = DATE'{DAY}'"
    )
    spark.sql(f"DELETE FROM delta.`{path('gold.customer_cohorts')}`")
    spark.sql(f"UPDATE delta.`{path('gold.dim_store')}` SET is_current = false")
    told = found(spark, stack_settings)
    assert "2026-11" in told
    assert "tables are what" in told["2026-11"]
    assert f"gold.fct_sales_lines is not what its sources make on {DAY + dt.timedelta(10)}" in told["2026-12"]
    assert f"gold.fct_inventory_daily is not what its sources make on {DAY}" in told["stock"]
    assert "gold.dim_store holds 1 rows too many and lacks 1" in told["members"]
    assert "customer_cohorts holds 0 rows too many and lacks" in told["customers"]
    refresh_stock(spark, stack_settings, is_whole=True)
    analyse_customers(spark, stack_settings, is_whole=True)
    again = found(spark, stack_settings)
    assert "tables are what" in again["stock"]
    assert "tables are what" in again["customers"]
