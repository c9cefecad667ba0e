"""`retail quarantine …`: declares the verbs of the workbench. As in orchestration.cli, imports wait for the verb."""
# ruff: noqa: PLC0415 - see orchestration.cli

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from orchestration.terminal import errors_told, progress_bar, show

app = typer.Typer(help="The refused records: list, explain, replay.", no_args_is_help=True)

_TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"]
AsJson = Annotated[bool, typer.Option("--json", help="one JSON object on stdout, progress on stderr")]
Rule = Annotated[str | None, typer.Option(help="only records that broke this rule")]
Topic = Annotated[str | None, typer.Option(help="only records of this Kafka topic")]
Since = Annotated[
    dt.datetime | None, typer.Option(formats=_TIMES, help="only records received then or later (UTC)")
]
Until = Annotated[dt.datetime | None, typer.Option(formats=_TIMES, help="only records received before (UTC)")]


@app.command(
    "list", epilog="Example: retail quarantine list --rule unit_price_digits --since 2026-11-23 --open"
)
def list_records(  # noqa: PLR0913 - one parameter per option
    *,
    rule: Rule = None,
    topic: Topic = None,
    since: Since = None,
    until: Until = None,
    is_open: Annotated[bool, typer.Option("--open", help="only records that were never replayed")] = False,
    limit: Annotated[int, typer.Option(min=1, help="at most that many, the newest first")] = 50,
    as_json: AsJson = False,
) -> None:
    """Refused records: id, when, rules, event, and what became of them.

    States: open (never replayed), waiting (replayed, not judged yet), accepted, duplicate (its content was
    accepted before), refused again (under an id of its own).
    """
    with errors_told():
        from lakehouse.settings import load_settings
        from orchestration.quarantine import Choice, quarantined
        from orchestration.quarantine_screens import list_screen

        choice = Choice((), rule, topic, _utc(since), _utc(until), is_open)
        found = quarantined(load_settings(), choice, limit)
        show(found, as_json, lambda: list_screen(found))


@app.command("explain", epilog="Example: retail quarantine explain sales_data-0-17")
def explain_record(
    quarantine_id: Annotated[str, typer.Argument(metavar="ID", help="as `retail quarantine list` shows it")],
    as_json: AsJson = False,
) -> None:
    """One refused record: each broken rule with what was expected and seen, its bytes, its JSON, where it came from."""
    with errors_told():
        from lakehouse.settings import load_settings
        from orchestration.quarantine import explain
        from orchestration.quarantine_screens import explain_screen

        found = explain(load_settings(), quarantine_id)
        show(found, as_json, lambda: explain_screen(found))


@app.command(
    "replay",
    epilog="Examples: retail quarantine replay sales_data-0-17 --patch fix.json · "
    "retail quarantine replay --rule unit_price_digits --dry-run · retail quarantine replay --patch fixes/",
)
def replay_records(  # noqa: PLR0913 - one parameter per option
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="as `retail quarantine list` shows them")
    ] = None,
    *,
    rule: Rule = None,
    topic: Topic = None,
    since: Since = None,
    until: Until = None,
    patch: Annotated[
        Path | None,
        typer.Option(
            help="a JSON Merge Patch (RFC 7396) for all chosen records, or a folder with one per record, <ID>.json"
        ),
    ] = None,
    whole: Annotated[
        Path | None,
        typer.Option(
            "--replace",
            help="the whole new value, byte for byte; or a folder with a file per record, named by its id",
        ),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="also records that were replayed before")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show what would be sent, send nothing")] = False,
    as_json: AsJson = False,
) -> None:
    """Send refused records to their topic again: patched, replaced, or byte for byte after a contract change.

    Key and headers stay; headers replay_of, patch_sha256 and first_received_at are added. The stream judges the
    record anew, by its own business date: what was inside the window of dates when it came first still is.
    What was replayed before is left out, so an interrupted replay is simply given again.
    """
    with errors_told():
        from lakehouse.settings import load_settings
        from orchestration.quarantine import Choice
        from orchestration.quarantine_replay import Plan, replay
        from orchestration.quarantine_screens import replay_screen

        if patch is not None and whole is not None:
            raise typer.BadParameter(
                "give one of the two, in two commands if need be", param_hint="--patch, --replace"
            )
        choice = Choice(tuple(ids or ()), rule, topic, _utc(since), _utc(until))
        plan = Plan(choice, "patch" if whole is None else "replace", patch or whole, again, dry_run)
        with progress_bar("sending again") as progress:
            found = replay(load_settings(), plan, progress)
        show(found, as_json, lambda: replay_screen(found))


def _utc(given: dt.datetime | None) -> dt.datetime | None:
    return None if given is None else given.replace(tzinfo=dt.UTC)
