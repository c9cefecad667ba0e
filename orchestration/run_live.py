"""`retail run`: servers, the continuous application and a source, supervised, with live numbers until Ctrl-C."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from rich.console import Console
from rich.live import Live

from infra.local.servers import log_path, run_dir
from infra.local.stack import up
from infra.local.supervision import ChildSpec, Supervisor
from ingestion.topics import ensure_topics
from lakehouse.settings import Settings
from lakehouse.storage.job_errors import RETRY
from lakehouse.storage.lake_reader import LakeUnreachable, lake_reader, lease_holder
from lakehouse.storage.lease import Holder, is_gone
from lakehouse.storage.objects import s3_client
from orchestration import dashboard
from orchestration.job_log import Event, LogTail, error_of
from orchestration.live_numbers import LiveNumbers, Numbers
from orchestration.live_table import View, live_table, plain_line
from orchestration.local_warehouse import local_warehouse
from orchestration.plan import CHILDREN, DASHBOARD, MEDALLION, OBSERVER, PUBLISHER, SENDERS
from orchestration.sources import Source, live_commands
from orchestration.spark_job import JobFailed, job_spec
from orchestration.terminal import tell
from orchestration.writer_lock import clear_leftovers, take_writer_lock

_LOOK_SECONDS = 0.25
_NUMBERS_SECONDS = 2.0
_IDLE_SECONDS = 3.0
_LINE_SECONDS = 5.0
_MINUTE = 60.0
# A fresh driver makes forty tables. On a machine with other work that took more than two minutes, and a driver that is
# ended and started again for being slow never comes up.
_DRIVER_READY_SECONDS = 600.0


def run_live(settings: Settings, source: Source) -> int:
    """Run until Ctrl-C or SIGTERM, which is the good end: 0. The servers stay up.

    Raises JobFailed when the application ends with an error that a restart cannot mend, and ChildGaveUp when
    a child ended too often.
    """
    take_writer_lock(settings, "retail run")
    clear_leftovers(settings, tell, keep=(MEDALLION.name, *CHILDREN))
    settings = up(settings, tell, local_warehouse(settings))
    ensure_topics(settings)
    messages: deque[str] = deque(maxlen=50)
    is_terminal = sys.stdout.isatty()
    hear: Callable[[str], None] = messages.append if is_terminal else tell
    watch = Watch(settings, messages)
    supervisor = Supervisor(run_dir(settings), _children(settings, source, watch, hear), hear)
    try:
        supervisor.start()
        watch.start()
        (_show_table if is_terminal else _show_lines)(supervisor, watch)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C would leave children behind
        tell("stopping the application and its source; the servers stay up, `retail down` stops them")
    finally:
        watch.stop()
        supervisor.stop()
    return 0


class Watch:
    """Looks at lake, lease and log in the background, so that the picture never waits for them."""

    def __init__(self, settings: Settings, messages: deque[str]) -> None:
        self._settings, self._messages = settings, messages
        self._tail = LogTail.at_end(log_path(settings, MEDALLION.name))
        self._batches: deque[Event] = deque()
        self._numbers, self._writer = Numbers(), ""
        self._holder: Holder | None = None
        self._started, self._stopped, self._news = time.monotonic(), threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._follow, name="numbers", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()
        self._news.set()

    def has_writer(self) -> bool:
        """Whether somebody living holds the lease: the application does as soon as it is ready to work. The last look
        may be older than the death of the one it saw."""
        return self._holder is not None and not is_gone(self._holder, self._settings.lease_seconds)

    def view(self, supervisor: Supervisor) -> View:
        """What is known now. Raises JobFailed when the log tells an error that a restart cannot mend."""
        now = time.time()
        for event in self._tail.events():
            if event["event"] == "batch":
                self._batches.append(event)
                self._news.set()
            elif event["event"] == "error":
                error = error_of(event)
                if error.is_known and error.exit_code != RETRY:
                    raise JobFailed(error, self._tail.path)
                self._messages.append(f"{MEDALLION.name}: {error.message}")
        while len(self._batches) > 1 and now - self._batches[0]["at"] > _MINUTE:
            self._batches.popleft()
        children = supervisor.status()
        return View(
            now=now,
            seconds=time.monotonic() - self._started,
            numbers=self._numbers,
            batches=tuple(self._batches),
            writer=self._writer,
            children=children,
            dashboard=dashboard.address(self._settings) if DASHBOARD in {c.name for c in children} else "",
            messages=tuple(self._messages),
        )

    def _follow(self) -> None:
        numbers, client = LiveNumbers(lake_reader(self._settings)), s3_client(self._settings)
        while not self._stopped.is_set():
            self._news.clear()
            try:
                self._holder = holder = lease_holder(self._settings, client)
                self._writer = str(holder).partition(", heard")[0] + ")" if holder else ""
                self._numbers = numbers.read()
            except LakeUnreachable as error:
                self._messages.append(str(error))
            # At most every two seconds, and without a new batch more seldom: the machine is the application's.
            self._stopped.wait(_NUMBERS_SECONDS)
            self._news.wait(_IDLE_SECONDS)


def _children(
    settings: Settings, source: Source, watch: Watch, hear: Callable[[str], None]
) -> list[ChildSpec]:
    application = job_spec(settings, MEDALLION, ("--trigger", "continuous"))
    children = [replace(application, ends=False, ready=watch.has_writer, ready_within=_DRIVER_READY_SECONDS)]
    for name, command in zip(SENDERS, live_commands(source), strict=False):
        children.append(ChildSpec(name=name, command=command, log=log_path(settings, name), ends=True))
    children.append(_verb(settings, OBSERVER, "observe"))
    if local_warehouse(settings) or settings.snowflake_account:
        publish = ("warehouse", "refresh", "--every", str(settings.publish_seconds))
        children.append(_verb(settings, PUBLISHER, *publish))
        why_not = dashboard.why_not(settings)
        hear(why_not or f"dashboard at {dashboard.address(settings)}")
        if not why_not:
            children.append(_verb(settings, DASHBOARD, "dashboard"))
    return children


def _verb(settings: Settings, name: str, *verb: str) -> ChildSpec:
    """A verb of `retail` as a child."""
    command = [sys.executable, "-m", "orchestration.cli", *verb]
    return ChildSpec(name=name, command=command, log=log_path(settings, name))


def _show_table(supervisor: Supervisor, watch: Watch) -> None:
    with Live(live_table(watch.view(supervisor)), console=Console(), auto_refresh=False) as live:
        while True:
            supervisor.step()
            live.update(live_table(watch.view(supervisor)), refresh=True)
            time.sleep(_LOOK_SECONDS)


def _show_lines(supervisor: Supervisor, watch: Watch) -> None:
    shown = 0.0
    while True:
        supervisor.step()
        view = watch.view(supervisor)
        if time.monotonic() - shown >= _LINE_SECONDS:
            shown = time.monotonic()
            print(plain_line(view), flush=True)
        time.sleep(_LOOK_SECONDS)
