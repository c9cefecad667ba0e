"""The worksheets of stock and customers show Spark's numbers: the house's own transformations over the shop's lines."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.contracts.kpis import all_kpis
from lakehouse.gold.basket_pairs import basket_pairs
from lakehouse.gold.customer_cohorts import customer_cohorts
from lakehouse.gold.customer_receipts import customer_receipts
from lakehouse.gold.customer_rfm import customer_rfm
from lakehouse.gold.fct_inventory_daily import fct_inventory_daily
from lakehouse.gold.fct_inventory_movements import fct_inventory_movements
from lakehouse.gold.inventory_now import inventory_now
from lakehouse.gold.stock_ledger import stock_events, stock_ledger
from lakehouse.rules.kpi_sql import spark_expression
from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import LakeReader
from orchestration.warehouse import applied, worksheet
from tests.lakehouse.gold.receipt_rows import table_frame
from tests.lakehouse.gold.stock_rows import move, nothing_before
from tests.warehouse.served_lake import NOON, SHOP_LINES, Row, write
from warehouse.connection import connect
from warehouse.refresh import refresh

KPIS = {kpi.id: kpi for kpi in all_kpis()}
LAST = max(line["business_date"] for line in SHOP_LINES)
GOODS = [f"P{number}" for number in range(30)]
Rows = list[list[Row]]


def moves() -> list[Row]:
    """Half of the goods are delivered, two in three counted in the middle; one is counted away."""
    found = []
    for number, product in enumerate(GOODS):
        for store in ("s1", "s2", "s3"):
            where: dict[str, Any] = {"product_id": product, "store_id": store}
            before: dict[str, Any] = {
                "business_date": NOON.date() - dt.timedelta(1),
                "occurred_at": NOON - dt.timedelta(1),
            }
            middle: dict[str, Any] = {
                "business_date": NOON.date() + dt.timedelta(9),
                "occurred_at": NOON + dt.timedelta(9.4),
            }
            if number % 2:
                found.append(move(f"r-{store}-{product}", "RECEIPT", "20.5", **where, **before))
            if number % 3:
                counted = "0" if number == 1 else str(number)
                found.append(move(f"c-{store}-{product}", "COUNT", counted, **where, **middle))
    return found


def product(number: int) -> Row:
    """Two goods in three have a cost, in pounds."""
    cost = Decimal(number % 5 + 1) / 2 if number % 3 else None
    return {
        "product_key": number, "product_id": GOODS[number], "description": f"Tea {number}", "unit_cost": cost,
        "currency": cost and "GBP", "lead_time_days": 3, "safety_stock": Decimal(2), "is_current": True,
        "is_inferred": cost is None, "valid_from": NOON,
    }  # fmt: skip


@pytest.fixture(scope="module")
def tables(spark: SparkSession) -> dict[str, DataFrame]:
    """The tables, by Spark."""
    keyed = F.substring("product_id", 2, 9).cast("bigint")
    lines = table_frame(spark, "gold", "fct_sales_lines", SHOP_LINES).withColumn("product_key", keyed)
    goods = table_frame(spark, "gold", "dim_product", [product(number) for number in range(30)])
    moved = table_frame(spark, "silver", "inventory_movements", moves())
    ledger = stock_ledger(stock_events(moved, lines, goods), nothing_before(spark)).persist()
    days = fct_inventory_daily(ledger)
    customers = spark.createDataFrame([(f"c{number}",) for number in range(10)], "customer_key STRING")
    receipts = customer_receipts(lines, customers).persist()
    found = {
        "fct_inventory_movements": fct_inventory_movements(ledger),
        "fct_inventory_daily": days,
        "inventory_now": inventory_now(days, goods, LAST),
        "dim_product": goods,
        "customer_rfm": customer_rfm(receipts, LAST),
        "customer_cohorts": customer_cohorts(receipts),
        "basket_pairs": basket_pairs(lines, customers, LAST),
    }
    return {name: frame.persist() for name, frame in found.items()}


@pytest.fixture(scope="module")
def served(
    tables: dict[str, DataFrame], snowflake: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    folder = tmp_path_factory.mktemp("stock")
    own = {
        "snowflake_lake_url": f"file://{folder}/",
        "snowflake_database": f"K{uuid.uuid4().hex[:9].upper()}",
    }
    settings, lake = snowflake.model_copy(update=own), LakeReader(str(folder), {})
    for name, frame in tables.items():
        write(lake, "gold", name, frame.toArrow().to_pylist())
    applied(settings, print)
    with connect(settings) as warehouse:
        refresh(settings, warehouse, lake, print)
    return settings


@pytest.fixture(scope="module")
def stock(served: Settings) -> Rows:
    """Rows of each question about stock."""
    return [each["rows"] for each in worksheet(served, "inventory")]


@pytest.fixture(scope="module")
def buyers(served: Settings) -> Rows:
    """Rows of each question about customers."""
    return [each["rows"] for each in worksheet(served, "customers")]


def text(value: Any) -> str:
    return format(Decimal(value).normalize(), "f") if isinstance(value, int | Decimal) else str(value)


def shown(rows: Sequence[Row], *names: str) -> set[tuple[str, ...]]:
    """The named columns of a question's rows, numbers without trailing zeros."""
    return {
        tuple(text(Decimal(row[n])) if _is_number(row[n]) else str(row[n]) for n in names) for row in rows
    }


