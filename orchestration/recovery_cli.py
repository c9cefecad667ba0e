"""`retail erase`, `restore` and `rebuild`: what is done to a lake seldom. As in orchestration.cli, imports wait for the verb."""
# ruff: noqa: PLC0415 - see orchestration.cli

from __future__ import annotations

import sys
from typing import Annotated

import typer

from orchestration.terminal import errors_told, print_json, show, tell

AsJson = Annotated[bool, typer.Option("--json", help="one JSON object on stdout, progress on stderr")]


def erase(
    customer_id: Annotated[
        str,
        typer.Argument(metavar="CUSTOMER_ID", help="as the topics name the customer; - reads it from stdin"),
    ],
    *,
    also: Annotated[
        list[str] | None, typer.Option(help="one more text that names the customer; may be given again")
    ] = None,
    close: Annotated[
        bool, typer.Option("--close", help="look once more when Kafka has let go, and close the erasure")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take a customer out of Kafka, lake, warehouse and this machine, and write the certificate.

    Sums stay as they are. A live stream may go on meanwhile, and writes nothing more of the customer. Exit 1 names
    the files and columns that still name the customer, and never what stands there.
    """
    with errors_told():
        from lakehouse.settings import load_settings
        from orchestration import erase as erasure
        from orchestration.erase_screen import certificate_screen

        own = sys.stdin.readline().strip() if customer_id == "-" else customer_id  # no shell keeps it then
        act = erasure.close if close else erasure.erase
        found = act(load_settings(), own, also or (), tell)
        show(found, as_json, lambda: certificate_screen(found))


def restore(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="with or without its layer")],
    *,
    to: Annotated[
        str | None, typer.Option(metavar="TIME", help="as it was then; ISO 8601 with offset")
    ] = None,
    version: Annotated[int | None, typer.Option(min=0, help="as it was at that Delta version")] = None,
    as_json: AsJson = False,
) -> None:
    """Take a table back to an earlier version; days of facts and hours are made again from silver afterwards.

    Refused (exit 2, with what to do instead) where records would be lost: past a batch of any table but facts and
    hours, past the erasure of a customer, and for tables that others write or make.
    """
    with errors_told():
        from lakehouse.settings import load_settings
        from orchestration.restore import restore as restored

        if (to is None) == (version is None):
            raise typer.BadParameter("give one of --to and --version")
        found = restored(load_settings(), table, (to, version), tell)
        lines = [f"{step}: {said}" for step, said in found["done"].items()]
        print_json(found) if as_json else tell("\n".join([*lines, f"next: {found['next']}"]))


def rebuild(as_json: AsJson = False) -> None:
    """Make silver, gold and the ledger again from bronze alone; what stood there is set aside in the bucket.

    Nobody may write meanwhile. The stream then goes on where bronze ends, with a new checkpoint. Shows the totals of
    before and after.
    """
    with errors_told():
        from lakehouse.settings import load_settings
        from orchestration.rebuild_lake import rebuild_lake

        found = rebuild_lake(load_settings(), tell)
        told = f"before {found['before']}\nafter  {found['after']}\nset aside as {found['aside']}"
        print_json(found) if as_json else tell(told)
