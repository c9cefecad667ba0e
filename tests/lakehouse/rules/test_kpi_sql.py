"""Each key figure over a dozen lines, by numbers computed by hand; Spark's SQL and Snowflake's give the same.

Two stores sell in the night in which London's clocks go back: two currencies, a line at price 0, a voided receipt, a
customer without consent, and a day on which one store only took goods back. A third store sells nothing.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.contracts.kpis import Kpi, all_kpis
from lakehouse.gold.agg_sales_hourly import agg_sales_hourly
from lakehouse.gold.customer_cohorts import customer_cohorts
from lakehouse.gold.customer_receipts import customer_receipts
from lakehouse.gold.customer_rfm import customer_rfm
from lakehouse.gold.fct_inventory_daily import fct_inventory_daily
from lakehouse.gold.fct_inventory_movements import fct_inventory_movements
from lakehouse.gold.inventory_now import inventory_now
from lakehouse.gold.stock_ledger import stock_events, stock_ledger
from lakehouse.rules.kpi_sql import spark_expression
from tests.lakehouse.gold.receipt_rows import Row, sales_line, table_frame
from tests.lakehouse.gold.stock_rows import move, nothing_before, products, sold_lines
from warehouse.render.kpis import snowflake_query

NIGHT, NEXT = dt.date(2026, 10, 25), dt.date(2026, 10, 26)
KPIS = {kpi.id: kpi for kpi in all_kpis()}
GBP, EUR = ("GBP",), ("EUR",)
Figures = dict[tuple[Any, ...], Decimal | int | None]


def line(event_id: str, line_seq: int, product: str, quantity: str, net: str, **changes: Any) -> Row:
    """A line of store s1 at half past midnight (UTC) of the night."""
    units = Decimal(quantity)
    kind = {"line_type": "RETURN", "transaction_type": "RETURN"} if units < 0 else {}
    at = dt.datetime.combine(NIGHT, dt.time(0, 30), dt.UTC)
    ordinary = {"product_id": product, "quantity": units, "net_amount": Decimal(net), "business_date": NIGHT}
    return sales_line(event_id, line_seq, **ordinary | {"occurred_at": at} | kind | changes)


EURO = {"store_id": "s2", "currency": "EUR", "customer_key": "b"}
LINES = [
    line("e1", 1, "A", "2", "18", discount=Decimal(2), tax=Decimal("3.6"), customer_key="a"),
    line("e1", 2, "BAG", "1", "5", line_type="FEE", customer_key="a"),
    line("e2", 1, "B", "1", "0", unit_price=Decimal(0)),
    line("e3", 1, "A", "5", "50", is_void=True),
    line("e4", 1, "A", "-1", "-9", customer_key="a"),
    line("e5", 1, "A", "3", "27", customer_key="refused"),
    line("e8", 1, "B", "1", "4", customer_key="a"),
    line("e9", 1, "B", "1", "6"),
    line("e6", 1, "C", "1.250", "7.5", **EURO),
    line("e7", 1, "C", "-1", "-6", **EURO, business_date=NEXT,
         occurred_at=dt.datetime.combine(NEXT, dt.time(10), dt.UTC)),
]  # fmt: skip
OCTOBER = dt.date(2026, 10, 1)

EXPECTED: dict[str, Figures] = {
    "net_sales": {GBP: 51, EUR: Decimal("1.5")},
    "gross_sales": {GBP: 53, EUR: Decimal("1.5")},
    "discount_amount": {GBP: 2, EUR: 0},
    "discount_share": {GBP: Decimal("0.037736"), EUR: 0},
    "tax_amount": {GBP: Decimal("3.6"), EUR: 0},
    "units": {(): Decimal("8.25")},
    "sales_lines": {(): 9},
    "return_amount": {GBP: 9, EUR: 6},
    "return_rate": {GBP: Decimal("0.15"), EUR: Decimal("0.8")},
    "void_share": {(): Decimal("0.1")},
    "zero_price_share": {(): Decimal("0.111111")},
    "unknown_customer_share": {GBP: Decimal("0.117647"), EUR: 0},
    "receipts": {(): 8},
    "basket_value": {GBP: Decimal("8.5"), EUR: Decimal("0.75")},
    "units_per_basket": {(): Decimal("1.03125")},
    "lines_per_basket": {(): Decimal("1.125")},
    "margin": {GBP: 20, EUR: None},
    "margin_rate": {GBP: Decimal("0.555556"), EUR: None},
    "sales_without_cost_share": {GBP: Decimal("0.217391"), EUR: 1},
    "stock_value": {GBP: 20},
    "days_of_supply": {(): 5},
    "sell_through": {(): Decimal("0.4")},
    "stock_out_rate": {(): 0},
    "reorder_share": {(): 1},
    "shrink_units": {(): 1},
    "shrink_rate": {(): Decimal("0.108108")},
    "negative_stock_share": {(): 0},
    "known_customers": {GBP: 1, EUR: 1},
    "repeat_rate": {GBP: 1, EUR: 0},
    "new_customers": {("GBP", OCTOBER): 1, ("EUR", OCTOBER): 1},
    "returning_customers": {("GBP", OCTOBER): None, ("EUR", OCTOBER): None},
    "returning_share": {("GBP", OCTOBER): 0, ("EUR", OCTOBER): 0},
    "unidentified_sales_share": {GBP: Decimal("0.647059"), EUR: 0},
    "quarantine_share": {(): Decimal("0.125")},
    "duplicate_share": {(): Decimal("0.25")},
    "failed_rule_share": {(): Decimal("0.25")},
}


@pytest.fixture(scope="module")
def tables(spark: SparkSession) -> dict[str, DataFrame]:
    """The tables that figures are counted from, made by the house's own transformations."""
    lines = table_frame(spark, "gold", "fct_sales_lines", LINES)
    costs = products(
        spark, (1, "A", Decimal(4), "GBP", 3, Decimal(2), True), (2, "C", Decimal(1), "GBP", None, None, True)
    )
    keyed = F.when(F.col("product_id") == "A", 1).when(F.col("product_id") == "C", 2).cast("bigint")
    at = dt.datetime.combine(NIGHT, dt.time(0), dt.UTC)
    moves = [
        move("m1", "RECEIPT", "10", business_date=NIGHT - dt.timedelta(2), occurred_at=at - dt.timedelta(2)),
        move("m2", "COUNT", "5", business_date=NEXT, occurred_at=at + dt.timedelta(1.5)),
    ]
    moved = table_frame(spark, "silver", "inventory_movements", moves)
    sold = sold_lines(spark, LINES).withColumn("product_key", keyed)
    ledger = stock_ledger(stock_events(moved, sold, costs), nothing_before(spark))
    days = fct_inventory_daily(ledger)
    receipts = customer_receipts(lines, spark.createDataFrame([("a",), ("b",)], "customer_key STRING"))
    found = {
        "fct_sales_lines": lines,
        "agg_sales_hourly": agg_sales_hourly(lines, "Europe/London"),
        "fct_inventory_movements": fct_inventory_movements(ledger),
        "fct_inventory_daily": days,
        "inventory_now": inventory_now(days, costs.where("unit_cost = 4"), NEXT),
        "customer_rfm": customer_rfm(receipts, NEXT),
        "customer_cohorts": customer_cohorts(receipts),
        "ledger": spark.createDataFrame([(5, 1, 2), (3, 0, 0)], "received BIGINT, quarantined BIGINT, duplicate BIGINT"),
        "quality_results": spark.createDataFrame([(True,), (False,), (False,), (False,)], "is_failed BOOLEAN"),
    }  # fmt: skip
    for frame in found.values():
        frame.persist()
    return found