def _is_number(value: object) -> bool:
    return isinstance(value, int | Decimal) or (
        isinstance(value, str) and value.replace(".", "").lstrip("-").isdigit()
    )


def by_spark(tables: dict[str, DataFrame], kpi: str, *keys: str, where: str = "true") -> set[tuple[str, ...]]:
    """The key figure by Spark, after its keys."""
    figure = F.coalesce(F.expr(spark_expression(KPIS[kpi])), F.lit(None))
    rows = tables[KPIS[kpi].table].where(where).groupBy(*keys).agg(figure.alias("figure")).collect()
    return {tuple(text(value) for value in row) for row in rows}


def test_the_headline_of_the_stock_is_that_of_the_key_figures(
    stock: Rows, tables: dict[str, DataFrame]
) -> None:
    for kpi in ("days_of_supply", "sell_through", "stock_out_rate", "reorder_share"):
        assert shown(stock[0], kpi.upper()) == by_spark(tables, kpi), kpi
    tracked = tables["inventory_now"].where("is_tracked").count()
    assert 0 < stock[0][0]["TRACKED_PRODUCTS"] == tracked


def test_value_shrink_trust_and_margin_are_those_of_the_key_figures(
    stock: Rows, tables: dict[str, DataFrame]
) -> None:
    value = by_spark(tables, "stock_value", "store_id", "currency")
    assert shown(stock[1], "STORE_ID", "CURRENCY", "STOCK_VALUE") == value
    month = F.trunc("business_date", "month")
    monthly = {**tables, "fct_inventory_daily": tables["fct_inventory_daily"].withColumn("month", month)}
    for kpi in ("shrink_units", "shrink_rate"):
        assert shown(stock[5], "STORE_ID", "MONTH_DATE", kpi.upper()) == by_spark(
            monthly, kpi, "store_id", "month"
        )
    below = by_spark(tables, "negative_stock_share", "store_id")
    assert shown(stock[7], "STORE_ID", "NEGATIVE_STOCK_SHARE") == below
    for kpi in ("margin", "margin_rate", "sales_without_cost_share"):
        known = by_spark(tables, kpi, "currency", where="movement_type IN ('SALE', 'RETURN')")
        assert shown(stock[8], "CURRENCY", kpi.upper()) == known, kpi


