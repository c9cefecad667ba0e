"""The key figures of ``kpis.yaml`` in memory. Each is a sum, or a ratio of sums, over columns of one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

import yaml

from lakehouse.contracts.loader import load_contract
from lakehouse.contracts.model import Column, Contract, ContractError
from lakehouse.contracts.physical_types import DECIMAL, is_number

UNITS = ("currency", "units", "count", "share", "days")
_MONEY_SCALE = 4
_FIELDS = {"id", "name", "sentence", "unit", "table", "numerator", "format", "folder", "source"}
_OPTIONAL = {"denominator", "filter", "grain"}


@dataclass(frozen=True)
class Condition:
    """What a row must hold: ``kind`` is ``in`` (one of the values) or ``null`` (whether the column is null)."""

    column: str
    kind: Literal["in", "null"]
    values: tuple[str | int | bool, ...]


@dataclass(frozen=True)
class Term:
    """A sum over ``column``, or the count of rows where that is None; ``sign`` is 1 or -1."""

    column: str | None
    sign: int
    where: tuple[Condition, ...]


@dataclass(frozen=True)
class Kpi:
    """One key figure. Terms are added up; without ``denominator`` it is a sum and not a ratio.

    ``grain``: columns over which it is never added. ``format`` is DAX's.
    """

    id: str
    name: str
    sentence: str
    unit: str
    layer: str
    table: str
    numerator: tuple[Term, ...]
    denominator: tuple[Term, ...]
    grain: tuple[str, ...]
    format: str
    folder: str
    source: str

    @property
    def is_ratio(self) -> bool:
        """Whether something stands below the line."""
        return bool(self.denominator)


@cache
def all_kpis() -> tuple[Kpi, ...]:
    """The key figures in the order of the file. Raises ContractError."""
    text = resources.files(__package__).joinpath("kpis.yaml").read_text(encoding="utf-8")
    return parse_kpis(text)


def parse_kpis(text: str) -> tuple[Kpi, ...]:
    """The key figures that ``text`` writes; each column must stand in the contract of its table."""
    found = tuple(_kpi(given) for given in yaml.safe_load(text)["kpis"])
    names = [kpi.id for kpi in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ContractError(f"kpis.yaml: {', '.join(twice)} stand twice; an id names one figure")
    return found


def _kpi(given: Mapping[str, Any]) -> Kpi:
    name = str(given.get("id", "?"))
    missing, unknown = _FIELDS - given.keys(), given.keys() - _FIELDS - _OPTIONAL
    if missing or unknown or given["unit"] not in UNITS:
        raise ContractError(
            f"kpi {name}: missing {sorted(missing)}, unknown {sorted(unknown)}, unit {given.get('unit')!r} "
            f"(expected one of {', '.join(UNITS)})"
        )
    layer, _, table = str(given["table"]).partition(".")
    contract = load_contract(layer, table)
    common = tuple(_condition(each, contract, name) for each in given.get("filter", ()))
    kpi = Kpi(
        **{key: str(given[key]) for key in ("id", "name", "sentence", "unit", "format", "folder", "source")},
        layer=layer,
        table=table,
        numerator=_terms(given["numerator"], common, contract, name),
        denominator=_terms(given.get("denominator", ()), common, contract, name),
        grain=tuple(given.get("grain", ())),
    )
    _check_money(kpi, contract)
    return kpi


def _terms(
    given: Sequence[Mapping[str, Any]], common: tuple[Condition, ...], contract: Contract, name: str
) -> tuple[Term, ...]:
    if len(given) > 2:
        raise ContractError(f"kpi {name}: expected one or two terms, seen {len(given)}")
    return tuple(_term(each, common, contract, name) for each in given)


def _term(given: Mapping[str, Any], common: tuple[Condition, ...], contract: Contract, name: str) -> Term:
    where = common + tuple(_condition(each, contract, name) for each in given.get("where", ()))
    kinds = given.keys() - {"where"}
    if kinds == {"count"} and given["count"] == "rows":
        return Term(None, 1, where)
    if kinds not in ({"sum"}, {"minus"}):
        raise ContractError(
            f"kpi {name}: a term is {{sum: column}}, {{minus: column}} or {{count: rows}}, seen {dict(given)}"
        )
    kind = kinds.pop()
    column = contract.table.column(str(given[kind]))
    if not is_number(column):
        raise ContractError(f"kpi {name}: {column.name} is {column.physical_type}, which has no sum")
    return Term(column.name, 1 if kind == "sum" else -1, where)


def _condition(given: Mapping[str, Any], contract: Contract, name: str) -> Condition:
    column = contract.table.column(str(given.get("column")))
    kinds = given.keys() - {"column"}
    if kinds == {"is_null"}:
        return Condition(column.name, "null", (bool(given["is_null"]),))
    if kinds not in ({"is"}, {"in"}):
        raise ContractError(f"kpi {name}: a condition is is, in or is_null, seen {dict(given)}")
    values = tuple(given["in"]) if "in" in given else (given["is"],)
    if not column.required and values != (True,):
        # DAX takes an empty cell for FALSE, 0 and ""; SQL for none of them.
        raise ContractError(
            f"kpi {name}: {column.name} may be null, so only is_null and is: true can be asked"
        )
    return Condition(column.name, "in", values)


def _check_money(kpi: Kpi, contract: Contract) -> None:
    """Two currencies are never added: a figure of money keeps them apart."""
    summed = [contract.table.column(term.column) for term in kpi.numerator + kpi.denominator if term.column]
    if any(map(_is_money, summed)) and "currency" not in kpi.grain:
        raise ContractError(f"kpi {kpi.id} adds money, so its grain needs currency")
    for column in kpi.grain:
        contract.table.column(column)


def _is_money(column: Column) -> bool:
    match = DECIMAL.fullmatch(column.physical_type)
    return match is not None and int(match[2]) == _MONEY_SCALE
