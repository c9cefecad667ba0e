"""The data dictionary: every table, column, grain, rule and key figure of the contracts as one page. Pure: text out.

``dictionary.md`` shows what Snowflake serves to whoever reads the repository; this page has all layers, formulas in DAX
and rules. It loads nothing from elsewhere, follows light or dark, and filters itself by what is typed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lakehouse.contracts import Column, Contract, all_contracts
from lakehouse.contracts.kpis import Kpi, Term, all_kpis
from warehouse.render.kpis import dax, snowflake_query

Json = dict[str, Any]
NAME = "data_dictionary.html"
_TEMPLATE = "data_dictionary.html.jinja"
_LAYERS = {
    "topics": "Topics: what tills and systems send to Kafka",
    "bronze": "Bronze: every record as it came",
    "silver": "Silver: accepted, typed, each event once; and what was refused",
    "gold": "Gold: facts, dimensions and aggregates that reports read",
    "ops": "Ops: what happened in the house",
    "export": "Export: what Snowpipe loads",
}


def data_dictionary() -> str:
    """The page."""
    contracts, figures = all_contracts(), all_kpis()
    layers = [
        {
            "name": layer,
            "title": title,
            "tables": [
                _table(contract, contracts, figures) for contract in contracts if contract.layer == layer
            ],
        }
        for layer, title in _LAYERS.items()
    ]
    folders = dict.fromkeys(kpi.folder for kpi in figures)
    page = {
        "layers": layers,
        "folders": {name: [_figure(kpi) for kpi in figures if kpi.folder == name] for name in folders},
        "counts": {
            "tables": len(contracts),
            "columns": sum(len(shape.columns) for contract in contracts for shape in contract.shapes),
            "rules": sum(
                len(shape.rules) + sum(len(column.rules) for column in shape.columns)
                for contract in contracts
                for shape in contract.shapes
            ),
            "figures": len(figures),
        },
    }
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return made.get_template(_TEMPLATE).render(page=page) + "\n"


def _table(contract: Contract, everything: tuple[Contract, ...], figures: tuple[Kpi, ...]) -> Json:
    name = f"{contract.layer}.{contract.name}"
    value, unit = contract.retention
    return {
        "name": name,
        "version": contract.version,
        "purpose": contract.description,
        "reads": contract.reads,
        "read_by": [f"{other.layer}.{other.name}" for other in everything if name in other.reads],
        "retention": f"{value} {'year' if unit == 'y' else 'day'}{'' if value == 1 else 's'}",
        "freshness": _span(contract.freshness_seconds),
        "figures": [kpi.name for kpi in figures if f"{kpi.layer}.{kpi.table}" == name],
        "shapes": [
            {
                "name": shape.name,
                "description": shape.description,
                "grain": shape.grain,
                "key_columns": shape.primary_key,
                "partitions": shape.partition_columns,
                "columns": [row for column in shape.columns for row in _columns(column, "")],
                "rules": [*shape.rules, *(rule for column in shape.columns for rule in column.rules)],
            }
            for shape in contract.shapes
        ],
    }


def _span(seconds: int | None) -> str:
    """``90 s``, ``15 min``, ``2 h`` or ``2 days``; empty for None."""
    for unit, size in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s" if seconds else ""


def _columns(column: Column, path: str) -> list[Json]:
    """The column and the fields inside it, each with its path."""
    name = f"{path}{column.name}"
    values = [value for rule in column.rules for value in rule.valid_values]
    row = {
        "name": name,
        "type": column.physical_type or column.logical_type,
        "description": column.description,
        "required": column.required,
        "key": column.primary_key,
        "classification": column.classification,
        "values": values,
    }
    inside = column.fields or (column.element.fields if column.element else ())
    mark = "[]." if column.logical_type == "array" else "."
    return [row, *(each for field in inside for each in _columns(field, f"{name}{mark}"))]


def _figure(kpi: Kpi) -> Json:
    return {
        "id": kpi.id,
        "name": kpi.name,
        "sentence": kpi.sentence,
        "unit": kpi.unit,
        "table": f"{kpi.layer}.{kpi.table}",
        "grain": kpi.grain,
        "source": kpi.source,
        "formula": _sum(kpi.numerator) + (f" / ({_sum(kpi.denominator)})" if kpi.is_ratio else ""),
        "sql": snowflake_query(kpi),
        "dax": dax(kpi),
    }


def _sum(terms: tuple[Term, ...]) -> str:
    """The terms in words: ``sum of net_amount - sum of cost_amount``."""
    told = []
    for number, term in enumerate(terms):
        sign = ("" if term.sign > 0 else "minus ") if not number else (" + " if term.sign > 0 else " - ")
        told.append(f"{sign}{'count of rows' if term.column is None else f'sum of {term.column}'}")
    return "".join(told)
