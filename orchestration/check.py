"""`retail check`: Great Expectations over tables by spark-submit; what is broken, how often, and five examples."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from infra.local.errors import StackError
from infra.local.secrets_file import with_secrets
from lakehouse.contracts import ContractError, contract_names
from lakehouse.settings import Settings
from orchestration.plan import CHECK
from orchestration.report import write_report
from orchestration.screens import table
from orchestration.spark_job import Tell, run_to_end, servers_away
from orchestration.summary import Json
from orchestration.writer_lock import take_checker_lock

LAYERS = ("bronze", "silver", "gold", "ops")


def check(settings: Settings, names: Sequence[str], is_whole: bool, tell: Tell) -> Json:
    """Check the tables (none = all) and say what was found: verdicts, closed gates, where the pages are.

    Raises UnknownTable, WriterBusy while another check of this home runs, JobFailed, StackError.
    """
    started = time.monotonic()
    tables = [full_name(name) for name in names]
    take_checker_lock(settings, "retail check")
    settings = with_secrets(settings)
    away = servers_away(settings, with_kafka=False)
    if away:
        raise StackError(away)
    told = run_to_end(settings, CHECK, [*tables, *(["--whole"] if is_whole else [])], tell)
    tell(f"summary page: {write_report(settings, 'retail check')['path']}")
    return {**outcome(told), "seconds": round(time.monotonic() - started, 3)}


def outcome(told: Sequence[Json]) -> Json:
    """What the events of a check add up to."""
    verdicts = [
        {name: value for name, value in event.items() if name != "event"}
        for event in told
        if event["event"] == "verdict"
    ]
    pages = [event["path"] for event in told if event["event"] == "pages"]
    return {
        "closed": [verdict["table"] for verdict in verdicts if not verdict["is_open"]],
        "tables": verdicts,
        "data_docs": pages[-1] if pages else None,
    }


def full_name(name: str) -> str:
    """``layer.table`` of a table given with or without its layer; raises ContractError that names those there are."""
    known = [f"{layer}.{each}" for layer in LAYERS for each in contract_names(layer)]
    found = [each for each in known if name in (each, each.partition(".")[2])]
    if len(found) != 1:
        seen = f"{name} is {' or '.join(found)}" if found else f"no table {name}"
        raise UnknownTable(f"{seen}; tables are {', '.join(known)}")
    return found[0]


class UnknownTable(ContractError):
    """The name of a table that has no contract, or that two layers have."""


def check_screen(found: Json) -> RenderableType:
    """Verdicts, then each broken rule with its count and examples."""
    made = table("table", "gate", "rules", "rows", "looked at", title="Gates", right=("rules", "rows"))
    for verdict in found["tables"]:
        state = Text("open", "green") if verdict["is_open"] else Text("CLOSED", "bold red")
        part = "whole" if verdict["is_whole"] else "what changed"
        part = "nothing changed: verdict stands" if verdict["is_carried"] else part
        made.add_row(verdict["table"], state, f"{verdict['rules']:,}", f"{verdict['rows']:,}", part)
    parts: list[RenderableType] = [made]
    for verdict in found["tables"]:
        parts += [_broken(verdict["table"], each) for each in verdict["failed"]]
    if found["data_docs"]:
        parts.append(Text(f"Data Docs  {found['data_docs']}"))
    return Group(*parts)


def _broken(name: str, finding: Json) -> Text:
    style = "bold red" if finding["severity"] == "error" else "yellow"
    told = Text.assemble(
        (f"{finding['severity']}  ", style),
        (f"{name} {finding['rule']}", "bold"),
        f"  {finding['count']:,} broken; expected: {finding['expected']}",
    )
    for example in finding["examples"]:
        told.append(f"\n        {example}", style="dim")
    return told
