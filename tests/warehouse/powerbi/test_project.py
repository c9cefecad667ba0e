"""The Power BI project: what is committed is what contracts say, fits Microsoft's schemas, and names only what exists."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import pytest

from lakehouse.contracts import ContractError, contract_names
from lakehouse.contracts.kpis import all_kpis
from tests.warehouse.powerbi.model_checks import model_faults
from tests.warehouse.powerbi.report_checks import report_faults
from tests.warehouse.powerbi.schema_checks import documents, schema_faults
from tests.warehouse.powerbi.tmdl_reader import read_model
from warehouse.render.lake_tables import lake_table
from warehouse.render.powerbi import MODEL, model_fields, powerbi_files
from warehouse.render.powerbi.measures import all_measures, formatted
from warehouse.render.powerbi.model import model_tables, stars
from warehouse.render.powerbi.names import caption
from warehouse.render.powerbi.visuals import visual_document

pytestmark = pytest.mark.check

PROJECT = Path(__file__).resolve().parents[3] / "warehouse/powerbi"
RENDERED = powerbi_files()
THEME = "Retail.Report/StaticResources/RegisteredResources/RetailTheme.json"


def test_the_committed_project_is_what_contracts_and_layouts_render_to() -> None:
    differing = [
        path
        for path, text in RENDERED.items()
        if not (PROJECT / path).is_file() or (PROJECT / path).read_text(encoding="utf-8") != text
    ]
    assert not differing, f"`retail warehouse render` writes {differing}; review and commit them"


def test_no_file_is_left_of_what_is_gone() -> None:
    committed = {
        path.relative_to(PROJECT).as_posix()
        for path in PROJECT.glob("Retail.*/**/*")
        if path.is_file() and ".pbi" not in path.parts
    }
    assert committed == {path for path in RENDERED if path != "Retail.pbip"} | {THEME}


def test_every_document_fits_its_schema() -> None:
    assert len(list(documents(PROJECT))) > 50
    assert schema_faults(PROJECT) == []


def test_the_model_names_only_what_it_has() -> None:
    model = read_model(PROJECT / MODEL / "definition")
    assert len(model.measures) > 20
    assert model_faults(model) == []


def test_the_report_names_only_what_is_there() -> None:
    assert report_faults(PROJECT, read_model(PROJECT / MODEL / "definition")) == []


def test_the_pages_of_the_shop_are_there_in_order() -> None:
    pages = [json.loads(RENDERED[path]) for path in RENDERED if path.endswith("/page.json")]
    shown = [page["displayName"] for page in pages if page.get("visibility") != "HiddenInViewMode"]
    assert shown == ["Sales now", "Sales trends", "Inventory", "Customers", "Data trust"]
    assert {page["type"] for page in pages if "type" in page} == {"Drillthrough", "Tooltip"}


def test_every_key_figure_is_a_measure_under_its_folder_with_its_sentence() -> None:
    measures = {measure.name: measure for measure in all_measures()}
    for kpi in all_kpis():
        measure = measures[caption(kpi.name)]
        assert (measure.folder, measure.format) == (kpi.folder, kpi.format)
        assert kpi.sentence in measure.description
        assert kpi.source in measure.description
        assert len(measure.by) == len(kpi.grain)
    assert caption("Share of free lines") == "Share of Free Lines"


def test_goods_without_a_currency_stay_in_sight_when_a_currency_is_chosen() -> None:
    page = json.loads(RENDERED["Retail.Report/definition/pages/inventory/page.json"])
    alone = {each["target"] for each in page["visualInteractions"] if each["type"] == "NoFilter"}
    assert alone == {"supply", "sellthrough", "stockout", "toorder", "shrink", "short", "shrinkbystore"}


def test_every_gold_table_is_in_the_model_with_its_description() -> None:
    by_contract = {table.contract: table for table in model_tables()}
    for name in contract_names("gold"):
        table = by_contract[f"gold.{name}"]
        columns = {column.name: column for column in lake_table("gold", name).columns}
        assert {column.source.lower() for column in table.columns} <= set(columns)
        assert all(
            column.description == columns[column.source.lower()].description for column in table.columns
        )


def test_nothing_classified_as_personal_is_in_the_model() -> None:
    personal = {
        (contract, column.name.upper())
        for contract in (table.contract for table in model_tables() if table.contract)
        for column in lake_table(*contract.split(".")).contract.table.columns
        if column.classification == "PII"
    }
    assert not personal & {(t.contract, c.source) for t in model_tables() for c in t.columns}


def test_only_the_live_table_asks_snowflake_and_dimensions_do_both() -> None:
    modes = {table.name: table.mode for table in model_tables()}
    assert [name for name, mode in modes.items() if mode == "directQuery"] == ["Sales Now"]
    beside_live = {star.dimension for star in stars() if star.fact == "Sales Now"}
    assert beside_live >= {"Date", "Store", "Product", "Currency"}
    assert {modes[name] for name in beside_live} == {"dual"}


def test_a_fact_reaches_a_dimension_by_one_road_only() -> None:
    roads = [(star.fact, star.dimension) for star in stars()]
    assert len(roads) == len(set(roads))
    assert not {star.fact for star in stars()} & {star.dimension for star in stars()}


def test_amounts_are_shown_for_one_currency_only() -> None:
    text = RENDERED[f"{MODEL}/definition/tables/Sales Now.tmdl"]
    assert (
        "HASONEVALUE ( 'Currency'[Currency] )"
        in text.split("measure 'Live Net Sales' =")[1].split("measure")[0]
    )


def test_colours_of_the_theme_differ_for_colour_blind_readers_and_stand_out_from_paper() -> None:
    theme = json.loads((PROJECT / THEME).read_text(encoding="utf-8"))
    colours = [_rgb(colour) for colour in theme["dataColors"]]
    for kind in _SIMULATED.values():
        seen = [tuple(sum(row[i] * colour[i] for i in range(3)) for row in kind) for colour in colours]
        apart = [sum((x - y) ** 2 for x, y in zip(*two, strict=True)) ** 0.5 for two in combinations(seen, 2)]
        assert min(apart) > 0.1
    assert _contrast(_rgb(theme["foreground"]), _rgb(theme["background"])) > 7


def test_a_layout_that_names_something_unknown_is_refused_with_a_suggestion() -> None:
    said = {"id": "x", "kind": "card", "at": [0, 0, 1, 1], "fields": ["Ledger.Records Recieved"]}
    with pytest.raises(ContractError, match=r"did you mean 'Ledger\.Records Received'"):
        visual_document(said, 0, model_fields())
    with pytest.raises(ContractError, match="of kind 'pie'; kinds are text, card"):
        visual_document(said | {"kind": "pie"}, 0, model_fields())
    with pytest.raises(ContractError, match="no format for unit 'pounds'"):
        formatted("pounds")


# Linear models of dichromatic sight (Viénot, Brettel and Mollon 1999), over linear RGB.
_SIMULATED = {
    "protanopia": ((0.1124, 0.8876, 0.0), (0.1124, 0.8876, 0.0), (0.0040, -0.0040, 1.0)),
    "deuteranopia": ((0.2928, 0.7072, 0.0), (0.2928, 0.7072, 0.0), (-0.0223, 0.0223, 1.0)),
}


def _rgb(colour: str) -> tuple[float, float, float]:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return linear[0], linear[1], linear[2]


def _contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    light = sorted(0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (one, other))
    return (light[1] + 0.05) / (light[0] + 0.05)
