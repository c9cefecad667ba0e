"""Airflow as children of ours: four processes, restarted when they end, stopped with all that they started.

`airflow standalone` would run the same four, but goes on when one of them has ended.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from infra.local.errors import StackError
from infra.local.files import hold_for_life, is_held, write_atomically
from infra.local.ports import need_port
from infra.local.processes import end_leftovers, find_child, record_path, stop_tree
from infra.local.servers import log_path, run_dir
from infra.local.stack import up
from infra.local.supervision import ChildSpec, Supervisor
from ingestion.topics import ensure_topics
from lakehouse.settings import Settings
from orchestration import warehouse
from orchestration.local_warehouse import local_warehouse
from orchestration.scheduler.airflow_files import password, prepare, program
from orchestration.scheduler.airflow_settings import ADMIN, PARTS, ports

Tell = Callable[[str], None]

_GRACE = 20.0  # a task that still runs then is ended with the rest
_STOP_SECONDS = 90.0
_READY_SECONDS = 300.0  # 30 on a quiet machine; the first start reads much from disk


def start(settings: Settings, tell: Tell) -> None:
    """Run until Ctrl-C or SIGTERM. Raises StackError, PortTaken, or ChildGaveUp when a part ends too often."""
    program()
    _be_the_only_one(settings)
    clear(settings, tell)
    for port, what in ports(settings):
        need_port(port, what, "RETAIL_AIRFLOW_PORT")
    settings = up(settings, tell, local_warehouse(settings))
    ensure_topics(settings)
    if local_warehouse(settings):
        warehouse.applied(settings, tell)
    tell("preparing Airflow's database")
    supervisor = Supervisor(run_dir(settings), specs(settings, prepare(settings)), tell)
    try:
        supervisor.start()
        supervisor.wait_ready()
        tell(
            f"Airflow: http://127.0.0.1:{settings.airflow_port}, user {ADMIN}, password {password(settings)}"
        )
        while True:
            supervisor.step()
            time.sleep(0.25)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C would leave parts behind
        tell("stopping Airflow; the servers stay up, `retail down` stops them")
    finally:
        supervisor.stop()


def stop(settings: Settings, tell: Tell) -> None:
    """End the command that runs Airflow, as Ctrl-C would, and whatever a killed one left behind."""
    lock = _lock(settings)
    if is_held(lock):
        pid = int(_record(settings).read_text(encoding="utf-8"))
        tell(f"stopping Airflow, process {pid}")
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while is_held(lock):
            if time.monotonic() > deadline:
                raise StackError(f"Airflow, process {pid}, does not end; end it and run this again")
            time.sleep(0.1)
    clear(settings, tell)


def clear(settings: Settings, tell: Tell) -> None:
    """End parts that a killed command left running: their settings may be others now."""
    for part in PARTS:
        name = _child(part)
        left = find_child(run_dir(settings), name)
        if left is not None:
            tell(f"stopping {name}, process {left.pid}, left by a command that was killed")
            stop_tree(left, grace=_GRACE)
        end_leftovers(run_dir(settings), name)
        record_path(run_dir(settings), name).unlink(missing_ok=True)


def specs(settings: Settings, env: dict[str, str]) -> list[ChildSpec]:
    """The parts as children; a task belongs to the scheduler, so it ends with it."""
    return [
        ChildSpec(
            name=_child(part),
            command=(program(), part),
            log=log_path(settings, _child(part)),
            ready=(lambda: _is_healthy(settings)) if part == "api-server" else (lambda: True),
            env=env,
            grace=_GRACE,
            ready_within=_READY_SECONDS,
        )
        for part in PARTS
    ]


def _is_healthy(settings: Settings) -> bool:
    """Whether the API answers and says that scheduler and DAG processor are alive."""
    connection = http.client.HTTPConnection("127.0.0.1", settings.airflow_port, timeout=1.0)
    try:
        connection.request("GET", "/api/v2/monitor/health")
        found = json.loads(connection.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return all(found.get(part, {}).get("status") == "healthy" for part in ("scheduler", "dag_processor"))


def _be_the_only_one(settings: Settings) -> None:
    if not hold_for_life(_lock(settings)):
        raise StackError(
            f"Airflow of {settings.home} runs already; `make airflow-stop` stops it, or set RETAIL_HOME for another"
        )
    write_atomically(_record(settings), str(os.getpid()))
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough: stopping takes some seconds
    raise KeyboardInterrupt


def _child(part: str) -> str:
    return f"airflow-{part}"


def _lock(settings: Settings) -> Path:
    return run_dir(settings) / "airflow.lock"


def _record(settings: Settings) -> Path:
    return run_dir(settings) / "airflow.pid"