def test_the_lists_of_the_stock_name_what_spark_flags(stock: Rows, tables: dict[str, DataFrame]) -> None:
    now = tables["inventory_now"]
    lists = (
        (2, "is_below_reorder_point"),
        (3, "is_stock_out AND daily_demand > 0"),
        (4, "demand = 0 AND on_hand > 0"),
    )
    for number, condition in lists:
        flagged = {
            (row[0], row[1]) for row in now.where(condition).select("store_id", "product_id").collect()
        }
        named = {(row["STORE_ID"], row["PRODUCT_ID"]) for row in stock[number]}
        assert named <= flagged
        assert len(stock[number]) == min(50, len(flagged)) > 0
    assert all(row["DESCRIPTION"] == f"Tea {row['PRODUCT_ID'][1:]}" for row in stock[2])
    counts = tables["fct_inventory_movements"].where("count_variance <> 0")
    largest = counts.agg(F.max(F.abs("count_variance"))).collect()[0][0]
    assert abs(Decimal(stock[6][0]["COUNT_VARIANCE"])) == largest
    assert len(stock[6]) == 20
    assert all(Decimal(row["EXPECTED_QUANTITY"]) + Decimal(row["COUNT_VARIANCE"]) == Decimal(row["COUNTED_QUANTITY"])
               for row in stock[6])  # fmt: skip


def test_what_moved_the_stock_adds_up_and_all_tables_agree(stock: Rows) -> None:
    assert {row["STORE_ID"] for row in stock[10]} == {"s1", "s2", "s3"}
    for row in stock[10]:
        parts = ("DELIVERED", "SOLD_NET", "CORRECTED", "OPENED", "SHRINK")
        assert sum(Decimal(row[part]) for part in parts) == Decimal(row["CHANGE"])
    assert stock[11] == [], "movements, days and present stock differ"


def test_customers_and_months_are_those_of_the_key_figures(
    buyers: Rows, tables: dict[str, DataFrame]
) -> None:
    for kpi in ("known_customers", "repeat_rate"):
        assert shown(buyers[0], "CURRENCY", kpi.upper()) == by_spark(tables, kpi, "currency")
    for kpi in ("new_customers", "returning_customers", "returning_share", "unidentified_sales_share"):
        told = shown(buyers[4], "CURRENCY", "ACTIVITY_MONTH_DATE", kpi.upper())
        months = by_spark(tables, kpi, "currency", "activity_month_date")
        assert told == {tuple("0" if value == "None" else value for value in row) for row in months}, kpi
    share = by_spark(tables, "unidentified_sales_share", "currency")
    assert shown(buyers[5], "CURRENCY", "UNIDENTIFIED_SALES_SHARE") == share


def test_segments_purchases_and_cohorts_hold_every_customer_once(
    buyers: Rows, tables: dict[str, DataFrame]
) -> None:
    rfm = tables["customer_rfm"]
    for currency in ("EUR", "GBP"):
        known = rfm.where(F.col("currency") == currency).count()
        for number in (1, 3, 6):
            assert sum(row["CUSTOMERS"] for row in buyers[number] if row["CURRENCY"] == currency) == known, (
                number
            )
    segments = rfm.groupBy("currency", "segment").agg(F.count("*"), F.sum("net_amount")).collect()
    expected = {tuple(text(value) for value in row) for row in segments}
    assert shown(buyers[1], "CURRENCY", "SEGMENT", "CUSTOMERS", "NET_SALES") == expected
    at_risk = rfm.where("segment = 'AT_RISK'").count()
    assert len(buyers[2]) == at_risk


def test_pairs_and_companions_come_from_the_same_baskets(buyers: Rows, tables: dict[str, DataFrame]) -> None:
    pairs = tables["basket_pairs"].orderBy(
        F.desc("lift"), F.desc("basket_count"), "product_id", "paired_product_id"
    )
    best = [(row["product_id"], row["paired_product_id"], row["lift"]) for row in pairs.limit(30).collect()]
    assert [(r["PRODUCT_ID"], r["PAIRED_PRODUCT_ID"], Decimal(r["LIFT"])) for r in buyers[7]] == best
    assert len(best) == 30
    confidence = {
        (a, b): share
        for row in pairs.collect()
        for a, b, share in (
            (row["product_id"], row["paired_product_id"], row["confidence"]),
            (row["paired_product_id"], row["product_id"], row["reverse_confidence"]),
        )
    }
    for row in buyers[8]:
        assert Decimal(row["CONFIDENCE"]) == confidence[row["PRODUCT_ID"], row["COMPANION_ID"]]
