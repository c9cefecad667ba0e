"""Keep child processes running: start or adopt, watch, restart with back-off, give up, stop the whole tree.

Used by the daemon for Kafka and S3 and by `retail run` for its own children. Each child runs in a session
of its own, so that killing the supervisor (even with SIGKILL) leaves it alive, to be adopted by the next one.
"""

from __future__ import annotations

import hashlib
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

from infra.local.child_environment import inherited
from infra.local.errors import StackError
from infra.local.files import last_lines, rotate
from infra.local.processes import (
    MARK,
    ChildRecord,
    State,
    end_leftovers,
    find_child,
    is_alive,
    mark,
    read_record,
    record_path,
    stop_tree,
    write_record,
)

Tell = Callable[[str], None]


class ChildGaveUp(StackError):
    """A child ended too often; the message holds the end of its log. Starting it once more would not help."""


@dataclass(frozen=True)
class Patience:
    """How often and how fast a child is restarted. Seconds."""

    first_delay: float = 0.5
    longest_delay: float = 30.0
    restarts: int = 5
    window: float = 600.0

    def delay(self, failures: int) -> float:
        """Pause before the start that follows the nth failure: doubled each time, up to the longest."""
        return min(self.first_delay * 2.0 ** (failures - 1), self.longest_delay)


@dataclass(frozen=True)
class ChildSpec:
    """A child to keep running.

    ``ready`` is asked while the child starts and must answer within a second or so. ``fingerprint`` stands
    for the child's configuration (default: its command): a living child with another one is replaced,
    not adopted. ``ends``: exit code 0 is the natural end of its work and no fault. ``env`` is the whole
    environment (default: ours).
    """

    name: str
    command: Sequence[str]
    log: Path
    ready: Callable[[], bool] = field(default=lambda: True)
    env: Mapping[str, str] | None = None
    fingerprint: str = ""
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 15.0
    ready_within: float = 120.0
    ends: bool = False

    def identity(self) -> str:
        """Fingerprint that is compared when a living child is found."""
        text = self.fingerprint or "\0".join(self.command)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


