"""`retail warehouse …`, `retail sql`, `retail worksheet`: declares the verbs. As in orchestration.cli, imports wait for the verb."""
# ruff: noqa: PLC0415 - see orchestration.cli

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestration.terminal import errors_told, print_json, show, tell

app = typer.Typer(
    help="Snowflake, or its local stand-in: render, plan, apply, refresh.", no_args_is_help=True
)

AsJson = Annotated[bool, typer.Option("--json", help="one JSON object on stdout, progress on stderr")]
Repair = Annotated[
    bool, typer.Option("--repair", help="run the scripts of what was changed by hand once more")
]


@app.command(epilog="Example: retail warehouse render")
def render(
    to: Annotated[Path | None, typer.Option(help="write below this folder instead of warehouse/")] = None,
    as_json: AsJson = False,
) -> None:
    """Write what derives from contracts: SQL files, the Power BI project and the data dictionary; review and commit."""
    with errors_told():
        from orchestration import warehouse

        changed = warehouse.render(to)
        print_json({"changed": changed}) if as_json else tell(f"changed: {', '.join(changed) or 'none'}")


@app.command(epilog="Example: retail warehouse plan --json")
def plan(repair: Repair = False, as_json: AsJson = False) -> None:
    """Show what an apply would run, new columns, and what was changed by hand. Changes nothing.

    Exit 1 when something was changed by hand or cannot be applied.
    """
    with errors_told():
        from lakehouse.settings import load_settings
        from orchestration import warehouse

        found = warehouse.planned(load_settings(), repair)
        show(warehouse.plan_json(found), as_json, lambda: warehouse.plan_screen(found))
        if found.drift or found.refused:
            raise typer.Exit(1)


@app.command("apply", epilog="Example: retail warehouse apply")
def apply_plan(repair: Repair = False, as_json: AsJson = False) -> None:
    """Deploy warehouse/sql. Stops at the first error; the same command goes on from there; twice changes nothing."""
    with errors_told():
        from lakehouse.settings import load_settings
        from orchestration import warehouse

        found = warehouse.applied(load_settings(), tell, repair)
        done = f"{len(found['scripts'])} scripts ran, {len(found['columns'])} columns added"
        print_json(found) if as_json else tell(done)


@app.command(epilog="Example: retail warehouse refresh")
def refresh(
    everything: Annotated[
        bool, typer.Option("--all", help="tables whose version did not change too")
    ] = False,
    every: Annotated[
        float | None,
        typer.Option(min=0.5, help="go on until Ctrl-C: export every so many seconds, refresh every minute"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Publish: refresh the tables that changed and hand new sale lines to the pipe. Exit 1 while a gate is closed."""
    with errors_told():
        from lakehouse.settings import load_settings
        from orchestration import warehouse

        if every is not None:
            from orchestration.publisher import publish_for_ever
            from orchestration.terminal import stop_signal

            publish_for_ever(load_settings(), every, tell, stop_signal())
            return
        found = warehouse.published(load_settings(), tell, everything)
        show(warehouse.published_json(found), as_json, lambda: warehouse.published_screen(found))
        if found.is_held_back:
            raise typer.Exit(1)


@app.command(epilog="Example: retail warehouse verify --json")
def verify(as_json: AsJson = False) -> None:
    """Compare rows and control totals of lake, gold and SALES; wait for Snowpipe. Exit 1 if something differs."""
    with errors_told():
        from lakehouse.settings import load_settings
        from orchestration import warehouse

        found = warehouse.verified(load_settings(), tell)
        show(found, as_json, lambda: warehouse.verified_screen(found))
        if not found["agrees"]:
            raise typer.Exit(1)


def sql(
    statement: Annotated[str, typer.Argument(help="one SQL statement")],
    as_json: Annotated[
        bool, typer.Option("--json", help="a list of row objects on stdout, decimals as strings")
    ] = False,
) -> None:
    """Ask the warehouse one statement."""
    with errors_told():
        from lakehouse.settings import load_settings
        from orchestration import warehouse

        rows = warehouse.answered(load_settings(), statement)
        show(rows, as_json, lambda: warehouse.rows_screen(rows))


def worksheet(
    name: Annotated[str | None, typer.Argument(help="its name; without one, the list of worksheets")] = None,
    as_json: AsJson = False,
) -> None:
    """Ask a worksheet: each of its questions with the rows that answer it."""
    with errors_told():
        from lakehouse.settings import load_settings
        from orchestration import warehouse
        from warehouse.queries import worksheet_names

        if name is None:
            names = {"worksheets": list(worksheet_names())}
            show(names, as_json, warehouse.worksheets_screen)
            return
        found = warehouse.worksheet(load_settings(), name)
        show({"worksheet": name, "questions": found}, as_json, lambda: warehouse.worksheet_screen(found))
