"""What the pages ask Snowflake is the key figures' own SQL, narrowed to the reader's choice."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from lakehouse.contracts import load_contract
from lakehouse.contracts.kpis import all_kpis
from lakehouse.settings import Settings
from tests.warehouse.served_lake import SHOP_LINES, standing
from warehouse.connection import connect
from warehouse.dashboard import trust_page
from warehouse.dashboard.figures import (
    SALES_NOW,
    Choice,
    Query,
    condition,
    kpi_query,
    last_published,
    live_receipts,
    newest_sale,
    offered,
)
from warehouse.dashboard.screen import csv_text, instant, period, written

DAY = dt.date(2026, 11, 8)
WEEK = Choice("GBP", DAY, DAY + dt.timedelta(days=6))
ONE_STORE = Choice("GBP", DAY, DAY + dt.timedelta(days=6), ("s1",))


def answer(settings: Settings, query: Query) -> list[dict[str, Any]]:
    with connect(settings) as warehouse:
        rows = warehouse.rows(query.sql, query.parameters)
    return [{name.lower(): value for name, value in row.items()} for row in rows]


def mine(choice: Choice) -> list[dict[str, Any]]:
    return [
        line
        for line in standing(SHOP_LINES)
        if line["currency"] == choice.currency
        and choice.first <= line["business_date"] <= choice.last
        and (not choice.stores or line["store_id"] in choice.stores)
    ]


@pytest.mark.parametrize("choice", [WEEK, ONE_STORE], ids=["all stores", "one store"])
@pytest.mark.parametrize("table", ["", SALES_NOW], ids=["gold", "live"])
def test_the_numbers_of_a_choice_are_those_of_its_lines(shop: Settings, choice: Choice, table: str) -> None:
    lines = mine(choice)
    assert lines
    (row,) = answer(shop, kpi_query(("net_sales", "units", "sales_lines"), choice, table=table))
    assert row == {
        "net_sales": sum((line["net_amount"] for line in lines), Decimal(0)),
        "units": sum((line["quantity"] for line in lines), Decimal(0)),
        "sales_lines": len(lines),
    }
    assert answer(shop, live_receipts(choice)) == [{"receipts": len({line["event_id"] for line in lines})}]


def test_groups_of_a_choice_add_up_to_it(shop: Settings) -> None:
    (whole,) = answer(shop, kpi_query(("receipts",), WEEK))
    for column in ("business_date", "local_hour", "store_id"):
        rows = answer(shop, kpi_query(("receipts",), WEEK, (column,)))
        assert sum(row["receipts"] for row in rows) == whole["receipts"] > 0


def test_every_key_figure_can_be_asked_for_a_choice(shop: Settings) -> None:
    for figure in all_kpis():
        own = load_contract(figure.layer, figure.table).table.column_names
        assert len(answer(shop, kpi_query((figure.id,), ONE_STORE))) == 1, figure.id
        assert ("currency = %s" in condition(ONE_STORE, own)[0]) == ("currency" in own)


def test_what_there_is_to_choose_and_how_old_it_is_can_be_asked(shop: Settings) -> None:
    assert {(row["currency"], row["store_id"]) for row in answer(shop, offered())} == {
        (line["currency"], line["store_id"]) for line in standing(SHOP_LINES)
    }
    (published,) = answer(shop, last_published())
    assert published["at"] is not None
    newest = answer(shop, newest_sale(WEEK))[0]["at"]
    assert newest == max(
        line["received_at"].replace(tzinfo=None) for line in SHOP_LINES if line["currency"] == "GBP"
    )


def test_the_page_of_trust_asks_only_what_snowflake_has(shop: Settings) -> None:
    (ledger,) = answer(shop, trust_page.LEDGER)
    assert (ledger["received"], ledger["unaccounted"]) == (125, 0)
    assert {row["table_name"]: row["is_open"] for row in answer(shop, trust_page.GATES)} == {
        "gold.dim_store": True,
        "gold.fct_receipts": True,
    }
    assert [row["rule_id"] for row in answer(shop, trust_page.FAILED)] == ["total_is_net_plus_tax"]
    assert len(answer(shop, trust_page.QUARANTINE)) == 3
    assert answer(shop, trust_page.FRESHNESS) == []


def test_a_hostile_name_is_a_value_and_never_sql(shop: Settings) -> None:
    hostile = Choice("GBP' OR 1=1 --", DAY, DAY, ("s1'; DROP TABLE X; --",))
    assert answer(shop, kpi_query(("sales_lines",), hostile)) == [{"sales_lines": 0}]


def test_figures_of_two_tables_are_not_asked_as_one() -> None:
    with pytest.raises(ValueError, match="one table"):
        kpi_query(("net_sales", "receipts"), WEEK)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("net_sales", Decimal("1234567.8900"), "1,234,567.89 GBP"),
        ("return_rate", Decimal("0.123456"), "12.3 %"),
        ("receipts", 1200, "1,200"),
        ("days_of_supply", Decimal("4.25"), "4.2 days"),
        ("units", Decimal("2.500"), "2.50"),
        ("stock_value", None, "–"),
    ],
)
def test_a_figure_is_written_with_its_unit(name: str, value: Decimal | int | None, told: str) -> None:
    figure = {each.id: each for each in all_kpis()}[name]
    assert written(figure, value, "GBP") == told


def test_periods_instants_and_files_are_written_plainly() -> None:
    assert period(DAY, DAY) == "2026-11-08"
    assert instant(None) == "not yet"
    assert instant(dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)) == "2026-01-02 03:04:05 UTC"
    rows = [{"product_id": "=1+1", "net_sales": Decimal("-2.5000")}]
    assert csv_text(rows) == "product_id,net_sales\n'=1+1,-2.5000\n"
    assert csv_text([]) == ""