class Supervisor:
    """Keeps children running as long as ``step`` is called a few times a second. Not for use by two threads."""

    def __init__(
        self, run_dir: Path, specs: Sequence[ChildSpec], tell: Tell, patience: Patience | None = None
    ) -> None:
        self._children = [_Child(run_dir, spec, tell, patience or Patience()) for spec in specs]

    def start(self) -> None:
        """Adopt each living child, clear what is stale, start the rest."""
        for child in self._children:
            child.adopt_or_start()

    def step(self) -> None:
        """Look at every child once. Raises ChildGaveUp; the other children still run then: call ``stop``."""
        for child in self._children:
            child.step()

    def wait_ready(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Step until every child is up or has done its work, or ``stop`` answers true."""
        while not stop() and not all(record.state in ("up", "done") for record in self.status()):
            self.step()
            time.sleep(0.1)

    def status(self) -> list[ChildRecord]:
        """State of every child, in the order of the specs."""
        return [child.record for child in self._children]

    def stop(self) -> None:
        """End every child and its tree, the last one first, and forget it."""
        for child in reversed(self._children):
            child.stop()


class _Child:
    """One child: its process, its record on disk and its recent failures."""

    def __init__(self, run_dir: Path, spec: ChildSpec, tell: Tell, patience: Patience) -> None:
        self._run_dir, self._spec, self._tell, self._patience = run_dir, spec, tell, patience
        self._process: psutil.Process | None = None
        self._popen: subprocess.Popen[bytes] | None = None
        self._failures: deque[float] = deque()
        self._since = self._start_at = 0.0
        self.record = ChildRecord(spec.name, 0, 0.0, "waiting", spec.identity(), log=str(spec.log))

    def adopt_or_start(self) -> None:
        found = find_child(self._run_dir, self._spec.name)
        known = read_record(self._run_dir, self._spec.name)
        if found is None or known is None or known.fingerprint != self._spec.identity():
            if found is not None:
                self._tell(
                    f"{self._spec.name}: replacing process {found.pid}, which runs with other settings"
                )
                stop_tree(found, self._spec.stop_signal, self._spec.grace)
            self._launch()
            return
        self._tell(f"{self._spec.name}: adopted process {found.pid}")
        self._process, self._since = found, time.monotonic()
        self._save("starting", pid=found.pid, created=found.create_time(), restarts=known.restarts)

    def step(self) -> None:
        if self.record.state in ("done", "failed"):
            return
        now = time.monotonic()
        if self._process is None:
            if now >= self._start_at:
                self._launch()
        elif not self._runs():
            self._ended()
        elif self.record.state == "starting":
            self._check_ready(now)

    def stop(self) -> None:
        if self._process is not None and self._runs():
            stop_tree(self._process, self._spec.stop_signal, self._spec.grace)
        end_leftovers(self._run_dir, self._spec.name)
        self._reap()
        if self.record.state != "failed":
            record_path(self._run_dir, self._spec.name).unlink(missing_ok=True)

    def _launch(self) -> None:
        spec = self._spec
        end_leftovers(self._run_dir, self._spec.name)
        spec.log.parent.mkdir(parents=True, exist_ok=True)
        rotate(spec.log)
        env = {**(inherited() if spec.env is None else spec.env), MARK: mark(self._run_dir, spec.name)}
        # Before the start: if we are killed in between, the next supervisor finds the child by its mark
        # and knows from this record which settings it runs with.
        self._save("starting", pid=0, created=0.0)
        with spec.log.open("ab") as log:
            self._popen = subprocess.Popen(
                list(spec.command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=env,
                start_new_session=True,
            )
        self._since = time.monotonic()
        try:
            self._process = psutil.Process(self._popen.pid)
            created = self._process.create_time()
        except psutil.Error:  # it has ended already; the next step sees that
            self._process, created = None, 0.0
            self._ended()
            return
        self._save("starting", pid=self._process.pid, created=created)

    def _runs(self) -> bool:
        if self._popen is not None:
            return self._popen.poll() is None
        return self._process is not None and is_alive(self._process)

    def _check_ready(self, now: float) -> None:
        if self._spec.ready():
            self._save("up")
            self._tell(f"{self._spec.name}: up after {now - self._since:.1f} s")
        elif now - self._since > self._spec.ready_within and self._process is not None:
            stop_tree(self._process, self._spec.stop_signal, self._spec.grace)
            self._failed(f"was not ready within {self._spec.ready_within:.0f} s and was stopped")

    def _ended(self) -> None:
        code = self._popen.poll() if self._popen is not None else None
        if self._spec.ends and code == 0:
            end_leftovers(self._run_dir, self._spec.name)
            self._reap()
            self._save("done")
            return
        self._failed("ended" if code is None else f"ended with {_describe(code)}")

    def _failed(self, how: str) -> None:
        now = time.monotonic()
        end_leftovers(self._run_dir, self._spec.name)
        self._reap()
        self._failures.append(now)
        while now - self._failures[0] > self._patience.window:
            self._failures.popleft()
        if len(self._failures) > self._patience.restarts:
            self._give_up(how)
        delay = self._patience.delay(len(self._failures))
        self._start_at = now + delay
        self._save("waiting", restarts=self.record.restarts + 1, detail=how)
        self._tell(f"{self._spec.name}: {how}; restart in {delay:.1f} s")

    def _give_up(self, how: str) -> None:
        message = (
            f"{self._spec.name} {how}, for the {len(self._failures)}th time within "
            f"{self._patience.window / 60:.0f} minutes; not restarted again. "
            f"Remove the cause and start it again; the end of {self._spec.log}:\n{last_lines(self._spec.log)}"
        )
        self._save("failed", detail=message)
        raise ChildGaveUp(message)

    def _reap(self) -> None:
        if self._popen is not None:
            self._popen.poll()
        self._process = self._popen = None

    def _save(self, state: State, **changes: object) -> None:
        self.record = replace(self.record, state=state, **changes)  # type: ignore[arg-type]
        write_record(self._run_dir, self.record)


def _describe(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
