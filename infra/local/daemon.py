"""The process behind `retail up`: it starts the local servers, keeps them running and ends with them.

    python -m infra.local.daemon [--detach] [--guests JSON]

Started by `retail up`, which marks it as the supervisor of its home. It reads its settings from the environment and from RETAIL_HOME, as every command does.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import psutil

from infra.local.child_environment import own_mark
from infra.local.errors import StackError
from infra.local.files import hold_for_life
from infra.local.java import find_java
from infra.local.processes import ChildRecord, mark, read_record, record_path, write_record
from infra.local.servers import (
    SUPERVISOR,
    LocalServer,
    guest_child,
    guests_of,
    local_servers,
    log_path,
    prepare,
    run_dir,
)
from infra.local.supervision import ChildSpec, Supervisor
from lakehouse.settings import Settings, SettingsError, load_settings

LOCK = "supervisor.lock"


def main(arguments: list[str]) -> int:
    """Run until SIGTERM; exit code 0 after a clean stop, 1 when a server gave up, 3 when one already runs."""
    if "--detach" in arguments:
        if os.fork() > 0:
            os._exit(0)  # the caller waits for this one only; the child goes on and belongs to nobody
        os.setsid()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        settings = load_settings()
    except SettingsError as error:
        _tell(str(error))
        return 2
    if own_mark() != mark(run_dir(settings), SUPERVISOR):
        _tell(f"not marked as the supervisor of {settings.home}, so nobody could find it: use `retail up`")
        return 2
    if not hold_for_life(run_dir(settings) / LOCK):
        _tell("another supervisor holds this RETAIL_HOME; nothing to do")
        return 3
    return _supervise(settings, guests_of(arguments), stopped)


def _supervise(settings: Settings, guests: list[LocalServer], stopped: threading.Event) -> int:
    own = _record(settings)
    write_record(run_dir(settings), own)
    supervisor: Supervisor | None = None
    try:
        specs = [*_java_children(settings), *(guest_child(settings, each) for each in guests)]
        _tell(f"supervisor {own.pid} of {', '.join(spec.name for spec in specs)}")
        supervisor = Supervisor(run_dir(settings), specs, _tell)
        supervisor.start()
        while not stopped.wait(0.2) and _owns(settings, own):
            supervisor.step()
        _tell("stopping")
    except (StackError, OSError) as error:
        _tell(str(error))
        failure = ChildRecord(**{**vars(own), "state": "failed", "detail": str(error)})
        write_record(run_dir(settings), failure)
        return 1
    finally:
        if supervisor is not None:
            supervisor.stop()
    record_path(run_dir(settings), SUPERVISOR).unlink(missing_ok=True)
    _tell("stopped")
    return 0


def _java_children(settings: Settings) -> list[ChildSpec]:
    servers = local_servers(settings)
    if not servers:
        return []
    java = find_java()
    _tell(f"Java {java.version} from {java.source}")
    return [prepare(settings, server, java) for server in servers]


def _record(settings: Settings) -> ChildRecord:
    created = psutil.Process().create_time()
    return ChildRecord(SUPERVISOR, os.getpid(), created, "up", log=str(log_path(settings, SUPERVISOR)))


def _owns(settings: Settings, own: ChildRecord) -> bool:
    """False once RETAIL_HOME was deleted under us: servers without a home would hold the ports for ever."""
    now = read_record(run_dir(settings), SUPERVISOR)
    return now is not None and now.pid == own.pid


def _tell(line: str) -> None:
    print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
