"""Processes that outlive whoever started them: who they are, whether they live, and how their trees end.

A process is known by pid and start time (a pid alone is given out again) and by a mark in its
environment, which finds even a child whose starter was killed before it could write the pid down.
"""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

import psutil

from infra.local.files import write_atomically

MARK = "RETAIL_CHILD"
State = Literal["starting", "up", "waiting", "failed", "done"]


@dataclass(frozen=True)
class ChildRecord:
    """What ``run/<name>.json`` says of a child. ``created`` is the start time in seconds since 1970."""

    name: str
    pid: int
    created: float
    state: State
    fingerprint: str = ""
    restarts: int = 0
    log: str = ""
    detail: str = field(default="", repr=False)


def record_path(run_dir: Path, name: str) -> Path:
    """Where the record of a child stands."""
    return run_dir / f"{name}.json"


def write_record(run_dir: Path, record: ChildRecord) -> None:
    """Put the record in place of the one before."""
    write_atomically(record_path(run_dir, record.name), json.dumps(asdict(record), indent=1) + "\n")


def read_record(run_dir: Path, name: str) -> ChildRecord | None:
    """The record of a child; None if there is none or it cannot be understood, which is worth no more."""
    try:
        return ChildRecord(**json.loads(record_path(run_dir, name).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def mark(run_dir: Path, name: str) -> str:
    """Value of the environment variable RETAIL_CHILD of this child and of all that it starts."""
    return str(run_dir.resolve() / name)


def living(run_dir: Path, record: ChildRecord | None) -> psutil.Process | None:
    """The process that a record speaks of, if it still runs: same pid, same start time and our mark on it."""
    if record is None or record.pid <= 1:
        return None
    try:
        process = psutil.Process(record.pid)
        # The clock of the boot time may be stepped by a second; a reused pid differs by far more.
        same = abs(process.create_time() - record.created) < 2.0
    except psutil.Error:
        return None
    ours = same and mark_of(process) == mark(run_dir, record.name)
    return process if ours and is_alive(process) else None


def is_alive(process: psutil.Process) -> bool:
    """Whether the process runs; a zombie, which only waits for its parent, does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def marked(value: str) -> list[psutil.Process]:
    """Living processes that carry this mark. Never the caller, should it run inside that child itself."""
    found = [p for p in psutil.process_iter() if p.pid != os.getpid() and mark_of(p) == value]
    return [process for process in found if is_alive(process)]


def mark_of(process: psutil.Process) -> str | None:
    """The mark of a process; None for strangers and for processes of other users."""
    try:
        return process.environ().get(MARK)
    except (psutil.Error, OSError):
        return None


def find_child(run_dir: Path, name: str) -> psutil.Process | None:
    """The living child of this name: by its record, else by its mark."""
    by_record = living(run_dir, read_record(run_dir, name))
    if by_record is not None:
        return by_record
    leaders = (process for process in marked(mark(run_dir, name)) if _session(process.pid) == process.pid)
    return next(leaders, None)


def stop_tree(leader: psutil.Process, first: signal.Signals = signal.SIGTERM, grace: float = 15.0) -> None:
    """End a child and all that it started: ask the leader, wait ``grace`` seconds, kill what is left.

    ``leader`` must be alive and ours (from ``find_child`` or just started): its session is taken for ours.
    """
    tree = _tree(leader)
    with suppress(psutil.Error):
        leader.send_signal(first)
    _wait([leader], grace)
    _kill(tree | _tree(leader))


def end_leftovers(run_dir: Path, name: str) -> None:
    """Kill what a dead child left behind.

    Only the mark counts here. A session or a pid that was written down may belong to a stranger by now,
    and inside a container session 0 is everybody else's.
    """
    _kill(set(marked(mark(run_dir, name))))


def _tree(leader: psutil.Process) -> set[psutil.Process]:
    """The leader, its descendants and, if it leads a session of its own, the members of that."""
    if not is_alive(leader):
        return set()
    tree = {leader}
    with suppress(psutil.Error):
        tree.update(leader.children(recursive=True))
    if _session(leader.pid) == leader.pid:
        tree.update(process for process in psutil.process_iter() if _session(process.pid) == leader.pid)
    return tree


def _kill(processes: set[psutil.Process]) -> None:
    for process in processes:
        # is_running compares the start time: a pid that was given out again is left alone.
        if is_alive(process) and process.pid != os.getpid():
            with suppress(psutil.Error):
                process.kill()
    _wait(list(processes), 5.0)


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return -1


def _wait(processes: list[psutil.Process], seconds: float) -> None:
    """Until none is alive. A zombie counts as ended: in a container nobody may be there to reap an adopted child."""
    deadline = time.monotonic() + seconds
    while any(is_alive(process) for process in processes) and time.monotonic() < deadline:
        time.sleep(0.02)
