"""The ground as a whole: bring it up, take it down, say how it is. Safe to call again at any moment."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil
from botocore.exceptions import BotoCoreError, ClientError

from infra.local.child_environment import with_settings
from infra.local.daemon import LOCK
from infra.local.errors import StackError
from infra.local.files import MIB, is_held, last_lines, need_space, only_one, rotate
from infra.local.jars import fetch_jars
from infra.local.ports import find_holder, need_port
from infra.local.probes import bucket_exists, kafka_answers, s3_client, s3_refusal
from infra.local.processes import MARK, find_child, mark, read_record, record_path, stop_tree
from infra.local.secrets_file import ensure_secrets
from infra.local.servers import SUPERVISOR, LocalServer, guest_arguments, local_servers, log_path, run_dir
from infra.local.supervision import ChildSpec
from lakehouse.settings import Settings

LEAST_DISK = 1024 * MIB
_START_SECONDS = 120.0
_STOP_SECONDS = 45.0

Progress = Callable[[str], None]


@dataclass(frozen=True)
class ServerStatus:
    """One server: ``rss`` is resident memory in bytes; ``pid`` and ``log`` are None for one that is not ours."""

    name: str
    state: Literal["up", "starting", "down"]
    pid: int | None
    port: int | None
    rss: int
    restarts: int
    log: Path | None


def up(settings: Settings, progress: Progress, guests: Sequence[LocalServer] = ()) -> Settings:
    """Start what is not running, wait until it answers, make the bucket; the settings come back with secrets.

    ``guests`` are servers of other rooms, kept running beside ours. Raises StackError, or PortTaken when another program holds a port.
    """
    need_space(settings.home, LEAST_DISK, "RETAIL_HOME")
    with _alone(settings, progress):
        settings = ensure_secrets(settings)
        servers = [*local_servers(settings), *guests]
        if servers and _daemon_runs(settings):
            _refuse_other_settings(settings, servers)
            _refuse_missing(settings, guests)
        elif servers:
            fetch_jars([server.jars for server in servers if server.jars], progress)
            _check_ports(settings, servers)
            _start_daemon(settings, progress, guests)
        _wait_for_answers(settings, progress, guests)
        _ensure_bucket(settings)
    return settings


def down(settings: Settings, progress: Progress, guests: Sequence[LocalServer] = ()) -> None:
    """Stop the supervisor and its servers with all their children. What is not running is no error."""
    names = ("s3", "kafka", *(each.name for each in guests))
    if not run_dir(settings).exists():
        return
    with _alone(settings, progress):
        daemon = find_child(run_dir(settings), SUPERVISOR)
        if daemon is not None:
            progress("stopping the servers")
            stop_tree(daemon, grace=_STOP_SECONDS)
        # Without a supervisor the servers may still run: it was killed.
        for name in names:
            child = find_child(run_dir(settings), name)
            if child is not None:
                progress(f"stopping {name}, process {child.pid}, which has no supervisor")
                stop_tree(child)
        for name in (SUPERVISOR, *names):
            record_path(run_dir(settings), name).unlink(missing_ok=True)


def server_status(settings: Settings, guests: Sequence[LocalServer] = ()) -> list[ServerStatus]:
    """How Kafka, S3, guests and their supervisor are, from records and ports; starts and changes nothing."""
    ours = {server.name: server for server in (*local_servers(settings), *guests)}
    rows = [_own_status(settings, name, ours.get(name)) for name in (*ours, *([SUPERVISOR] if ours else []))]
    for name, answers in (("kafka", kafka_answers), ("s3", lambda s: not s3_refusal(s))):
        if name not in ours:
            rows.append(ServerStatus(name, "up" if answers(settings) else "down", None, None, 0, 0, None))
    return rows


def _own_status(settings: Settings, name: str, server: LocalServer | None) -> ServerStatus:
    record, process = read_record(run_dir(settings), name), find_child(run_dir(settings), name)
    state: Literal["up", "starting", "down"] = "down"
    rss = 0
    if process is not None:
        state = "up" if server is None or server.answers() else "starting"
        try:
            rss = process.memory_info().rss
        except psutil.Error:
            state = "down"
    return ServerStatus(
        name=name,
        state=state,
        pid=process.pid if process is not None else None,
        port=server.port if server is not None else None,
        rss=rss,
        restarts=record.restarts if record is not None else 0,
        log=log_path(settings, name),
    )


def _alone(settings: Settings, progress: Progress) -> AbstractContextManager[None]:
    lock = run_dir(settings) / "up.lock"
    return only_one(lock, lambda: progress("waiting for another `retail up` or `retail down`"))


def _daemon_runs(settings: Settings) -> bool:
    """Whether a supervisor lives. One that was just killed keeps its lock for an instant longer than its name."""
    deadline = time.monotonic() + 5.0
    while is_held(run_dir(settings) / LOCK):
        if find_child(run_dir(settings), SUPERVISOR) is not None or time.monotonic() > deadline:
            return True
        time.sleep(0.02)
    return False


def _refuse_other_settings(settings: Settings, servers: list[LocalServer]) -> None:
    for server in servers:
        record = read_record(run_dir(settings), server.name)
        spec = ChildSpec(server.name, (), log_path(settings, server.name), fingerprint=server.properties)
        if record is not None and record.fingerprint != spec.identity():
            raise StackError(
                f"{server.title} runs with other settings than the present ones (port {server.port}, keys, or an "
                "earlier version of this house); "
                "run `retail down`, then this again"
            )


def _refuse_missing(settings: Settings, guests: Sequence[LocalServer]) -> None:
    for each in guests:
        if read_record(run_dir(settings), each.name) is None:
            raise StackError(
                f"{each.title} is not among the running servers, which were started without it; "
                "run `retail down`, then this again"
            )


def _check_ports(settings: Settings, servers: list[LocalServer]) -> None:
    for server in servers:
        child = find_child(run_dir(settings), server.name)
        for port in server.ports:
            holder = find_holder(port) if child is not None else None
            if holder is None or child is None or holder.pid != child.pid:
                need_port(port, server.title, server.setting)


def _start_daemon(settings: Settings, progress: Progress, guests: Sequence[LocalServer]) -> None:
    servers = (*local_servers(settings), *guests)
    progress("starting " + " and ".join(f"{s.title} on port {s.port}" for s in servers))
    record_path(run_dir(settings), SUPERVISOR).unlink(missing_ok=True)
    log = log_path(settings, SUPERVISOR)
    log.parent.mkdir(parents=True, exist_ok=True)
    rotate(log)
    with log.open("ab") as output:
        subprocess.run(
            [sys.executable, "-m", "infra.local.daemon", "--detach", *guest_arguments(guests)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**with_settings(settings), MARK: mark(run_dir(settings), SUPERVISOR)},
            check=True,
        )


def _wait_for_answers(settings: Settings, progress: Progress, guests: Sequence[LocalServer]) -> None:
    known = {each.name: each for each in guests}
    ours = {server.name for server in local_servers(settings)} | known.keys()
    deadline = time.monotonic() + _START_SECONDS
    waiting = {"kafka", "s3", *known}
    while True:
        for name in sorted(waiting):
            each = known.get(name)
            refusal = _refusal(settings, name) if each is None else "" if each.answers() else "no answer"
            if not refusal:
                waiting.remove(name)
                progress(
                    f"{_address(settings, name) if each is None else f'{each.title} at port {each.port}'} answers"
                )
            elif name not in ours:
                raise StackError(_unreachable(settings, name, refusal))
        if not waiting and (not ours or _is_supervised(settings, ours)):
            return
        _check_daemon(settings, deadline, waiting or {SUPERVISOR})
        time.sleep(0.1)


def _refusal(settings: Settings, name: str) -> str:
    """Why a server does not answer; empty if it does."""
    if name == "s3":
        return s3_refusal(settings)
    return "" if kafka_answers(settings) else "no answer"


def _is_supervised(settings: Settings, names: set[str]) -> bool:
    """Whether the supervisor runs and knows each server as up: before that nobody would restart it."""
    records = [read_record(run_dir(settings), name) for name in (*names, SUPERVISOR)]
    return all(record is not None and record.state == "up" for record in records)


def _check_daemon(settings: Settings, deadline: float, waiting: set[str]) -> None:
    record = read_record(run_dir(settings), SUPERVISOR)
    log = log_path(settings, SUPERVISOR)
    if record is not None and record.state == "failed":
        raise StackError(record.detail)
    left = deadline - time.monotonic()
    if left < _START_SECONDS - 10 and not _daemon_runs(settings):
        raise StackError(
            f"the supervisor of the servers ended; run `retail doctor`; the end of {log}:\n{last_lines(log)}"
        )
    if left < 0:
        logs = "\n".join(f"{name}: {last_lines(log_path(settings, name), 5)}" for name in sorted(waiting))
        raise StackError(
            f"{' and '.join(sorted(waiting))} did not come up within {_START_SECONDS:.0f} s; "
            f"run `retail doctor`; logs:\n{logs}"
        )


def _address(settings: Settings, name: str) -> str:
    return f"Kafka at {settings.bootstrap}" if name == "kafka" else f"S3 at {settings.s3_url or 'Amazon'}"


def _unreachable(settings: Settings, name: str, seen: str) -> str:
    names = {
        "kafka": "RETAIL_KAFKA_BOOTSTRAP",
        "s3": "RETAIL_S3_ENDPOINT, RETAIL_S3_ACCESS_KEY and RETAIL_S3_SECRET_KEY",
    }
    return (
        f"{_address(settings, name)} does not answer us ({seen}); it is not one of ours to start: "
        f"start it or correct {names[name]}"
    )


def _ensure_bucket(settings: Settings) -> None:
    try:
        if bucket_exists(settings):
            return
        if settings.s3_endpoint:
            raise StackError(
                f"there is no bucket {settings.bucket!r} at {settings.s3_endpoint}; create it (buckets elsewhere "
                "are not ours to make) or set RETAIL_BUCKET"
            )
        s3_client(settings).create_bucket(Bucket=settings.bucket)
    except (BotoCoreError, ClientError) as error:
        raise StackError(f"bucket {settings.bucket!r} cannot be made: {error}; set RETAIL_BUCKET") from error
