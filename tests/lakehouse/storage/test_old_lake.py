"""A lake that was written before dimensions had versions gets keys, and what silver's master data say, at the next start."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pyspark.sql import SparkSession

from lakehouse.gold.fct_receipts import fct_receipts
from lakehouse.gold.fct_sales_lines import fct_sales_lines
from lakehouse.gold.versions import SINCE_EVER
from lakehouse.gold.voided import marked
from lakehouse.settings import Settings
from lakehouse.storage.delta_tables import LakeTable, ensure_tables, lake_table, rows_of
from lakehouse.storage.known_masters import MEMBER
from lakehouse.storage.old_lake import apply_masters, bring_up_to_date, fill_keys
from tests.lakehouse.gold.receipt_rows import AT, silver_receipt, table_frame
from tests.lakehouse.gold.test_versions import customer, product

pytestmark = [pytest.mark.stack, pytest.mark.long]
NEW = ("product_key", "store_key", "valid_from", "valid_to", "is_current")
DAY = dt.timedelta(days=1)
GOLD = ("dim_store", "dim_product", "dim_customer", "fct_receipts", "fct_sales_lines", "agg_sales_hourly")


def member(**values: Any) -> dict[str, Any]:
    return values | {"is_inferred": True, "first_seen_at": AT}


@pytest.fixture
def old_lake(spark: SparkSession, stack_settings: Settings) -> Settings:
    """One receipt, and its members as they were written then; silver knows more of two of them."""
    receipts = marked(table_frame(spark, "silver", "receipts", [silver_receipt(customer_key="k1")]), None)
    frames = {
        "dim_product": table_frame(spark, "gold", "dim_product", [member(product_id="A")]),
        "dim_store": table_frame(spark, "gold", "dim_store", [member(store_id="s1")]),
        "dim_customer": table_frame(spark, "gold", "dim_customer", [member(customer_key="k1")]),
        "fct_sales_lines": fct_sales_lines(receipts),
        "fct_receipts": fct_receipts(receipts),
    }
    for name, rows in frames.items():
        old = rows.drop(*NEW)
        where = lake_table(stack_settings, "gold", name)
        old.write.format("delta").partitionBy(*where.contract.table.partition_columns).save(where.path)
    wanted = [lake_table(stack_settings, "gold", name) for name in GOLD]
    wanted += [lake_table(stack_settings, "silver", name) for name in MEMBER]
    ensure_tables(spark, [*wanted, lake_table(stack_settings, "ops", "restatements")])
    told = {
        "products": [
            product("old", AT - 9 * DAY),
            product("new", AT - DAY),
            product("B", AT, product_id="B"),
        ],
        "customers": [customer("no", AT, False)],
    }
    for name, changes in told.items():
        frame = table_frame(spark, "silver", name, changes)
        frame.write.format("delta").mode("append").save(lake_table(stack_settings, "silver", name).path)
    return stack_settings


def test_rows_without_key_get_one_and_master_data_reach_gold_once(
    spark: SparkSession, old_lake: Settings
) -> None:
    def rows(layer: Any, name: str) -> list[Any]:
        return rows_of(spark, lake_table(old_lake, layer, name)).collect()

    assert fill_keys(spark, old_lake) == [
        "gold.dim_product",
        "gold.dim_store",
        "gold.fct_sales_lines",
        "gold.fct_receipts",
    ]
    (store,) = rows("gold", "dim_store")
    assert (store.valid_from.year, store.is_current, store.is_inferred) == (SINCE_EVER.year, True, True)
    assert apply_masters(spark, old_lake) == ["customers", "products"]
    assert (fill_keys(spark, old_lake), apply_masters(spark, old_lake)) == ([], [])

    names = {row.product_key: row.description for row in rows("gold", "dim_product")}
    assert sorted(names.values()) == ["B", "new", "old"]
    (line,), (receipt,) = rows("gold", "fct_sales_lines"), rows("gold", "fct_receipts")
    assert names[line.product_key] == "new"
    assert line.store_key == receipt.store_key == store.store_key
    assert rows("gold", "dim_customer") == []
    (moved,) = rows("ops", "restatements")
    assert (moved.reason, moved.rekeyed_line_count) == ("PRODUCT_CHANGE", 1)


def test_a_lake_is_brought_up_to_date_once_and_asked_nothing_after_that(
    spark: SparkSession, stack_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def is_empty(table: LakeTable) -> bool:
        asked.append(table.name)
        return True

    monkeypatch.setattr("lakehouse.storage.old_lake.is_empty", is_empty)
    bring_up_to_date(spark, stack_settings)
    assert {"gold.fct_receipts", "silver.products"} <= set(asked)
    asked.clear()
    bring_up_to_date(spark, stack_settings)
    assert asked == []
