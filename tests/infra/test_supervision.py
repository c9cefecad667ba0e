"""Children are restarted, adopted, cleared and ended; a stranger is never touched."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from infra.local.processes import (
    ChildRecord,
    end_leftovers,
    find_child,
    is_alive,
    mark,
    marked,
    read_record,
    record_path,
    write_record,
)
from infra.local.supervision import ChildGaveUp, ChildSpec, Patience, Supervisor

QUICK = Patience(first_delay=0.01, longest_delay=0.05)
SLEEP = "import time; time.sleep(60)"


@pytest.fixture
def run_dir(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "run"
    end_leftovers(tmp_path / "run", "child")


def child(run_dir: Path, code: str, **options: object) -> ChildSpec:
    command = (sys.executable, "-c", code)
    return ChildSpec("child", command, run_dir.parent / "child.log", **options)  # type: ignore[arg-type]


def supervise(run_dir: Path, spec: ChildSpec) -> Supervisor:
    supervisor = Supervisor(run_dir, [spec], print, QUICK)
    supervisor.start()
    return supervisor


def pid_of(supervisor: Supervisor) -> int:
    return supervisor.status()[0].pid


def until(condition: Callable[[], bool], supervisor: Supervisor | None = None) -> None:
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within 15 s"
        if supervisor is not None:
            supervisor.step()
        time.sleep(0.02)


def test_a_killed_child_comes_back_in_a_session_of_its_own(run_dir: Path) -> None:
    supervisor = supervise(run_dir, child(run_dir, SLEEP))
    supervisor.wait_ready()
    first = pid_of(supervisor)
    assert os.getsid(first) == first
    os.kill(first, signal.SIGKILL)
    until(lambda: supervisor.status()[0].state == "up" and pid_of(supervisor) != first, supervisor)
    assert supervisor.status()[0].restarts == 1
    supervisor.stop()
    assert not psutil.pid_exists(pid_of(supervisor))
    assert read_record(run_dir, "child") is None


def test_back_off_doubles_up_to_its_longest() -> None:
    patience = Patience(first_delay=0.5, longest_delay=30)
    assert [patience.delay(n) for n in (1, 2, 3, 8)] == [0.5, 1.0, 2.0, 30]


def test_after_five_restarts_it_gives_up_with_the_end_of_the_log(run_dir: Path) -> None:
    spec = child(run_dir, "print('the cause', flush=True); raise SystemExit(7)")
    supervisor = supervise(run_dir, spec)
    with pytest.raises(ChildGaveUp, match=r"exit code 7, for the 6th time within 10 minutes[\s\S]*the cause"):
        until(lambda: False, supervisor)
    assert spec.log.read_text().count("the cause") == 6
    supervisor.stop()
    known = read_record(run_dir, "child")
    assert known is not None
    assert known.state == "failed"


def test_a_child_that_has_done_its_work_is_not_started_again(run_dir: Path) -> None:
    supervisor = supervise(run_dir, child(run_dir, "pass", ends=True))
    supervisor.wait_ready()
    until(lambda: supervisor.status()[0].state == "done", supervisor)
    assert supervisor.status()[0].restarts == 0
    supervisor.stop()


def test_a_child_that_never_gets_ready_is_a_failure(run_dir: Path) -> None:
    spec = child(run_dir, SLEEP, ready=lambda: False, ready_within=0.05, grace=5.0)
    supervisor = supervise(run_dir, spec)
    with pytest.raises(ChildGaveUp, match="was not ready"):
        until(lambda: False, supervisor)
    supervisor.stop()
    assert marked(mark(run_dir, "child")) == []


def test_a_stop_ends_the_whole_tree_even_what_ignores_it(run_dir: Path) -> None:
    stubborn = "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    parent = f"import subprocess,sys; subprocess.Popen([sys.executable,'-c',{stubborn!r}]).wait()"
    spec = child(run_dir, parent, grace=0.5)
    supervisor = supervise(run_dir, spec)
    until(lambda: "deaf" in spec.log.read_text())
    assert len(marked(mark(run_dir, "child"))) == 2
    supervisor.stop()
    assert marked(mark(run_dir, "child")) == []


SUPERVISOR = """
import sys, time
from pathlib import Path
from infra.local.supervision import ChildSpec, Supervisor
run_dir = Path(sys.argv[1])
spec = ChildSpec("child", (sys.executable, "-c", sys.argv[2]), run_dir.parent / "child.log", fingerprint="one")
supervisor = Supervisor(run_dir, [spec], print)
supervisor.start()
supervisor.wait_ready()
time.sleep(60)
"""


def orphan(run_dir: Path) -> psutil.Process:
    """A child whose supervisor was killed with SIGKILL."""
    with subprocess.Popen([sys.executable, "-c", SUPERVISOR, str(run_dir), SLEEP]) as first:
        until(lambda: (record := read_record(run_dir, "child")) is not None and record.state == "up")
        first.kill()
    found = find_child(run_dir, "child")
    assert found is not None
    return found


def test_the_next_supervisor_adopts_the_child_of_a_killed_one_and_can_end_it(run_dir: Path) -> None:
    left = orphan(run_dir)
    supervisor = supervise(run_dir, child(run_dir, SLEEP, fingerprint="one"))
    supervisor.wait_ready()
    assert pid_of(supervisor) == left.pid
    supervisor.stop()
    assert not is_alive(left)


def test_a_child_whose_record_was_never_finished_is_found_by_its_mark(run_dir: Path) -> None:
    left = orphan(run_dir)
    known = read_record(run_dir, "child")
    assert known is not None
    write_record(run_dir, ChildRecord("child", 0, 0.0, "starting", known.fingerprint))
    supervisor = supervise(run_dir, child(run_dir, SLEEP, fingerprint="one"))
    assert pid_of(supervisor) == left.pid
    record_path(run_dir, "child").unlink()
    supervisor.stop()
    assert not is_alive(left)


def test_a_living_child_with_other_settings_is_replaced(run_dir: Path) -> None:
    left = orphan(run_dir)
    supervisor = supervise(run_dir, child(run_dir, SLEEP, fingerprint="two"))
    assert pid_of(supervisor) != left.pid
    assert not is_alive(left)
    supervisor.stop()


@pytest.fixture
def stranger() -> Iterator[psutil.Process]:
    """A process in a session of its own that is none of ours."""
    with subprocess.Popen([sys.executable, "-c", SLEEP], start_new_session=True) as process:
        yield psutil.Process(process.pid)
        with suppress(ProcessLookupError):
            process.kill()


@pytest.mark.parametrize("same_start", [True, False])
def test_a_stale_record_never_ends_a_stranger_that_has_its_pid(
    run_dir: Path, stranger: psutil.Process, same_start: bool
) -> None:
    created = stranger.create_time() if same_start else 1.0
    write_record(run_dir, ChildRecord("child", stranger.pid, created, "up"))
    supervisor = supervise(run_dir, child(run_dir, SLEEP))
    assert pid_of(supervisor) != stranger.pid
    supervisor.stop()
    assert is_alive(stranger)


def test_a_child_without_a_pid_yet_matches_nothing_not_even_session_zero(
    run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Inside a container everything started from outside reports session 0: once this killed the shell."""
    ended: list[int] = []
    monkeypatch.setattr(psutil.Process, "kill", lambda process: ended.append(process.pid))
    monkeypatch.setattr(os, "getsid", lambda _pid: 0)
    for pid in (0, 1, -1):
        write_record(run_dir, ChildRecord("child", pid, 0.0, "starting"))
        assert find_child(run_dir, "child") is None
        end_leftovers(run_dir, "child")
    assert ended == []


def test_a_damaged_record_counts_as_none(run_dir: Path) -> None:
    run_dir.mkdir()
    record_path(run_dir, "child").write_text('{"name": "chi')
    assert read_record(run_dir, "child") is None
