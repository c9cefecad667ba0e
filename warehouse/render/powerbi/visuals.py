"""Visuals of the report: from a line of ``pages.yaml`` to the document of PBIR. Pure.

Source of the form: Microsoft's JSON schemas, report/definition/visualContainer 2.2.0.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lakehouse.contracts import ContractError

Json = dict[str, Any]
SCHEMAS = "https://developer.microsoft.com/json-schemas/fabric/"
DEFINITION = f"{SCHEMAS}item/report/definition/"


@dataclass(frozen=True)
class Kind:
    """A visual of Power BI, and the roles of its values and of its axis."""

    visual_type: str
    values: str = "Values"
    axis: str = ""


KINDS = {
    "text": Kind("textbox"),
    "card": Kind("card"),
    "slicer": Kind("slicer"),
    "line": Kind("lineChart", "Y", "Category"),
    "column": Kind("clusteredColumnChart", "Y", "Category"),
    "bar": Kind("clusteredBarChart", "Y", "Category"),
    "table": Kind("tableEx"),
    "matrix": Kind("pivotTable", "Values", "Rows"),
}


@dataclass(frozen=True)
class Fields:
    """What the model offers: ``Table.Name`` of its columns and measures."""

    columns: frozenset[str]
    measures: frozenset[str]

    def expression(self, name: str) -> Json:
        """The field as an expression; raises ContractError with the nearest name."""
        table, _, field = name.partition(".")
        if name in self.measures or name in self.columns:
            kind = "Measure" if name in self.measures else "Column"
            return {kind: {"Expression": {"SourceRef": {"Entity": table}}, "Property": field}}
        near = difflib.get_close_matches(name, self.columns | self.measures, n=1)
        raise ContractError(
            f"pages.yaml: the model has no {name!r}" + (f"; did you mean {near[0]!r}?" if near else "")
        )

    def projection(self, name: str, is_active: bool = False) -> Json:
        """The field as a value of a visual."""
        made: Json = {
            "field": self.expression(name),
            "queryRef": name,
            "nativeQueryRef": name.partition(".")[2],
        }
        return made | ({"active": True} if is_active else {})


def literal(value: str | bool) -> Json:
    """A constant of a formatting property: text stands in single quotes."""
    text = str(value).lower() if isinstance(value, bool) else "'" + value.replace("'", "''") + "'"
    return {"expr": {"Literal": {"Value": text}}}


def visual_document(said: Mapping[str, Any], order: int, fields: Fields) -> Json:
    """``visual.json`` of one visual."""
    if said["kind"] not in KINDS:
        raise ContractError(
            f"pages.yaml: visual {said['id']} is of kind {said['kind']!r}; kinds are {', '.join(KINDS)}"
        )
    x, y, width, height = said["at"]
    made: Json = {
        "$schema": f"{DEFINITION}visualContainer/2.2.0/schema.json",
        "name": said["id"],
        "position": {
            "x": x,
            "y": y,
            "z": order * 1000,
            "height": height,
            "width": width,
            "tabOrder": order * 1000,
        },
        "visual": _visual(said, fields),
    }
    if "with_values" in said:
        made["filterConfig"] = {"filters": [_not_blank(said, fields)]}
    return made


def _visual(said: Mapping[str, Any], fields: Fields) -> Json:
    kind = KINDS[said["kind"]]
    made: Json = {"visualType": kind.visual_type}
    if said["kind"] == "text":
        run = {"value": said["text"], "textStyle": {"fontWeight": "bold", "fontSize": "20pt"}}
        made["objects"] = {"general": [{"properties": {"paragraphs": [{"textRuns": [run]}]}}]}
        return made
    made["query"] = _query(said, kind, fields)
    objects = _objects(said)
    made |= {"objects": objects} if objects else {}
    made["visualContainerObjects"] = _container(said)
    if said["kind"] == "slicer":
        made["syncGroup"] = {"groupName": said["fields"][0], "fieldChanges": True, "filterChanges": True}
    made["drillFilterOtherVisuals"] = True
    return made


def _query(said: Mapping[str, Any], kind: Kind, fields: Fields) -> Json:
    is_slicer = said["kind"] == "slicer"
    state = {kind.values: {"projections": [fields.projection(name, is_slicer) for name in said["fields"]]}}
    if "category" in said:
        state = {kind.axis: {"projections": [fields.projection(said["category"], True)]}} | state
    made: Json = {"queryState": state}
    if "sort" in said:
        name, direction = said["sort"]
        made["sortDefinition"] = {"sort": [{"field": fields.expression(name), "direction": direction}]}
    return made


def _objects(said: Mapping[str, Any]) -> Json:
    if said["kind"] == "slicer":
        single = {"selection": [{"properties": {"strictSingleSelect": literal(True)}}]}
        return {"data": [{"properties": {"mode": literal("Dropdown")}}]} | (
            single if said.get("single") else {}
        )
    if (
        said["kind"] == "card"
    ):  # the title above says what it is; whole numbers are not shortened to thousands
        units = {"expr": {"Literal": {"Value": "1D"}}}
        return {
            "categoryLabels": [{"properties": {"show": literal(False)}}],
            "labels": [{"properties": {"labelDisplayUnits": units}}],
        }
    return {}


def _container(said: Mapping[str, Any]) -> Json:
    title = said.get("title", "")
    made: Json = {"title": [{"properties": {"show": literal(bool(title)), "text": literal(title)}}]}
    made["general"] = [{"properties": {"altText": literal(said.get("alt", title or said["id"]))}}]
    if "tooltip" in said:
        tip = {"show": literal(True), "type": literal("ReportPage"), "section": literal(said["tooltip"])}
        made["visualTooltip"] = [{"properties": tip}]
    return made


def _not_blank(said: Mapping[str, Any], fields: Fields) -> Json:
    """Members without a value of that measure are not offered."""
    name = said["with_values"]
    table = name.partition(".")[0]
    field = fields.expression(name)
    aliased = {"Measure": {"Expression": {"SourceRef": {"Source": "m"}}, "Property": name.partition(".")[2]}}
    blank = {"Comparison": {"ComparisonKind": 0, "Left": aliased, "Right": {"Literal": {"Value": "null"}}}}
    return {
        "name": f"{said['id']}hasvalues",
        "field": field,
        "type": "Advanced",
        "filter": {
            "Version": 2,
            "From": [{"Name": "m", "Entity": table, "Type": 0}],
            "Where": [{"Condition": {"Not": {"Expression": blank}}}],
        },
        "isHiddenInViewMode": True,
    }
