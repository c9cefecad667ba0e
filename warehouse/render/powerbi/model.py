"""The semantic model in memory: tables from contracts and ``warehouse/powerbi/model.yaml``, stars, roles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

import yaml

from lakehouse.contracts import Column, ContractError, contract_names, load_contract
from lakehouse.contracts.physical_types import DECIMAL
from warehouse.render.powerbi.names import table_title, title
from warehouse.render.snowflake_names import snowflake_type

# What fits no column of a model: lists, bytes and whole numbers beyond 64 bits.
_LEFT_OUT = ("ARRAY", "BINARY", "DECIMAL(38,0)")
_TYPES = {"STRING": "string", "INT": "int64", "BIGINT": "int64", "DATE": "dateTime", "TIMESTAMP": "dateTime",
          "BOOLEAN": "boolean"}  # fmt: skip
_STORE, _ACCESS = "Store", "Report Access"
_FORMATS = {"int64": "0", "decimal": "#,0.00##", "double": "#,0.00####"}
_TIMES = {"DATE": "yyyy-mm-dd", "TIMESTAMP": "yyyy-mm-dd hh:nn:ss"}


@dataclass(frozen=True)
class ModelColumn:
    """One column: as readers see it, and the column of Snowflake that it reads."""

    name: str
    source: str
    data_type: str
    description: str
    format: str = ""
    is_hidden: bool = False
    is_key: bool = False


@dataclass(frozen=True)
class ModelTable:
    """One table. ``current_only`` keeps the versions that are valid now (column IS_CURRENT); ``is_alone``: joins nothing."""

    name: str
    contract: str
    mode: str
    description: str
    schema: str
    object: str
    kind: str
    columns: tuple[ModelColumn, ...]
    is_hidden: bool = False
    is_calendar: bool = False
    is_distinct: bool = False
    is_alone: bool = False
    current_only: bool = False

    def column(self, source: str) -> ModelColumn | None:
        """The column that reads ``source``, a name of the contract; None if there is none."""
        return next((column for column in self.columns if column.source == source.upper()), None)


@dataclass(frozen=True)
class Star:
    """A relationship, many to one."""

    fact: str
    fact_column: str
    dimension: str
    dimension_column: str


@dataclass(frozen=True)
class Layout:
    """``model.yaml``."""

    document: Mapping[str, Any]

    @property
    def parameters(self) -> list[dict[str, str]]:
        """Parameters of the queries."""
        return list(self.document["parameters"])

    @property
    def roles(self) -> list[dict[str, str]]:
        """Roles with their filter of the stores."""
        return list(self.document["roles"])


def powerbi_file(name: str) -> Any:
    """The YAML document ``warehouse/powerbi/<name>``."""
    return yaml.safe_load(resources.files("warehouse").joinpath("powerbi", name).read_text(encoding="utf-8"))


@cache
def layout() -> Layout:
    """What model.yaml says."""
    return Layout(powerbi_file("model.yaml"))


@cache
def model_tables() -> tuple[ModelTable, ...]:
    """All tables, by name."""
    said = {entry["contract"]: entry for entry in layout().document["tables"]}
    for name in contract_names("gold"):
        said.setdefault(f"gold.{name}", {"contract": f"gold.{name}", "name": table_title(name)})
    made = [_from_contract(entry) for entry in said.values()] + [
        _own(entry) for entry in layout().document["own_tables"]
    ]
    return tuple(sorted(made, key=lambda table: table.name))


def stars() -> tuple[Star, ...]:
    """Relationships from every table that names a member of a dimension to that dimension."""
    return tuple(star for table in model_tables() if not table.is_alone for star in _stars_of(table))


def role_filters(role: Mapping[str, str]) -> dict[str, str]:
    """DAX by table: what a reader of the role sees of each. Raises ContractError for a table that nobody decided on."""
    without = layout().document["without_store"]
    by_store = {star.fact for star in stars() if star.dimension == _STORE}
    decided = by_store | {_STORE, _ACCESS, *without["closed"], *without["open"]}
    if undecided := sorted({table.name for table in model_tables()} - decided):
        raise ContractError(
            f"model.yaml: {', '.join(undecided)} names no store; write it under without_store as closed or open"
        )
    if shut := sorted({star.dimension for star in stars()} & set(without["closed"])):
        raise ContractError(
            f"model.yaml: {', '.join(shut)} is a dimension; closed, it closes every fact that names it"
        )
    closed = dict.fromkeys(sorted(without["closed"]), "FALSE ()")
    return {_STORE: role["store"], _ACCESS: layout().document["access"]} | closed


def _stars_of(table: ModelTable) -> Iterator[Star]:
    by_name = {each.name: each for each in model_tables()}
    said = {source: f"{name}.{source}" for source, name in layout().document["stars"].items()}
    for source, end in (said | layout().document["also_stars"]).items():
        name, _, key_source = end.partition(".")
        column, key = table.column(source), by_name[name].column(key_source)
        if key is None:
            raise ContractError(f"model.yaml: stars name {key_source} of {name}, which has no such column")
        if column and table.name != name and table.contract.rpartition(".")[2][:4] != "dim_":
            yield Star(table.name, column.name, name, key.name)


def _from_contract(entry: Mapping[str, Any]) -> ModelTable:
    layer, _, name = entry["contract"].partition(".")
    contract = load_contract(layer, name)
    without = set(entry.get("without", ()))
    columns = [c for c in contract.table.columns if c.name not in without and _fits(c)]
    has_versions = any(column.name == "is_current" for column in columns)
    captions = layout().document["captions"].get(entry["contract"], {})
    return ModelTable(
        name=entry["name"],
        contract=entry["contract"],
        mode=entry.get("mode", "import"),
        description=f"{contract.table.description} Grain: {contract.table.grain}.",
        schema=entry.get("schema", layer.upper()),
        object=entry.get("object", name.upper()),
        kind="View",
        columns=tuple(
            replace(made, name=captions.get(c.name, made.name))
            for c in columns
            if c.classification != "PII"
            for made in [_column(c, entry["name"])]
        ),
        is_calendar=bool(entry.get("calendar", False)),
        current_only=has_versions,
    )


def _own(entry: Mapping[str, Any]) -> ModelTable:
    columns = [Column(c["name"], "", c["type"], c["description"]) for c in entry["columns"]]
    return ModelTable(
        name=entry["name"],
        contract="",
        mode=entry["mode"],
        description=entry["description"],
        schema=entry["schema"],
        object=entry["object"],
        kind=entry["kind"],
        columns=tuple(_column(column, entry["name"]) for column in columns),
        is_hidden=bool(entry.get("hidden", False)),
        is_distinct=bool(entry.get("distinct", False)),
        is_alone=bool(entry.get("alone", False)),
    )


def _fits(column: Column) -> bool:
    return column.physical_type not in _LEFT_OUT


def _column(column: Column, table: str) -> ModelColumn:
    kind = _data_type(column)
    dimension = layout().document["stars"].get(column.name)
    return ModelColumn(
        name=title(column.name),
        source=column.name.upper(),
        data_type=kind,
        description=column.description,
        format=_TIMES.get(column.physical_type, _FORMATS.get(kind, "")),
        is_hidden=column.name in layout().document["hidden_columns"] or dimension not in (None, table),
        is_key=dimension == table,
    )


def _data_type(column: Column) -> str:
    """Fixed decimals have four places in a model: what has more is a double there."""
    decimal = DECIMAL.fullmatch(column.physical_type)
    if decimal:
        return "decimal" if int(decimal[2]) <= 4 else "double"
    if column.physical_type not in _TYPES:
        raise ContractError(
            f"column {column.name}: no type of a semantic model for {snowflake_type(column)} "
            f"({column.physical_type}); expected DECIMAL(p,s) or one of {', '.join(_TYPES)}"
        )
    return _TYPES[column.physical_type]
