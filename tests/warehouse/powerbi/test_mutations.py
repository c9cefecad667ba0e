"""Twenty faults, each put into a copy of the project: every one is found, and by the check that should find it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.warehouse.powerbi.dax_values import values
from tests.warehouse.powerbi.microsoft_parser import MicrosoftParser
from tests.warehouse.powerbi.model_checks import model_faults
from tests.warehouse.powerbi.report_checks import report_faults
from tests.warehouse.powerbi.schema_checks import schema_faults
from tests.warehouse.powerbi.test_parsers import query_faults
from tests.warehouse.powerbi.tmdl_reader import read_model
from warehouse.render.powerbi import MODEL, REPORT

PROJECT = Path(__file__).resolve().parents[3] / "warehouse/powerbi"
DEFINITION = f"{MODEL}/definition"
TABLES = f"{DEFINITION}/tables"
PAGES = f"{REPORT}/definition/pages"


@dataclass(frozen=True)
class Fault:
    """A change of one file: ``old`` becomes ``new``; ``found_by`` names the check, ``says`` a part of its words."""

    name: str
    path: str
    old: str
    new: str
    found_by: str
    says: str = ""


FAULTS = (
    Fault("a visual shows a column that is gone", f"{PAGES}/salesnow/visuals/bystore/visual.json",
          '"Property": "Store Id"', '"Property": "Shop Id"', "report", "no column Store.Shop Id"),
    Fault("a visual shows a measure of another table", f"{PAGES}/salesnow/visuals/netsales/visual.json",
          '"Entity": "Sales Now"', '"Entity": "Sales Lines"', "report", "no measure Sales Lines.Live Net Sales"),
    Fault("a visual sorts by a measure that is gone", f"{PAGES}/salestrends/visuals/bystore/visual.json",
          '"Property": "Net Sales"', '"Property": "Nett Sales"', "report", "no measure Sales Lines.Nett Sales"),
    Fault("a measure names a column that is gone", f"{TABLES}/Ledger.tmdl",
          "SUM ( 'Ledger'[Received] )", "SUM ( 'Ledger'[Arrived] )", "model", "no column 'Ledger'[Arrived]"),
    Fault("a measure names a measure that is gone", f"{TABLES}/Ledger.tmdl",
          "[Records Received] -", "[Records Recieved] -", "model", "no measure [Records Recieved]"),
    Fault("a relationship ends at a column that is gone", f"{DEFINITION}/relationships.tmdl",
          "toColumn: Store.'Store Id'", "toColumn: Store.'Shop Id'", "model", "no column Store[Shop Id]"),
    Fault("a relationship joins a date to a text", f"{DEFINITION}/relationships.tmdl",
          "toColumn: Date.'Business Date'", "toColumn: Date.'Day Name'", "model", "different types"),
    Fault("a role filters a table that is gone", f"{DEFINITION}/roles/Store reader.tmdl",
          "tablePermission Store =", "tablePermission Shop =", "model", "no table Shop"),
    Fault("a role names a column that is gone", f"{DEFINITION}/roles/Store reader.tmdl",
          "'Report Access'[User Name]", "'Report Access'[User Mail]", "model", "no column 'Report Access'[User Mail]"),
    Fault("a column has a type that is none", f"{TABLES}/Sales Lines.tmdl",
          "dataType: decimal", "dataType: money", "model", "data type money"),
    Fault("a query leaves its bracket open", f"{TABLES}/Store.tmdl",
          'Kind = "Database"]}[Data]', 'Kind = "Database"]}[Data', "m"),
    Fault("a query names a parameter that is gone", f"{TABLES}/Store.tmdl",
          "SnowflakeWarehouse,", "SnowflakeWharehouse,", "model", "no parameter SnowflakeWharehouse"),
    Fault("a query leaves out a column of its table", f"{TABLES}/Store.tmdl",
          '"STORE_ID", ', "", "model", "selects other columns"),
    Fault("a measure has an unknown function", f"{TABLES}/Ledger.tmdl",
          "DIVIDE(SUM('Ledger'[Quarantined])", "DIVDE(SUM('Ledger'[Quarantined])", "dax", "Quarantine Share"),
    Fault("a measure leaves its bracket open", f"{TABLES}/Ledger.tmdl",
          "SUM('Ledger'[Quarantined]) + 0, SUM('Ledger'[Received]))", "SUM('Ledger'[Quarantined]) + 0, SUM('Ledger'[Received])",
          "dax", "Quarantine Share"),
    Fault("the order of pages names one that is gone", f"{PAGES}/pages.json",
          '"salestrends"', '"salestrend"', "report", "no page salestrend"),
    Fault("the report looks for its model elsewhere", f"{REPORT}/definition.pbir",
          f"../{MODEL}", "../Retail.Dataset", "report", "no semantic model at ../Retail.Dataset"),
    Fault("the theme is not where the report says", f"{REPORT}/definition/report.json",
          '"path": "RetailTheme.json"', '"path": "Theme.json"', "report", "no resource RegisteredResources/Theme.json"),
    Fault("a page has a property that the schema has not", f"{PAGES}/salesnow/page.json",
          '"displayOption"', '"displayOptions"', "schema", "displayOption"),
    Fault("a visual has a place in words", f"{PAGES}/salesnow/visuals/netsales/visual.json",
          '"x": 190', '"x": "left"', "schema", "is not of type 'number'"),
    Fault("a line of TMDL is indented wrongly", f"{TABLES}/Store.tmdl",
          "\t\tdataType: string", "\t\t\t\tdataType: string", "tmdl"),
    Fault("a slicer leaves a visual alone that is gone", f"{PAGES}/inventory/page.json",
          '"target": "supply"', '"target": "supplies"', "report", "supplies, which is no visual"),
    Fault("a measure has the name of a column", f"{TABLES}/Inventory Now.tmdl",
          "measure 'Goods Short'", "measure 'On Hand'", "model", "on hand stands twice"),
    Fault("two visuals stand on one another", f"{PAGES}/salesnow/visuals/netsales/visual.json",
          '"x": 190', '"x": 300', "report", "netsales and receipts overlap"),
)  # fmt: skip


def test_there_are_twenty_and_each_kind_is_among_them() -> None:
    assert len(FAULTS) >= 20
    assert {fault.found_by for fault in FAULTS} == {"schema", "model", "report", "m", "dax", "tmdl"}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "_"))
def test_a_fault_is_found(fault: Fault, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    project = tmp_path / "powerbi"
    shutil.copytree(PROJECT, project)
    path = project / fault.path
    text = path.read_text(encoding="utf-8")
    assert fault.old in text, f"{fault.path} does not hold {fault.old!r} any more: choose another place"
    path.write_text(text.replace(fault.old, fault.new, 1), encoding="utf-8")
    found = "\n".join(CHECKS[fault.found_by](project, request))
    assert found
    assert fault.says in found


def _report(project: Path, _: pytest.FixtureRequest) -> list[str]:
    return report_faults(project, read_model(project / DEFINITION))


def _model(project: Path, _: pytest.FixtureRequest) -> list[str]:
    return model_faults(read_model(project / DEFINITION))


def _schema(project: Path, _: pytest.FixtureRequest) -> list[str]:
    return schema_faults(project)


def _queries(project: Path, request: pytest.FixtureRequest) -> list[str]:
    return query_faults(read_model(project / DEFINITION), request.getfixturevalue("npm_folder"))


def _tmdl(project: Path, request: pytest.FixtureRequest) -> list[str]:
    parser: MicrosoftParser = request.getfixturevalue("tmdl_parser")
    fault = parser.fault(project / DEFINITION)
    return [fault] if fault else []


def _dax(project: Path, _: pytest.FixtureRequest) -> list[str]:
    """Measures of the ledger without a value over a ledger of one batch."""
    ledger: dict[str, list[Any]] = {
        "columns": ["Received", "Accepted", "Duplicate", "Quarantined"],
        "rows": [[9, 6, 2, 1]],
    }
    seen = values(
        read_model(project / DEFINITION), {"Ledger": ledger}, {}, ["Records Received", "Quarantine Share"]
    )
    return [name for name, value in seen.items() if value is None]


CHECKS: dict[str, Callable[[Path, pytest.FixtureRequest], list[str]]] = {
    "report": _report, "model": _model, "schema": _schema, "m": _queries, "tmdl": _tmdl, "dax": _dax,
}  # fmt: skip
