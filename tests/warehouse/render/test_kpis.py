"""Key figures as Snowflake's SQL and as DAX."""

from __future__ import annotations

import pytest

from lakehouse.contracts.kpis import Kpi, all_kpis
from warehouse.render.kpis import dax, snowflake_query

pytestmark = pytest.mark.check

KPIS = {kpi.id: kpi for kpi in all_kpis()}


def test_a_sum_of_money_is_blank_while_two_currencies_are_in_sight() -> None:
    assert dax(KPIS["net_sales"]) == (
        "IF(DISTINCTCOUNTNOBLANK('fct_sales_lines'[currency]) = 1, "
        "CALCULATE(SUM('fct_sales_lines'[net_amount]), KEEPFILTERS('fct_sales_lines'[is_void] = FALSE())))"
    )


def test_every_column_of_the_grain_must_be_chosen_and_stands_under_its_caption() -> None:
    assert dax(KPIS["new_customers"], "Cohorts", str.upper) == (
        "IF(DISTINCTCOUNTNOBLANK('Cohorts'[CURRENCY]) = 1 && DISTINCTCOUNTNOBLANK('Cohorts'[ACTIVITY_MONTH_DATE]) = 1, "
        "CALCULATE(SUM('Cohorts'[CUSTOMER_COUNT]), KEEPFILTERS('Cohorts'[CUSTOMER_TYPE] = \"NEW\")))"
    )


def test_a_ratio_divides_and_is_0_where_nothing_stands_above_the_line() -> None:
    assert dax(KPIS["shrink_rate"], "Stock by day") == (
        "DIVIDE(-SUM('Stock by day'[shrink]) + 0, SUM('Stock by day'[sold]))"
    )
    assert dax(KPIS["reorder_share"]) == (
        "DIVIDE(CALCULATE(COUNTROWS('inventory_now'), KEEPFILTERS(NOT ISBLANK('inventory_now'[reorder_point])), "
        "KEEPFILTERS('inventory_now'[is_below_reorder_point] = TRUE())) + 0, "
        "CALCULATE(COUNTROWS('inventory_now'), KEEPFILTERS(NOT ISBLANK('inventory_now'[reorder_point]))))"
    )


def test_snowflake_groups_by_what_must_not_be_added() -> None:
    assert snowflake_query(KPIS["basket_value"]) == (
        'SELECT "CURRENCY", CAST(CAST(COALESCE(SUM("NET_AMOUNT"), 0) AS DECIMAL(28, 6)) / '
        'NULLIF(CAST(SUM("RECEIPT_COUNT") AS DECIMAL(28, 6)), 0) AS DECIMAL(18, 6)) AS "BASKET_VALUE" '
        'FROM "GOLD"."AGG_SALES_HOURLY" GROUP BY "CURRENCY"'
    )


@pytest.mark.parametrize("kpi", KPIS.values(), ids=KPIS)
def test_dax_keeps_its_brackets(kpi: Kpi) -> None:
    text = dax(kpi)
    assert text.count("(") == text.count(")")
    assert text.count("[") == text.count("]") > 0
