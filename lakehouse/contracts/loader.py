"""Reads the contracts that stand beside this file (Open Data Contract Standard 3.1, one YAML each)."""

from __future__ import annotations

import difflib
from functools import cache
from importlib import resources
from typing import Any

from open_data_contract_standard.model import (
    CustomProperty,
    DataQuality,
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
)
from pydantic import ValidationError
from yaml import YAMLError

from lakehouse.contracts.model import Column, Contract, ContractError, Rule, Severity, Shape

LAYERS = ("topics", "bronze", "silver", "gold", "ops", "export")
SUFFIX = ".odcs.yaml"
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def contract_names(layer: str) -> tuple[str, ...]:
    """Names of the contracts of a layer, sorted."""
    folder = resources.files(__package__).joinpath(layer)
    return tuple(sorted(f.name.removesuffix(SUFFIX) for f in folder.iterdir() if f.name.endswith(SUFFIX)))


@cache
def load_contract(layer: str, name: str) -> Contract:
    """The contract ``layer.name``; raises ContractError that suggests the nearest name or shows the fault."""
    if layer not in LAYERS:
        raise ContractError(f"no layer {layer!r}; layers are {', '.join(LAYERS)}")
    names = contract_names(layer)
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(names)}"
        raise ContractError(f"no contract {layer}.{name}{hint}")
    text = resources.files(__package__).joinpath(layer, name + SUFFIX).read_text(encoding="utf-8")
    try:
        return parse_contract(layer, text)
    except ContractError as error:
        raise ContractError(f"{layer}/{name}{SUFFIX}: {error}") from error


def all_contracts() -> tuple[Contract, ...]:
    """Every contract, by layer and name."""
    return tuple(load_contract(layer, name) for layer in LAYERS for name in contract_names(layer))


def parse_contract(layer: str, text: str) -> Contract:
    """A contract from the text of its YAML."""
    try:
        document = OpenDataContractStandard.from_string(text)
    except (YAMLError, ValidationError, TypeError, ValueError) as error:  # no mapping; a date of the year 0
        raise ContractError(f"not an Open Data Contract Standard document: {error}") from error
    name = document.name or ""
    retention = next((sla for sla in document.slaProperties or [] if sla.property == "retention"), None)
    if not name or retention is None or retention.unit not in {"d", "y"}:
        raise ContractError(f"{layer}.{name or '?'} needs a name and an SLA retention in d or y")
    return Contract(
        layer=layer,
        name=name,
        version=document.version or "",
        description=(document.description.purpose if document.description else "") or "",
        shapes=tuple(_shape(schema) for schema in document.schema_ or []),
        retention=(int(str(retention.value)), retention.unit),
        properties=_custom(document.customProperties),
        freshness_seconds=_freshness(document),
    )


def _freshness(document: OpenDataContractStandard) -> int | None:
    """How old the newest row may be, by the SLA; None when the contract promises nothing."""
    sla = next((sla for sla in document.slaProperties or [] if sla.property == "freshness"), None)
    return None if sla is None else int(str(sla.value)) * _SECONDS[sla.unit or "s"]


def _custom(properties: list[CustomProperty] | None) -> dict[str, Any]:
    return {item.property or "": item.value for item in properties or []}


def _shape(schema: SchemaObject) -> Shape:
    return Shape(
        name=schema.name or "",
        description=schema.description or "",
        grain=schema.dataGranularityDescription or "",
        columns=tuple(_column(column) for column in schema.properties or []),
        rules=tuple(_rule(quality, "") for quality in schema.quality or []),
        when=str(_custom(schema.customProperties).get("when", "true")),
    )


def _column(column: SchemaProperty) -> Column:
    items = column.items
    return Column(
        name=column.name or "",
        logical_type=column.logicalType or "",
        physical_type=column.physicalType or "",
        description=column.description or "",
        required=bool(column.required),
        primary_key=column.primaryKeyPosition if column.primaryKey else None,
        partition_key=column.partitionKeyPosition if column.partitioned else None,
        classification=column.classification,
        options=column.logicalTypeOptions or {},
        fields=tuple(_column(field) for field in (items.properties if items else column.properties) or []),
        element=_column(items) if items and not items.properties else None,
        rules=tuple(_rule(quality, column.name or "") for quality in column.quality or []),
        examples=tuple(column.examples or ()),
    )


def _rule(quality: DataQuality, column: str) -> Rule:
    rule_id = quality.id or ""
    if not rule_id or quality.severity not in {"error", "warning"}:
        raise ContractError(f"rule {rule_id or '?'} needs an id and a severity error or warning")
    severity: Severity = "error" if quality.severity == "error" else "warning"
    if quality.metric == "invalidValues":
        values = tuple(str(value) for value in (quality.arguments or {}).get("validValues", ()))
        return Rule(
            rule_id, "invalidValues", severity, quality.description or "", column=column, valid_values=values
        )
    if quality.type == "sql" and quality.query:
        return Rule(
            rule_id, "sql", severity, quality.description or "", sql=quality.query, must_be=quality.mustBe
        )
    if (
        quality.type == "custom"
        and quality.engine == "rowPredicate"
        and isinstance(quality.implementation, str)
    ):
        return Rule(rule_id, "rowPredicate", severity, quality.description or "", sql=quality.implementation)
    raise ContractError(
        f"rule {rule_id}: expected metric invalidValues, type sql with a query, or type custom with engine "
        f"rowPredicate; seen type {quality.type!r}, metric {quality.metric!r}, engine {quality.engine!r}"
    )
