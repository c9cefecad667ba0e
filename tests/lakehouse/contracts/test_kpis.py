"""Key figures are written once, over columns that exist, and never add two currencies."""

from __future__ import annotations

import pytest

from lakehouse.contracts import ContractError, load_contract
from lakehouse.contracts.kpis import UNITS, all_kpis, parse_kpis

pytestmark = pytest.mark.check

ONE = """
kpis:
  - {{id: k, name: K, sentence: S., unit: {unit}, table: {table}, numerator: [{term}], format: '0', folder: F, source: x{more}}}
"""


def one(
    term: str = "{sum: quantity}", unit: str = "units", table: str = "gold.fct_sales_lines", more: str = ""
) -> str:
    return ONE.format(term=term, unit=unit, table=table, more=more)


def test_each_figure_says_what_it_is_and_where_its_formula_comes_from() -> None:
    kpis = all_kpis()
    assert len({kpi.name for kpi in kpis}) == len(kpis) >= 30
    for kpi in kpis:
        assert kpi.sentence.endswith(".")
        assert kpi.unit in UNITS
        assert all((kpi.source, kpi.format, kpi.folder))
        assert (kpi.unit == "share") <= kpi.is_ratio, kpi.id


def test_a_figure_of_money_is_never_added_over_currencies() -> None:
    assert all("currency" in kpi.grain for kpi in all_kpis() if kpi.unit == "currency")
    with pytest.raises(ContractError, match="adds money, so its grain needs currency"):
        parse_kpis(one("{sum: net_amount}"))


def test_every_gold_table_but_the_calendar_has_a_figure_or_serves_one() -> None:
    tables = {kpi.table for kpi in all_kpis()}
    assert {
        "fct_sales_lines",
        "agg_sales_hourly",
        "inventory_now",
        "customer_rfm",
        "customer_cohorts",
    } <= tables


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (one("{sum: qantity}"), "has no column 'qantity'"),
        (one("{sum: product_id}"), "product_id is STRING, which has no sum"),
        (one("{average: quantity}"), "a term is"),
        (one(unit="apples"), "unit 'apples'"),
        (one(table="gold.fct_sales_line"), "did you mean 'fct_sales_lines'"),
        (one(more=", filter: [{column: channel, is: web}]"), "channel may be null"),
        (one(more=", filter: [{column: is_void, above: 1}]"), "a condition is"),
        (one(more=", wanted: 1"), r"unknown \['wanted'\]"),
        (one("{sum: quantity}, {sum: quantity}, {sum: quantity}"), "one or two terms"),
        (one() + one().replace("\nkpis:\n", ""), "k stand twice"),
    ],
)
def test_a_wrong_figure_is_told_with_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        parse_kpis(text)


def test_a_figure_reads_one_table_that_snowflake_shows() -> None:
    for kpi in all_kpis():
        assert kpi.layer in ("gold", "ops")
        assert load_contract(kpi.layer, kpi.table).table.primary_key
