"""A verb that is another room's own command line: its options are declared there and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence

import typer


def forward(other: typer.Typer, verb: str, example: str, arguments: Sequence[str]) -> None:
    """Run the other command line as ``retail <verb>`` and end with its exit code."""
    command = typer.main.get_command(other)
    command.epilog = f"Example: {example}"
    command.main(args=list(arguments), prog_name=f"retail {verb}")
