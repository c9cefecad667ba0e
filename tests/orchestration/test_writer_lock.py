"""One command of a home writes; a second one is told who, and what a killed one left is cleared."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from infra.local.processes import MARK, find_child, mark
from infra.local.servers import run_dir
from lakehouse.settings import Settings
from orchestration.plan import MEDALLION, SENDERS
from orchestration.writer_lock import WriterBusy, clear_leftovers, stop_writer, take_writer_lock

WRITER = """
import time
from lakehouse.settings import load_settings
from orchestration.writer_lock import take_writer_lock
take_writer_lock(load_settings(), "retail run")
try:
    print("taken", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print("stopped children", flush=True)
"""


@contextmanager
def another_writer() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([sys.executable, "-c", WRITER], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "taken\n"
        try:
            yield writer
        finally:
            writer.kill()


@contextmanager
def left_behind(settings: Settings, name: str) -> Iterator[subprocess.Popen[bytes]]:
    env = {**os.environ, MARK: mark(run_dir(settings), name)}
    with subprocess.Popen(["sleep", "60"], env=env, start_new_session=True) as child:
        while find_child(run_dir(settings), name) is None:
            time.sleep(0.01)
        try:
            yield child
        finally:
            child.kill()


def test_a_second_writer_is_refused_with_the_name_of_the_first(settings: Settings) -> None:
    with (
        another_writer() as writer,
        pytest.raises(WriterBusy, match=rf"`retail run` \(process {writer.pid}\)"),
    ):
        take_writer_lock(settings, "retail process")


@pytest.mark.usefixtures("settings")
def test_a_killed_writer_leaves_the_lock_free() -> None:
    with another_writer() as writer:
        writer.kill()
        writer.wait()
        code = WRITER.replace("time.sleep(60)", "pass")
        assert (
            subprocess.run(
                [sys.executable, "-c", code], check=True, timeout=30, capture_output=True
            ).returncode
            == 0
        )


def test_what_a_killed_command_left_is_stopped_except_what_is_kept(settings: Settings) -> None:
    said: list[str] = []
    with left_behind(settings, SENDERS[0]) as source, left_behind(settings, MEDALLION.name) as application:
        clear_leftovers(settings, said.append, keep=(MEDALLION.name,))
        source.wait(10)
        assert application.poll() is None
        clear_leftovers(settings, said.append)
        application.wait(10)
    assert len(said) == 2


def test_down_ends_the_writer_as_ctrl_c_would(settings: Settings) -> None:
    said: list[str] = []
    with another_writer() as writer:
        stop_writer(settings, said.append)
        assert writer.stdout is not None
        assert writer.stdout.readline() == "stopped children\n"
    assert said == [f"stopping `retail run`, process {writer.pid}"]


def test_nothing_to_stop_is_no_error(settings: Settings) -> None:
    stop_writer(settings, print)
