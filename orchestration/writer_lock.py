"""One command of this home writes at a time; what a killed one left behind is cleared before the next begins."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import psutil

from infra.local.errors import StackError
from infra.local.files import hold_for_life, is_held, write_atomically
from infra.local.processes import end_leftovers, find_child, record_path, stop_tree
from infra.local.servers import run_dir
from lakehouse.settings import Settings
from lakehouse.storage.lease import CHECKER, WRITER
from orchestration.plan import CHILDREN, JOBS

Tell = Callable[[str], None]

_STOP_SECONDS = 60.0


class WriterBusy(RuntimeError):
    """Another command of this home writes the lake; the message names it. Worth retrying."""


def take_writer_lock(settings: Settings, command: str) -> None:
    """Be the one command of this home that writes, until this process ends; raises WriterBusy.

    SIGTERM then ends the command as Ctrl-C does, so that its children are stopped.
    """
    _take(settings, command, WRITER)


def take_checker_lock(settings: Settings, command: str) -> None:
    """The same for the one command of this home that checks tables; it may run beside the one that writes."""
    _take(settings, command, CHECKER)


def _take(settings: Settings, command: str, role: str) -> None:
    if not hold_for_life(_lock(settings, role)):
        name, pid = _holder(settings, role)
        raise WriterBusy(
            f"`{name}` (process {pid}) is at work on the lake of {settings.home}; a lake has one {role} at a time: "
            "wait for it, or stop it with Ctrl-C there"
        )
    write_atomically(_record(settings, role), json.dumps({"command": command, "pid": os.getpid()}))
    signal.signal(signal.SIGTERM, _interrupt)


def clear_leftovers(settings: Settings, tell: Tell, keep: tuple[str, ...] = ()) -> None:
    """Stop the jobs and the source that a killed command left running, except those that the caller adopts."""
    for name in (*CHILDREN, *(job.name for job in JOBS)):
        left = find_child(run_dir(settings), name)
        if name in keep:
            continue
        if left is not None:
            tell(f"stopping {name}, process {left.pid}, left by a command that was killed")
            stop_tree(left)
        end_leftovers(run_dir(settings), name)
        record_path(run_dir(settings), name).unlink(missing_ok=True)


def stop_writer(settings: Settings, tell: Tell) -> None:
    """End the command that writes now, as Ctrl-C would, and what killed ones left; nothing to do is no error."""
    name, pid = _holder(settings)
    if is_held(_lock(settings)) and psutil.pid_exists(pid):
        tell(f"stopping `{name}`, process {pid}")
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while is_held(_lock(settings)):
            if time.monotonic() > deadline:
                raise StackError(f"`{name}`, process {pid}, does not end; end it and run this again")
            time.sleep(0.1)
    clear_leftovers(settings, tell)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough: stopping children takes some seconds
    raise KeyboardInterrupt


def _lock(settings: Settings, role: str = WRITER) -> Path:
    return run_dir(settings) / f"{role}.lock"


def _record(settings: Settings, role: str = WRITER) -> Path:
    return run_dir(settings) / f"{role}.json"


def _holder(settings: Settings, role: str = WRITER) -> tuple[str, int]:
    try:
        found = json.loads(_record(settings, role).read_text(encoding="utf-8"))
        return str(found["command"]), int(found["pid"])
    except (OSError, ValueError, KeyError):
        return "another retail command", 0
