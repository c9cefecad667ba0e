"""How commands speak: results on stdout, progress and errors on stderr, exit codes that a caller can decide on."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from lakehouse.storage.job_errors import exit_code

INTERRUPTED = 130


def tell(line: str) -> None:
    """One line of progress, on stderr."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def print_json(found: Mapping[str, Any] | Sequence[Any]) -> None:
    """The one JSON value of a command with ``--json``: an object; the rows of `retail sql` are a list."""
    sys.stdout.write(json.dumps(found, ensure_ascii=False, default=str) + "\n")


def show(
    found: Mapping[str, Any] | Sequence[Any], as_json: bool, screen: Callable[[], RenderableType]
) -> None:
    """The result on stdout: one JSON object, or its screen for people."""
    if as_json:
        print_json(found)
        return
    Console(highlight=False).print(screen())


@contextmanager
def errors_told() -> Iterator[None]:
    """Turn an error that we know into one line on stderr and its exit code; any other is a bug and shows itself."""
    try:
        yield
    except KeyboardInterrupt:
        tell("interrupted; the same command again goes on where this one stopped")
        raise typer.Exit(INTERRUPTED) from None
    except typer.Exit:
        raise
    except Exception as error:
        code = getattr(error, "exit_code", None) or exit_code(error)
        if not isinstance(code, int):
            raise
        tell(f"error: {error}")
        raise typer.Exit(code) from None


def stop_signal() -> threading.Event:
    """Set when Ctrl-C or SIGTERM asks this command to end."""
    stopped = threading.Event()
    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, lambda _number, _frame: stopped.set())
    return stopped


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr, fed with (done, all); it stays silent when stderr is no terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
