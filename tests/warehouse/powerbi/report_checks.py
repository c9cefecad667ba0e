"""Names of the report: model, pages, fields, roles of visuals and resources that are named exist, nothing overlaps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

from tests.warehouse.powerbi.tmdl_reader import Model

# Which roles a visual of Power BI takes.
_ROLES = {
    "card": {"Values"},
    "slicer": {"Values"},
    "tableEx": {"Values"},
    "pivotTable": {"Rows", "Columns", "Values"},
    "lineChart": {"Category", "Y", "Y2", "Series"},
    "clusteredBarChart": {"Category", "Y", "Series"},
    "clusteredColumnChart": {"Category", "Y", "Series"},
    "textbox": set(),
}


def report_faults(project: Path, model: Model) -> list[str]:
    """Everything that the report names and that is not there."""
    report = project / "Retail.Report"
    return [*_paths(project, report), *_pages(report), *_visuals(report, model)]


def _paths(project: Path, report: Path) -> Iterator[str]:
    for artifact in _read(project / "Retail.pbip")["artifacts"]:
        if not (project / artifact["report"]["path"] / "definition.pbir").is_file():
            yield f"Retail.pbip: no report at {artifact['report']['path']}"
    path = _read(report / "definition.pbir")["datasetReference"]["byPath"]["path"]
    if not (report / path / "definition.pbism").is_file():
        yield f"definition.pbir: no semantic model at {path}"
    for package in _read(report / "definition/report.json").get("resourcePackages", []):
        for item in package["items"]:
            if not (report / "StaticResources" / package["name"] / item["path"]).is_file():
                yield f"report.json: no resource {package['name']}/{item['path']}"


def _pages(report: Path) -> Iterator[str]:
    pages = report / "definition/pages"
    said = _read(pages / "pages.json")
    found = {path.parent.name for path in pages.glob("*/page.json")}
    for name in {*said["pageOrder"], said["activePageName"]} - found:
        yield f"pages.json: no page {name}"
    for name in found - set(said["pageOrder"]):
        yield f"pages.json leaves page {name} out"
    for path in pages.glob("*/page.json"):
        if _read(path)["name"] != path.parent.name:
            yield f"{path.parent.name}/page.json: its name is {_read(path)['name']}"


def _visuals(report: Path, model: Model) -> Iterator[str]:
    pages = {path.parent.name: _read(path) for path in report.glob("definition/pages/*/page.json")}
    for name, page in pages.items():
        shown = {
            path.parent.name: _read(path)
            for path in report.glob(f"definition/pages/{name}/visuals/*/visual.json")
        }
        yield from _overlaps(name, page, shown)
        ends = {each[end] for each in page.get("visualInteractions", []) for end in ("source", "target")}
        yield from (
            f"{name}/page.json: interaction with {end}, which is no visual"
            for end in sorted(ends - set(shown))
        )
        for visual_name, document in shown.items():
            where = f"{name}/{visual_name}"
            if document["name"] != visual_name:
                yield f"{where}: its name is {document['name']}"
            yield from _roles(where, document["visual"])
            yield from (f"{where}: {fault}" for fault in _tooltips(document, set(pages)))
    for path in report.glob("definition/**/*.json"):
        yield from (f"{path.parent.name}/{path.name}: {fault}" for fault in _fields(_read(path), model))


def _roles(where: str, visual: dict[str, Any]) -> Iterator[str]:
    kind = visual["visualType"]
    if kind not in _ROLES:
        yield f"{where}: no visual type {kind}"
        return
    state = visual.get("query", {}).get("queryState", {})
    yield from (f"{where}: {kind} has no role {role}" for role in sorted(set(state) - _ROLES[kind]))
    for role, values in state.items():
        for each in values["projections"]:
            (field,) = each["field"].values()
            named = f"{field['Expression']['SourceRef']['Entity']}.{field['Property']}"
            if each["queryRef"] != named:
                yield f"{where}: {role} reads {named} under the name {each['queryRef']}"


def _fields(node: Any, model: Model) -> Iterator[str]:
    """Fields anywhere in a document: values, sorting, filters."""
    if isinstance(node, list):
        for each in node:
            yield from _fields(each, model)
    if not isinstance(node, dict):
        return
    for kind in ("Column", "Measure"):
        field = node.get(kind, {})
        source = field.get("Expression", {}).get("SourceRef", {}) if isinstance(field, dict) else {}
        if "Entity" in source:
            table, name = source["Entity"], field["Property"]
            is_there = (
                name in model.columns.get(table, {})
                if kind == "Column"
                else model.measures.get(name) == table
            )
            if not is_there:
                yield f"the model has no {kind.lower()} {table}.{name}"
    for each in node.values():
        yield from _fields(each, model)


def _tooltips(document: dict[str, Any], pages: set[str]) -> Iterator[str]:
    for each in document["visual"].get("visualContainerObjects", {}).get("visualTooltip", []):
        page = each["properties"]["section"]["expr"]["Literal"]["Value"].strip("'")
        if page not in pages:
            yield f"no tooltip page {page}"


def _overlaps(name: str, page: dict[str, Any], shown: dict[str, dict[str, Any]]) -> Iterator[str]:
    for visual, document in shown.items():
        at = document["position"]
        if at["x"] + at["width"] > page["width"] or at["y"] + at["height"] > page["height"]:
            yield f"{name}/{visual}: stands outside the page"
    for (one, first), (other, second) in combinations(shown.items(), 2):
        a, b = first["position"], second["position"]
        apart = (
            a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"]
            or a["y"] + a["height"] <= b["y"] or b["y"] + b["height"] <= a["y"]
        )  # fmt: skip
        if not apart:
            yield f"{name}: {one} and {other} overlap"


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document
