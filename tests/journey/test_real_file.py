"""The real half year of sales against control totals that none of our code computed."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from lakehouse.contracts import contract_names, load_contract
from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import lake_reader
from orchestration.summary import summary

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def gold(real_run, stack: Settings):  # noqa: ARG001  the run makes the lake that is read
    """DuckDB over the tables of the real lake: another engine than the one that made them."""
    reader = lake_reader(stack.model_copy(update={"topic_prefix": "real.", "lake_prefix": "real"}))
    connection = duckdb.connect()
    for layer, name in (
        ("gold", "fct_sales_lines"),
        ("gold", "agg_sales_hourly"),
        ("silver", "inventory_movements"),
    ):
        connection.register(name, reader.rows(layer, name, load_contract(layer, name).table.column_names))
    yield connection
    connection.close()


def test_the_figures_of_the_run_are_the_control_totals(real_run, totals):
    sales, adjustments = totals["sales"], totals["adjustments"]
    assert real_run["totals"] == {
        "sales_lines": sales["lines"],
        "receipts": sales["receipts"],
        "units": f"{sales['units']}.000",
        "net_value": sales["net_value"],
        "customers": sales["customers"],
    }
    landed = {"sales_data": sales["receipts"], "inventory_movements": adjustments["lines"]}
    assert real_run["layers"]["bronze"] == dict.fromkeys(contract_names("bronze"), 0) | landed


def test_every_line_and_receipt_of_the_file_is_accounted_for(real_run, totals):
    ledger, file = real_run["ledger"], totals["file"]
    assert (ledger["received"], ledger["accepted"], ledger["lines"]) == (
        file["receipts"],
        file["receipts"],
        file["lines"],
    )
    assert (ledger["duplicate"], ledger["quarantined"], ledger["balanced"]) == (0, 0, True)


@pytest.mark.parametrize(
    ("block", "key", "sql"),
    [
        ("by_month", "month", "strftime(business_date, '%Y-%m')"),
        ("by_country", "country", "store_id"),
    ],
)
def test_sales_by_month_and_country_are_the_control_totals(gold, totals, block, key, sql):
    rows = gold.execute(
        f"SELECT {sql}, count(*), sum(net_amount) FROM fct_sales_lines WHERE NOT is_void GROUP BY 1 ORDER BY 1"
    ).fetchall()
    assert rows == [(row[key], row["lines"], Decimal(row["net_value"])) for row in totals["sales"][block]]


def test_the_best_products_and_the_trading_days_are_the_control_totals(gold, totals):
    rows = gold.execute("SELECT product_id, sum(quantity), sum(net_amount) FROM fct_sales_lines GROUP BY 1")
    products = {product: (units, net) for product, units, net in rows.fetchall()}
    assert len(products) == totals["sales"]["products"]
    for row in totals["sales"]["top10_products"]:
        assert products[row["product"]] == (Decimal(row["units"]), Decimal(row["net_value"]))
    days = gold.execute("SELECT count(DISTINCT business_date) FROM fct_sales_lines").fetchall()
    assert days == [(totals["sales"]["trading_days"],)]


def test_the_best_customers_are_the_control_totals_though_only_their_pseudonyms_are_known(gold, totals):
    found = gold.execute(
        "SELECT count(DISTINCT event_id) AS receipts, sum(net_amount) AS net FROM fct_sales_lines "
        "WHERE customer_key IS NOT NULL GROUP BY customer_key ORDER BY net DESC LIMIT 10"
    ).fetchall()
    assert found == [
        (row["receipts"], Decimal(row["net_value"])) for row in totals["sales"]["top10_customers"]
    ]


def test_lines_without_customer_cancellations_and_free_goods_are_the_control_totals(gold, totals):
    sales = totals["sales"]
    row = gold.execute(
        "SELECT count(*) FILTER (WHERE customer_key IS NULL), count(*) FILTER (WHERE unit_price = 0), "
        "count(*) FILTER (WHERE transaction_type = 'RETURN'), "
        "sum(net_amount) FILTER (WHERE transaction_type = 'RETURN') FROM fct_sales_lines"
    ).fetchall()
    assert row == [
        (
            sales["lines_without_customer"],
            sales["zero_price_lines"],
            sales["cancellation_lines"],
            Decimal(sales["cancellation_value"]),
        )
    ]


def test_the_stock_adjustments_are_the_control_totals(gold, totals):
    row = gold.execute(
        "SELECT count(*), sum(quantity), count(DISTINCT product_id) FROM inventory_movements"
    ).fetchall()
    adjustments = totals["adjustments"]
    assert row == [(adjustments["lines"], Decimal(adjustments["units"]), adjustments["products"])]


def test_the_hours_add_up_to_the_lines(gold):
    by_day: dict[str, dict[Any, Any]] = defaultdict(dict)
    for name, count in (("fct_sales_lines", "count(*)"), ("agg_sales_hourly", "sum(line_count)")):
        rows = gold.execute(
            f"SELECT business_date, store_id, {count}, sum(net_amount), sum(quantity_or_units) FROM "
            f"(SELECT *, {'quantity' if name == 'fct_sales_lines' else 'units'} AS quantity_or_units FROM {name}) "
            "GROUP BY 1, 2"
        ).fetchall()
        by_day[name] = {(day, store): rest for day, store, *rest in rows}
    assert by_day["fct_sales_lines"] == by_day["agg_sales_hourly"]


def test_the_same_file_sent_again_doubles_nothing(retail, real_run, uci_file, stack):
    for command in (("replay", str(uci_file)), ("process", "--trigger", "once")):
        done = retail(*command, prefix="real")
        assert done.returncode == 0, done.stderr
    answer = summary(lake_reader(stack.model_copy(update={"lake_prefix": "real"})))
    assert answer["totals"] == real_run["totals"]
    assert answer["layers"]["gold"] == real_run["layers"]["gold"]
    assert answer["layers"]["silver"] == real_run["layers"]["silver"]
    received = real_run["ledger"]["received"]
    assert answer["ledger"] == real_run["ledger"] | {"received": 2 * received, "duplicate": received}
