"""Each measure, evaluated as DAX over the rows that Snowflake shows, is the number that SQL gives for them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from typing import Any

from lakehouse.contracts.kpis import all_kpis
from lakehouse.settings import Settings
from tests.warehouse.powerbi.dax_values import Tables, same_number, values
from tests.warehouse.powerbi.tmdl_reader import Model
from tests.warehouse.served_lake import SHOP_LINES, standing
from warehouse.connection import connect
from warehouse.render.powerbi.measures import all_measures
from warehouse.render.powerbi.names import caption

POUNDS = {"Currency.Currency": ["GBP"]}
NOVEMBER = {"Customer Cohorts.Activity Month Date": [dt.date(2026, 11, 1)]}
KEPT = [line for line in standing(SHOP_LINES) if line["currency"] == "GBP"]


def test_every_measure_of_the_reports_own_is_the_number_of_its_sql(
    shop: Settings, model: Model, tables: Tables
) -> None:
    kpis = {caption(kpi.name) for kpi in all_kpis()}
    told = {
        measure.name: measure.sql for measure in all_measures() if measure.sql and measure.name not in kpis
    }
    assert len(told) > 15
    seen = values(model, tables, POUNDS, told)
    with connect(shop) as warehouse:
        for name, sql in told.items():
            ((expected,),) = (tuple(row.values()) for row in warehouse.rows(sql.format(currency="'GBP'")))
            assert expected is not None, f"{name}: the lake has no row to count"
            assert same_number(seen[name], expected), f"{name}: DAX {seen[name]}, SQL {expected}"


def test_every_measure_has_a_value(model: Model, tables: Tables) -> None:
    blank = {name for name, value in values(model, tables, POUNDS | NOVEMBER).items() if value is None}
    needs_a_year_before = {name for name in blank if name.endswith((" Previous Year", " Change on Year"))}
    assert blank - needs_a_year_before == set()


def test_a_money_measure_shows_nothing_for_two_currencies_together(model: Model, tables: Tables) -> None:
    money = ["Net Sales", "Basket Value", "Live Net Sales", "Restated Net Sales"]
    assert values(model, tables, {}, money) == dict.fromkeys(money)
    assert values(model, tables, {}, ["Currency Shown"])["Currency Shown"] == "several currencies: choose one"


def test_time_intelligence_is_what_the_calendar_says(model: Model, tables: Tables) -> None:
    by_day: dict[dt.date, Decimal] = defaultdict(Decimal)
    for line in KEPT:
        by_day[line["business_date"]] += line["net_amount"]
    last = max(by_day)
    week = sum(net for day, net in by_day.items() if (last - day).days < 7)
    dated = tables | {"Date": _calendar(tables, dt.date(2025, 1, 1), dt.date(2026, 12, 31))}
    lines = tables["Sales Lines"]
    at = lines["columns"].index("Business Date")
    older = [[*row[:at], row[at].replace(year=2025), *row[at + 1 :]] for row in lines["rows"][:50]]
    dated |= {"Sales Lines": lines | {"rows": older + lines["rows"]}}
    seen = values(model, dated, POUNDS | {"Date.Year": [2026]})
    before = values(model, dated, POUNDS | {"Date.Year": [2025]}, ["Net Sales"])["Net Sales"]
    assert same_number(seen["Net Sales"], sum(by_day.values()))
    assert same_number(seen["Net Sales Month to Date"], sum(by_day.values()))
    assert same_number(seen["Net Sales 7 Day Average"], week / 7)
    assert before
    assert same_number(seen["Net Sales Previous Year"], before)
    assert same_number(seen["Net Sales Change on Year"], (seen["Net Sales"] - before) / before)


def _calendar(tables: Tables, first: dt.date, last: dt.date) -> dict[str, list[Any]]:
    """Every day from first to last, with its year and month."""
    date = tables["Date"]
    days = [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]
    known = [{"Business Date": day, "Year": day.year, "Month": day.month} for day in days]
    return date | {"rows": [[row.get(name) for name in date["columns"]] for row in known]}
