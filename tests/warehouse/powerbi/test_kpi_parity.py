"""Each key figure is one number: as a measure in DAX, as SQL on the local Snowflake, as Spark's expression."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
import sqlglot
from deltalake import DeltaTable

from lakehouse.contracts import load_contract
from lakehouse.contracts.kpis import Kpi, all_kpis
from lakehouse.rules.kpi_sql import spark_expression
from lakehouse.settings import Settings
from tests.warehouse.powerbi.dax_values import Tables, same_number, values
from tests.warehouse.powerbi.tmdl_reader import Model
from warehouse.connection import connect
from warehouse.render.kpis import snowflake_expression
from warehouse.render.powerbi.measures import Measure, all_measures
from warehouse.render.powerbi.names import caption

MEASURES = {measure.name: measure for measure in all_measures()}
KPIS = {kpi.id: kpi for kpi in all_kpis()}
Figures = dict[tuple[Any, ...], Any]


@pytest.fixture(scope="module")
def by_sql(shop: Settings) -> dict[str, Figures]:
    """Each figure by its grain on the local Snowflake; rows of no currency left out."""
    with connect(shop) as warehouse:
        return {name: _figures(warehouse.rows(_measure(kpi).sql)) for name, kpi in KPIS.items()}


@pytest.fixture(scope="module")
def by_spark_text(shop: Settings) -> dict[str, Figures]:
    """Each figure by its grain, by Spark's expression over the files of the lake. DuckDB reads the text as sqlglot
    translates it, so that no JVM starts; tests/lakehouse/rules/test_kpi_sql.py asks Spark itself for each figure.
    """
    lake, found = duckdb.connect(), dict[str, Figures]()
    for name, kpi in KPIS.items():
        folder = f"{shop.snowflake_lake_url}{kpi.layer}/{kpi.table}".removeprefix("file://")
        rows = DeltaTable(folder).to_pyarrow_table()  # noqa: F841 - DuckDB finds it by its name
        shown = ", ".join([*kpi.grain, f"{spark_expression(kpi)} AS figure"])
        grouped = f" GROUP BY {', '.join(kpi.grain)}" if kpi.grain else ""
        (query,) = sqlglot.transpile(f"SELECT {shown} FROM rows{grouped}", read="spark", write="duckdb")
        answers = lake.execute(query).fetchall()
        found[name] = {row[:-1]: row[-1] for row in answers if None not in row[:-1]}
    return found


@pytest.mark.parametrize("kpi", KPIS.values(), ids=KPIS)
def test_the_measure_is_the_number_of_the_sql(
    model: Model, tables: Tables, by_sql: dict[str, Figures], kpi: Kpi
) -> None:
    measure = _measure(kpi)
    assert any(by_sql[kpi.id].values()), "the lake has no row that moves this figure"
    for group, expected in by_sql[kpi.id].items():
        seen = values(model, tables, _choice(measure, group), [measure.name])[measure.name]
        assert same_number(seen, expected), f"{group}: DAX {seen}, SQL {expected}"


@pytest.mark.parametrize("kpi", KPIS.values(), ids=KPIS)
def test_the_expression_of_spark_is_the_number_of_the_sql(
    by_sql: dict[str, Figures], by_spark_text: dict[str, Figures], kpi: Kpi
) -> None:
    assert by_spark_text[kpi.id].keys() == by_sql[kpi.id].keys()
    for group, expected in by_sql[kpi.id].items():
        seen = by_spark_text[kpi.id][group]
        assert same_number(seen, expected), f"{group}: Spark's expression {seen}, SQL {expected}"


def test_a_store_that_is_chosen_narrows_each_figure_whose_table_names_stores(
    shop: Settings, model: Model, tables: Tables
) -> None:
    choice = {"Store.Store Id": ["s1"], "Currency.Currency": ["GBP"]}
    by_store = [kpi for kpi in all_kpis() if _has_store(kpi)]
    assert len(by_store) > 20
    with connect(shop) as warehouse:
        for kpi in by_store:
            told = f"SELECT {snowflake_expression(kpi)} AS FIGURE FROM {kpi.layer}.{kpi.table}"
            (row,) = warehouse.rows(f"{told} WHERE store_id = 's1' AND {_in_pounds(kpi)}")
            measure = _measure(kpi)
            seen = values(model, tables, choice, [measure.name])[measure.name]
            # SQL casts both terms of a ratio to four decimals; a daily demand has six.
            assert same_number(seen, row["FIGURE"], 1e-5), f"{kpi.id}: DAX {seen}, SQL {row['FIGURE']}"


@pytest.mark.parametrize("kpi", [kpi for kpi in KPIS.values() if kpi.grain], ids=lambda kpi: kpi.id)
def test_a_figure_is_blank_while_its_grain_is_not_chosen(model: Model, tables: Tables, kpi: Kpi) -> None:
    measure = _measure(kpi)
    assert values(model, tables, {}, [measure.name]) == {measure.name: None}
    if "activity_month_date" in kpi.grain:
        pounds = {"Currency.Currency": ["GBP"]}
        assert values(model, tables, pounds, [measure.name]) == {measure.name: None}


def _measure(kpi: Kpi) -> Measure:
    return MEASURES[caption(kpi.name)]


def _has_store(kpi: Kpi) -> bool:
    return any(column.name == "store_id" for column in load_contract(kpi.layer, kpi.table).table.columns)


def _in_pounds(kpi: Kpi) -> str:
    """A currency that is chosen narrows every table that names one, whatever the figure."""
    names = [column.name for column in load_contract(kpi.layer, kpi.table).table.columns]
    return "currency = 'GBP'" if "currency" in names else "TRUE"


def _choice(measure: Measure, group: tuple[Any, ...]) -> dict[str, list[Any]]:
    return {field: [value] for field, value in zip(measure.by, group, strict=True)}


def _figures(rows: list[dict[str, Any]]) -> Figures:
    told = [tuple(row.values()) for row in rows]
    return {row[:-1]: row[-1] for row in told if None not in row[:-1]}
