"""Each key figure is one number: as a measure in DAX and as SQL on the local Snowflake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lakehouse.contracts.kpis import Kpi, all_kpis
from lakehouse.settings import Settings
from tests.warehouse.powerbi.dax_values import Tables, rows_of_the_model, same_number, values
from tests.warehouse.powerbi.tmdl_reader import Model, read_model
from warehouse.connection import connect
from warehouse.render.powerbi import MODEL
from warehouse.render.powerbi.measures import Measure, all_measures
from warehouse.render.powerbi.names import caption

DEFINITION = Path(__file__).resolve().parents[3] / "warehouse/powerbi" / MODEL / "definition"
MEASURES = {measure.name: measure for measure in all_measures()}
KPIS = {kpi.id: kpi for kpi in all_kpis()}
Figures = dict[tuple[Any, ...], Any]


@pytest.fixture(scope="module")
def model() -> Model:
    """The committed model."""
    return read_model(DEFINITION)


@pytest.fixture(scope="module")
def tables(shop: Settings) -> Tables:
    """Its rows from the local Snowflake."""
    with connect(shop) as warehouse:
        return rows_of_the_model(warehouse)


@pytest.fixture(scope="module")
def by_sql(shop: Settings) -> dict[str, Figures]:
    """Each figure by its grain on the local Snowflake; rows of no currency left out."""
    with connect(shop) as warehouse:
        return {name: _figures(warehouse.rows(_measure(kpi).sql)) for name, kpi in KPIS.items()}


@pytest.mark.parametrize("kpi", KPIS.values(), ids=KPIS)
def test_the_measure_is_the_number_of_the_sql(
    model: Model, tables: Tables, by_sql: dict[str, Figures], kpi: Kpi
) -> None:
    measure = _measure(kpi)
    assert any(by_sql[kpi.id].values()), "the lake has no row that moves this figure"
    for group, expected in by_sql[kpi.id].items():
        seen = values(model, tables, _choice(measure, group), [measure.name])[measure.name]
        assert same_number(seen, expected), f"{group}: DAX {seen}, SQL {expected}"


@pytest.mark.parametrize("kpi", [kpi for kpi in KPIS.values() if kpi.grain], ids=lambda kpi: kpi.id)
def test_a_figure_is_blank_while_its_grain_is_not_chosen(model: Model, tables: Tables, kpi: Kpi) -> None:
    measure = _measure(kpi)
    assert values(model, tables, {}, [measure.name]) == {measure.name: None}
    if "activity_month_date" in kpi.grain:
        pounds = {"Currency.Currency": ["GBP"]}
        assert values(model, tables, pounds, [measure.name]) == {measure.name: None}


def _measure(kpi: Kpi) -> Measure:
    return MEASURES[caption(kpi.name)]


def _choice(measure: Measure, group: tuple[Any, ...]) -> dict[str, list[Any]]:
    return {field: [value] for field, value in zip(measure.by, group, strict=True)}


def _figures(rows: list[dict[str, Any]]) -> Figures:
    told = [tuple(row.values()) for row in rows]
    return {row[:-1]: row[-1] for row in told if None not in row[:-1]}
