"""The control totals of the real file and the same figures of a lake, in one shape, so that a test compares them whole."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import duckdb

from lakehouse.contracts import load_contract
from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import lake_reader
from orchestration.summary import summary

Figures = dict[str, Any]
_LEDGER = ("received", "accepted", "duplicate", "quarantined", "lines", "balanced")
_TABLES = (("gold", "fct_sales_lines"), ("gold", "agg_sales_hourly"), ("silver", "inventory_movements"))


def expected_figures(totals: Figures) -> Figures:
    """What the file holds, as another program counted it."""
    sales, file, adjustments = totals["sales"], totals["file"], totals["adjustments"]
    return {
        "totals": {
            "sales_lines": sales["lines"],
            "receipts": sales["receipts"],
            "units": f"{sales['units']}.000",
            "net_value": sales["net_value"],
            "customers": sales["customers"],
        },
        "ledger": dict(
            zip(_LEDGER, (file["receipts"], file["receipts"], 0, 0, file["lines"], True), strict=True)
        ),
        "by_month": [(row["month"], row["lines"], Decimal(row["net_value"])) for row in sales["by_month"]],
        "by_country": [
            (row["country"], row["lines"], Decimal(row["net_value"])) for row in sales["by_country"]
        ],
        "hours": [(sales["lines"], Decimal(sales["net_value"]))],
        "returns": [(sales["cancellation_lines"], Decimal(sales["cancellation_value"]))],
        "adjustments": [
            (adjustments["lines"], Decimal(adjustments["units"]), adjustments["products"]),
        ],
    }


def lake_figures(settings: Settings) -> Figures:
    """The same of the lake that the settings name; DuckDB counts, not the engine that made it."""
    reader = lake_reader(settings)
    told = summary(reader)
    with duckdb.connect() as connection:
        for layer, name in _TABLES:
            columns = load_contract(layer, name).table.column_names
            connection.register(name, reader.rows(layer, name, columns))

        def asked(sql: str) -> list[tuple[Any, ...]]:
            return connection.execute(sql).fetchall()

        by = "SELECT {}, count(*), sum(net_amount) FROM fct_sales_lines GROUP BY 1 ORDER BY 1"
        return {
            "totals": told["totals"],
            "ledger": {name: told["ledger"][name] for name in _LEDGER},
            "by_month": asked(by.format("strftime(business_date, '%Y-%m')")),
            "by_country": asked(by.format("store_id")),
            "hours": asked("SELECT sum(line_count), sum(net_amount) FROM agg_sales_hourly"),
            "returns": asked(
                "SELECT count(*), sum(net_amount) FROM fct_sales_lines WHERE transaction_type = 'RETURN'"
            ),
            "adjustments": asked(
                "SELECT count(*), sum(quantity), count(DISTINCT product_id) FROM inventory_movements"
            ),
        }