@pytest.fixture(scope="module")
def warehouse(tables: dict[str, DataFrame]) -> duckdb.DuckDBPyConnection:
    """The same rows in the engine of the local Snowflake."""
    connection = duckdb.connect()
    for layer in ("GOLD", "OPS"):
        connection.execute(f'CREATE SCHEMA "{layer}"')
    for name, frame in tables.items():
        rows = frame.toArrow()  # noqa: F841 - DuckDB finds it by its name
        layer = "OPS" if name in ("ledger", "quality_results") else "GOLD"
        connection.execute(f'CREATE TABLE "{layer}"."{name.upper()}" AS SELECT * FROM rows')
    return connection


def by_spark(table: DataFrame, kpi: Kpi, *keys: str) -> Figures:
    found = table.groupBy(*keys).agg(F.expr(spark_expression(kpi)).alias("figure")).collect()
    return {tuple(row[key] for key in keys): row["figure"] for row in found}


def by_snowflake(connection: duckdb.DuckDBPyConnection, kpi: Kpi) -> Figures:
    return {tuple(row[:-1]): row[-1] for row in connection.execute(snowflake_query(kpi)).fetchall()}


def told(figures: Figures) -> Figures:
    """Without what stands for no currency, where nothing is money."""
    return {key: value for key, value in figures.items() if None not in key}


@pytest.mark.check
def test_every_figure_has_a_number_computed_by_hand() -> None:
    assert EXPECTED.keys() == KPIS.keys()


@pytest.mark.parametrize("kpi", KPIS.values(), ids=KPIS)
def test_spark_and_snowflake_count_what_was_computed_by_hand(
    tables: dict[str, DataFrame], warehouse: duckdb.DuckDBPyConnection, kpi: Kpi
) -> None:
    assert told(by_spark(tables[kpi.table], kpi, *kpi.grain)) == EXPECTED[kpi.id]
    assert told(by_snowflake(warehouse, kpi)) == EXPECTED[kpi.id]


def test_a_day_that_only_took_back_has_no_rate_and_a_store_without_sales_no_row(
    tables: dict[str, DataFrame],
) -> None:
    by_day = by_spark(tables["fct_sales_lines"], KPIS["return_rate"], "store_id", "business_date")
    assert by_day == {("s1", NIGHT): Decimal("0.15"), ("s2", NIGHT): 0, ("s2", NEXT): None}


def test_a_dst_night_counts_each_receipt_in_one_hour(tables: dict[str, DataFrame]) -> None:
    hours = (
        tables["agg_sales_hourly"].where("store_id = 's1'").select("local_hour", "receipt_count").collect()
    )
    assert [(row[0], row[1]) for row in hours] == [(1, 6)]


def test_no_rows_make_no_figure(tables: dict[str, DataFrame]) -> None:
    nothing = tables["fct_sales_lines"].where("false")
    assert by_spark(nothing, KPIS["net_sales"]) == {(): None}
    assert by_spark(nothing, KPIS["discount_share"]) == {(): None}
    assert by_spark(nothing, KPIS["sales_lines"]) == {(): 0}
