"""The report as PBIR: pages of ``pages.yaml`` with their header, drill-through, tooltip and page refresh. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lakehouse.contracts import ContractError
from warehouse.render.powerbi.names import tag
from warehouse.render.powerbi.visuals import DEFINITION, Fields, Json, literal, visual_document

_SIZE = (1280, 720)
_THEME = "RetailTheme"


def report_documents(pages: Sequence[Mapping[str, Any]], fields: Fields) -> dict[str, Json]:
    """Documents below ``Retail.Report/definition`` by path."""
    made: dict[str, Json] = {
        "version.json": {"$schema": f"{DEFINITION}versionMetadata/1.0.0/schema.json", "version": "2.0.0"},
        "report.json": _report(),
        "pages/pages.json": {
            "$schema": f"{DEFINITION}pagesMetadata/1.0.0/schema.json",
            "pageOrder": [page["id"] for page in pages],
            "activePageName": pages[0]["id"],
        },
    }
    for page in pages:
        folder = f"pages/{page['id']}"
        made[f"{folder}/page.json"] = _page(page, fields)
        for order, said in enumerate([*_header(page), *page["visuals"]]):
            made[f"{folder}/visuals/{said['id']}/visual.json"] = visual_document(said, order, fields)
    return made


def _report() -> Json:
    versions = {"visual": "2.2.0", "report": "3.0.0", "page": "2.0.0"}
    theme = {"name": f"{_THEME}.json", "reportVersionAtImport": versions, "type": "RegisteredResources"}
    return {
        "$schema": f"{DEFINITION}report/3.0.0/schema.json",
        "themeCollection": {"customTheme": theme},
        "resourcePackages": [
            {
                "name": "RegisteredResources",
                "type": "RegisteredResources",
                "items": [{"name": f"{_THEME}.json", "path": f"{_THEME}.json", "type": "CustomTheme"}],
            }
        ],
        "settings": {
            "useStylableVisualContainerHeader": True,
            "exportDataMode": "AllowSummarized",
            "defaultDrillFilterOtherVisuals": True,
            "allowChangeFilterTypes": True,
            "useEnhancedTooltips": True,
        },
    }


def _header(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Title of the page, and below it period, as-of time and currency. A tooltip has neither."""
    if page.get("use") == "tooltip":
        return []
    width = _SIZE[0] - 40
    return [
        {"id": "pagetitle", "kind": "text", "text": page["title"], "at": [20, 8, width, 40]},
        {"id": "pageheader", "kind": "card", "alt": "Period, as-of time and currency", "at": [20, 48, width, 36],
         "fields": [page["header"]]},
    ]  # fmt: skip


def _page(page: Mapping[str, Any], fields: Fields) -> Json:
    width, height = page.get("size", _SIZE)
    made: Json = {
        "$schema": f"{DEFINITION}page/2.0.0/schema.json",
        "name": page["id"],
        "displayName": page["title"],
        "displayOption": "FitToPage",
        "height": height,
        "width": width,
    }
    if "refresh" in page:
        fixed = {"show": literal(True), "refreshType": literal("Fixed"), "duration": literal(page["refresh"])}
        made["objects"] = {"pageRefresh": [{"properties": fixed}]}
    if apart := _without_filter(page):
        made["visualInteractions"] = apart
    if page.get("use") == "tooltip":
        made |= {"type": "Tooltip", "visibility": "HiddenInViewMode", "displayOption": "ActualSize",
                 "pageBinding": {"name": tag("binding", page["id"]), "type": "Tooltip", "parameters": []}}  # fmt: skip
    if page.get("use") == "drillthrough":
        made |= _drillthrough(page, fields.expression(page["drill"]))
    return made


def _without_filter(page: Mapping[str, Any]) -> list[Json]:
    """Slicers that leave a visual alone. Raises ContractError for one that the page has not."""
    slicers = {said["id"] for said in page["visuals"] if said["kind"] == "slicer"}
    named = [(slicer, said["id"]) for said in page["visuals"] for slicer in said.get("free_of", ())]
    if gone := sorted({slicer for slicer, _ in named} - slicers):
        raise ContractError(f"pages.yaml: {page['id']} has no slicer {', '.join(gone)}")
    return [{"source": slicer, "target": visual, "type": "NoFilter"} for slicer, visual in named]


def _drillthrough(page: Mapping[str, Any], field: Json) -> Json:
    """Reached from any visual that shows the field; the filters of that visual come along."""
    name = f"drill{page['id']}"
    parameter = {"name": f"by{page['id']}", "boundFilter": name, "fieldExpr": field}
    return {
        "type": "Drillthrough",
        "visibility": "HiddenInViewMode",
        "pageBinding": {
            "name": tag("binding", page["id"]),
            "type": "Drillthrough",
            "parameters": [parameter],
        },
        "filterConfig": {
            "filters": [{"name": name, "field": field, "type": "Categorical", "howCreated": "Drillthrough"}]
        },
    }
