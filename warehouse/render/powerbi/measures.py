"""Measures of the semantic model: KPIs of the contracts, those of ``measures.yaml``, and time intelligence over them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from lakehouse.contracts import ContractError
from lakehouse.contracts.kpis import Kpi, all_kpis
from warehouse.render.kpis import dax, snowflake_query
from warehouse.render.powerbi.model import ModelTable, layout, model_tables, powerbi_file
from warehouse.render.powerbi.names import caption

_FORMATS = {
    "money": "#,0.00",
    "count": "#,0",
    "quantity": "#,0.###",
    "share": "0.0 %",
    "ratio": "#,0.00",
    "instant": "yyyy-mm-dd hh:nn:ss",
    "text": "",
}
_DAYS = "'Date'[Business Date]"


@dataclass(frozen=True)
class Measure:
    """One measure. ``sql`` is the same number in Snowflake, empty for texts and time intelligence.

    ``by``: fields of the model (``Table.Name``) over whose values it is never added; its SQL gives a row for each, the
    values first and the number last.
    """

    name: str
    table: str
    expression: str
    format: str
    description: str
    folder: str
    sql: str = ""
    by: tuple[str, ...] = ()


@cache
def all_measures() -> tuple[Measure, ...]:
    """Every measure; raises ContractError when a name stands twice."""
    own = (*_kpi_measures(), *_own_measures())
    made = (*own, *_time_intelligence({measure.name: measure for measure in own}))
    names = [measure.name.casefold() for measure in made]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ContractError(f"measures must have names of their own; twice: {', '.join(twice)}")
    _refuse_names_of_columns(made)
    return made


def _refuse_names_of_columns(measures: Sequence[Measure]) -> None:
    """A table has one name once, be it a column's or a measure's; case makes no difference."""
    columns = {(table.name, column.name.casefold()) for table in model_tables() for column in table.columns}
    if both := sorted(m.name for m in measures if (m.table, m.name.casefold()) in columns):
        raise ContractError(
            f"columns and measures of one table: {', '.join(both)}; write another caption of the column in model.yaml"
        )


def for_one_currency(expression: str) -> str:
    """Shows an amount only where the choice leaves one currency: two are never added."""
    inside = "\n".join(f"    {line}" for line in expression.strip().splitlines())
    return f"IF (\n    HASONEVALUE ( 'Currency'[Currency] ),\n{inside}\n)"


def formatted(unit: str) -> str:
    """Format string of a unit; raises ContractError for one that is not known."""
    if unit not in _FORMATS:
        raise ContractError(f"no format for unit {unit!r}; units are {', '.join(_FORMATS)}")
    return _FORMATS[unit]


def _kpi_measures() -> Iterator[Measure]:
    """One measure for each key figure of the contracts, in its table."""
    tables = {table.contract: table for table in model_tables()}
    for kpi in all_kpis():
        table = tables[f"{kpi.layer}.{kpi.table}"]
        names = {column.source.lower(): column.name for column in table.columns}
        yield Measure(
            caption(kpi.name),
            table.name,
            dax(kpi, table.name, names.__getitem__),
            kpi.format,
            f"{kpi.sentence} Source: {kpi.source}.",
            kpi.folder,
            snowflake_query(kpi),
            tuple(_choice(kpi, name, table) for name in kpi.grain),
        )


def _choice(kpi: Kpi, source: str, table: ModelTable) -> str:
    """The field by which a reader chooses one value of a column: that of the dimension, where it points to one."""
    column = table.column(source)
    if column is None:
        raise ContractError(f"kpi {kpi.id}: its grain {source} is no column of {table.name} in the model")
    return f"{layout().document['stars'].get(source, table.name)}.{column.name}"


def _own_measures() -> Iterator[Measure]:
    for group in powerbi_file("measures.yaml")["measures"]:
        for each in group["measures"]:
            expression = each["dax"].strip()
            is_money = each["unit"] == "money"
            yield Measure(
                each["name"],
                group["table"],
                for_one_currency(expression) if is_money else expression,
                formatted(each["unit"]),
                each["description"],
                group["folder"],
                each.get("sql", ""),
            )


def _time_intelligence(known: dict[str, Measure]) -> Iterator[Measure]:
    said = powerbi_file("measures.yaml")["time_intelligence"]
    for name in said["measures"]:
        if name not in known:
            raise ContractError(f"measures.yaml: time_intelligence names {name!r}, which is no measure")
        for suffix, expression, share, text in _shifts(name, said["table"]):
            shape = formatted("share") if share else known[name].format
            yield Measure(f"{name} {suffix}", known[name].table, expression, shape, text, said["folder"])


def _shifts(name: str, table: str) -> Iterator[tuple[str, str, bool, str]]:
    """Suffix, DAX, whether it is a share, description. The last day is the last one with sales in what is chosen."""
    last = f"VAR LastDay = MAX ( '{table}'[Business Date] )\n"
    yield (
        "Previous Year", f"CALCULATE ( [{name}], DATEADD ( {_DAYS}, -1, YEAR ) )", False,
        f"{name} of the same days a year before.",
    )  # fmt: skip
    yield (
        "Change on Year",
        f"VAR Before = [{name} Previous Year]\nRETURN IF ( NOT ISBLANK ( [{name}] ), DIVIDE ( [{name}] - Before, Before ) )",
        True, f"Change of {name} on the same days a year before.",
    )  # fmt: skip
    yield (
        "Month to Date",
        f"{last}RETURN CALCULATE ( [{name}], DATESBETWEEN ( {_DAYS}, DATE ( YEAR ( LastDay ), MONTH ( LastDay ), 1 ), LastDay ) )",
        False, f"{name} from the first of the month to the last day with sales.",
    )  # fmt: skip
    yield (
        "Year to Date",
        f"{last}RETURN CALCULATE ( [{name}], DATESBETWEEN ( {_DAYS}, DATE ( YEAR ( LastDay ), 1, 1 ), LastDay ) )",
        False, f"{name} from the first of January to the last day with sales.",
    )  # fmt: skip
    yield (
        "7 Day Average",
        f"{last}RETURN DIVIDE ( CALCULATE ( [{name}], DATESINPERIOD ( {_DAYS}, LastDay, -7, DAY ) ), 7 )",
        False, f"A seventh of {name} of the seven days up to the last day with sales.",
    )  # fmt: skip
