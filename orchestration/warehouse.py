"""What `retail warehouse`, `retail sql` and `retail worksheet` do, and how they show it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from infra.local.secrets_file import with_secrets
from lakehouse.settings import Settings
from lakehouse.storage.crash_points import arm
from lakehouse.storage.lake_reader import lake_reader
from warehouse.arrival import served_rows, wait_for_arrival
from warehouse.connection import Row, Warehouse, connect
from warehouse.deployer.account import read_account
from warehouse.deployer.apply import apply
from warehouse.deployer.plan import Plan, plan
from warehouse.deployer.scripts import read_scripts, sql_folder
from warehouse.queries import ask, read_worksheet, worksheet_names
from warehouse.refresh import Published, publish
from warehouse.render import data_dictionary, dictionary, rendered_files
from warehouse.render.expected_objects import expected_objects
from warehouse.render.powerbi import powerbi_files
from warehouse.verify import verify

Tell = Callable[[str], None]
Json = dict[str, Any]


def render(folder: Path | None = None) -> list[str]:
    """Write the SQL files, the Power BI project and the data dictionary that derive from contracts; names of those that
    changed."""
    home = Path(str(sql_folder())).parent
    files = {f"sql/{name}": text for name, text in rendered_files().items()}
    files |= {f"powerbi/{name}": text for name, text in powerbi_files().items()}
    files[dictionary.NAME] = dictionary.dictionary()
    files[data_dictionary.NAME] = data_dictionary.data_dictionary()
    changed = []
    for name, text in files.items():
        path = (folder or home) / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(name)
    return changed


def planned(settings: Settings, repair: bool = False) -> Plan:
    """What an apply would do; changes nothing."""
    with connect(with_secrets(settings)) as warehouse:
        return _plan(settings, warehouse, repair)


def applied(settings: Settings, tell: Tell, repair: bool = False) -> Json:
    """Deploy; the figures of what was done."""
    arm(settings.crash_at)
    with connect(with_secrets(settings)) as warehouse:
        made = _plan(settings, warehouse, repair)
        for line in made.drift:
            tell(f"drift: {line}")
        scripts = apply(warehouse, settings, made, tell)
        return {
            "scripts": scripts,
            "columns": [f"{each.table}.{each.column}" for each in made.additions],
            "drift": list(made.drift),
        }


def published(settings: Settings, tell: Tell, everything: bool = False) -> Published:
    """Refresh what changed, through the gates."""
    arm(settings.crash_at)
    settings = with_secrets(settings)
    with connect(settings) as warehouse:
        return publish(settings, warehouse, lake_reader(settings), tell, everything)


def verified(settings: Settings, tell: Tell) -> Json:
    """Compare the warehouse with the lake at the versions that it shows; ``agrees`` says whether nothing differs."""
    settings = with_secrets(settings)
    with connect(settings) as warehouse:
        found = verify(settings, warehouse, lake_reader(settings), tell)
    return {"agrees": not found.differences, **asdict(found)}


def brought_up(settings: Settings, tell: Tell) -> None:
    """Fill the local warehouse, which keeps nothing over a restart, as far as the gates let; tells what it did."""
    made = applied(settings, lambda _: None)
    found = published(settings, lambda _: None)
    for gate in found.closed:
        tell(f"the local Snowflake shows nothing yet: {gate}")
    if made["scripts"] or found.refreshed:
        tell(
            f"the local Snowflake: {len(made['scripts'])} scripts ran, {len(found.refreshed)} tables refreshed"
        )


def served(settings: Settings, tell: Tell, seconds: float = 60.0) -> Json | None:
    """Deploy, publish, wait for the pipe at most so many seconds; rows that readers see by ``schema.view``.

    None where there is no warehouse. A closed gate is told, and the rows are those of before.
    """
    if settings.warehouse == "off" and not settings.snowflake_account:
        return None
    applied(settings, lambda _: None)
    found = published(settings, lambda _: None)
    tell(f"published {len(found.refreshed)} tables to Snowflake")
    for gate in found.closed:
        tell(f"warehouse: nothing is published, the gate is closed: {gate}")
    with connect(with_secrets(settings)) as warehouse:
        if not wait_for_arrival(warehouse, seconds):
            tell(
                f"warehouse: sale lines are still on their way after {seconds:.0f} s; they arrive by themselves"
            )
        return dict(served_rows(warehouse))


def answered(settings: Settings, sql: str) -> list[Row]:
    """Rows of one statement."""
    with connect(with_secrets(settings)) as warehouse:
        return ask(warehouse, sql)


def worksheet(settings: Settings, name: str) -> list[Json]:
    """Each question of a worksheet with its rows."""
    found = read_worksheet(name)
    with connect(with_secrets(settings)) as warehouse:
        return [{"question": each.title, "rows": ask(warehouse, each.sql)} for each in found]


def plan_json(found: Plan) -> Json:
    """The plan as one JSON object."""
    return {
        "scripts": [
            {"name": script.name, "checksum": script.checksum, "statements": list(script.statements)}
            for script in found.scripts
        ],
        "columns": [asdict(addition) for addition in found.additions],
        "drift": list(found.drift),
        "refused": list(found.refused),
    }


def plan_screen(found: Plan) -> RenderableType:
    """What would change, for people."""
    lines = [f"run      {script.name}  ({len(script.statements)} statements)" for script in found.scripts]
    lines += [f"column   {addition.statement}" for addition in found.additions]
    lines += [f"drift    {line}" for line in found.drift]
    lines += [f"refused  {line}" for line in found.refused]
    return Text("\n".join(lines or ["nothing: the account holds what warehouse/sql says"]))


def published_json(found: Published) -> Json:
    """What was published as one JSON object."""
    return {
        "refreshed": found.refreshed,
        "unchanged": list(found.unchanged),
        "absent": list(found.absent),
        "exported": None if found.exported is None else asdict(found.exported),
        "closed": [
            {"table": gate.table_name, "rules": list(gate.rule_ids), "since_at": gate.since_at.isoformat()}
            for gate in found.closed
        ],
    }


def published_screen(found: Published) -> RenderableType:
    """What was published, or why nothing was."""
    if found.is_held_back:
        gates = [f"  {gate}" for gate in found.closed]
        told = ["nothing was published; Snowflake keeps what it shows. Closed gates:", *gates]
        return Text("\n".join([*told, "mend the rows, then `retail check` opens the gate"]))
    if not found.refreshed:
        return Text("nothing changed since the last refresh")
    return Text("\n".join(f"{name}  version {version}" for name, version in found.refreshed.items()))


def verified_screen(found: Json) -> RenderableType:
    """Control totals by currency, or what differs."""
    if not found["agrees"]:
        return Text("\n".join(["the warehouse differs from the lake:", *found["differences"]]))
    totals = [
        f"{currency}  {each['lines']:,} lines, {each['units']:,} units, {each['net_amount']:,} net"
        for currency, each in sorted(found["totals"].items())
    ]
    return Text(
        "\n".join([*totals, f"equal in the lake, in gold and in SALES; {len(found['tables'])} tables"])
    )


def rows_screen(rows: list[Row]) -> RenderableType:
    """Rows as a table."""
    if not rows:
        return Text("no rows")
    table = Table(box=None, header_style="bold")
    for name in rows[0]:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    return table


def worksheet_screen(found: list[Json]) -> RenderableType:
    """Each question with its rows."""
    parts: list[RenderableType] = []
    for each in found:
        parts += [Text(each["question"], style="bold"), rows_screen(each["rows"]), Text("")]
    return Group(*parts)


def worksheets_screen() -> RenderableType:
    """The worksheets there are, with the question that each begins with."""
    table = Table("worksheet", "first question", box=None, header_style="bold")
    for name in worksheet_names():
        table.add_row(name, read_worksheet(name)[0].title)
    return table


def _plan(settings: Settings, warehouse: Warehouse, repair: bool) -> Plan:
    account = read_account(warehouse, settings.snowflake_database)
    expected = expected_objects(settings.snowflake_lake_tables == "iceberg")
    return plan(read_scripts(settings), account, expected, repair)
