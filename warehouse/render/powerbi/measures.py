"""Measures of the semantic model: KPIs of the contracts, those of ``measures.yaml``, and time intelligence over them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from lakehouse.contracts import ContractError
from warehouse.render.powerbi.model import powerbi_file

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
    """One measure. ``sql`` is the same number in Snowflake, empty for texts and time intelligence."""

    name: str
    table: str
    expression: str
    format: str
    description: str
    folder: str
    sql: str = ""


@cache
def all_measures() -> tuple[Measure, ...]:
    """Every measure; raises ContractError when a name stands twice."""
    own = tuple(_own_measures())
    made = (*own, *_time_intelligence({measure.name: measure for measure in own}))
    names = [measure.name.casefold() for measure in made]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ContractError(f"measures must have names of their own; twice: {', '.join(twice)}")
    return made


def for_one_currency(expression: str) -> str:
    """Shows an amount only where the choice leaves one currency: two are never added."""
    inside = "\n".join(f"    {line}" for line in expression.strip().splitlines())
    return f"IF (\n    HASONEVALUE ( 'Currency'[Currency] ),\n{inside}\n)"


def formatted(unit: str) -> str:
    """Format string of a unit; raises ContractError for one that is not known."""
    if unit not in _FORMATS:
        raise ContractError(f"no format for unit {unit!r}; units are {', '.join(_FORMATS)}")
    return _FORMATS[unit]


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
