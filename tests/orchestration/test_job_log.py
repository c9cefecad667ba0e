"""A growing log is read line by line, whatever else stands in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestration.job_log import LogTail, batch_line, error_of, event_of, last_batch

pytestmark = pytest.mark.check

BATCH = {
    "event": "batch",
    "batch_id": 3,
    "received": 1000,
    "accepted": 990,
    "duplicate": 4,
    "quarantined": 6,
    "seconds": 2.1,
}


def test_only_whole_lines_that_tell_an_event_are_read_and_each_once(tmp_path: Path) -> None:
    log = tmp_path / "job.log"
    log.write_text('{"event": "batch", "batch_id": 0}\n')
    tail = LogTail.at_end(log)
    with log.open("a") as more:
        more.write("26/11/23 WARN something\n" + json.dumps(BATCH) + '\n{"event": "ba')
        more.flush()
        assert tail.events() == [BATCH]
        more.write('tch", "batch_id": 4}\n')
        more.flush()
        assert [event["batch_id"] for event in tail.events()] == [4]
    assert tail.events() == []


def test_a_log_that_was_rotated_is_read_from_its_start(tmp_path: Path) -> None:
    log = tmp_path / "job.log"
    log.write_text("x" * 500)
    tail = LogTail.at_end(log)
    log.rename(tmp_path / "job.log.1")
    assert tail.events() == []
    log.write_text(json.dumps(BATCH) + "\n")
    assert tail.events() == [BATCH]


@pytest.mark.parametrize("line", ["", "{}", '{"event": ', '{"event" is not JSON', "[1]"])
def test_other_lines_are_no_events(line: str) -> None:
    assert event_of(line) is None


def test_a_batch_is_told_as_its_balance() -> None:
    assert batch_line(BATCH) == "batch 3: 1,000 received = 990 accepted + 4 duplicate + 6 quarantined, 2.1 s"


def test_the_error_event_carries_the_verdict() -> None:
    event = {"event": "error", "kind": "LeaseHeld", "message": "held", "exit_code": 3, "is_known": True}
    assert error_of(event).exit_code == 3


@pytest.mark.parametrize("text", ["", '{"batch_id": 1', "[]"])
def test_a_progress_file_that_is_being_written_is_no_batch(tmp_path: Path, text: str) -> None:
    path = tmp_path / "progress"
    assert last_batch(path) is None
    path.write_text(text)
    assert last_batch(path) is None
    path.write_text(json.dumps(BATCH))
    assert last_batch(path) == BATCH
