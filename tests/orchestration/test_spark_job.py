"""A job's end reaches the command as its own words and an exit code. The job is a small program here."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from infra.local.servers import run_dir
from infra.local.supervision import ChildSpec
from lakehouse.settings import Settings
from lakehouse.storage.job_errors import JobError
from orchestration import spark_job
from orchestration.plan import MEDALLION
from orchestration.spark_job import JobFailed, run_to_end, servers_away, worth_retrying

BATCH = json.dumps({"event": "batch", "batch_id": 0, "received": 1, "accepted": 1, "seconds": 0.1})


def job_that(runs: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    log = settings.home / "logs" / "run_medallion.log"
    spec = ChildSpec(MEDALLION.name, (sys.executable, "-c", runs), log, ends=True)
    monkeypatch.setattr(spark_job, "job_spec", lambda *_: replace(spec))


def told(kind: str, message: str, code: int, known: bool = True) -> str:
    event = {"event": "error", "kind": kind, "message": message, "exit_code": code, "is_known": known}
    return f"import sys; print({json.dumps(event)!r}); print('error: x', file=sys.stderr); sys.exit({code})"


def test_a_job_that_ends_well_gives_its_batches_and_leaves_no_record(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    job_that(f"print({BATCH!r})", settings, monkeypatch)
    assert [batch["batch_id"] for batch in run_to_end(settings, MEDALLION, (), lines.append)] == [0]
    assert any("batch 0: 1 received" in line for line in lines)
    assert not (run_dir(settings) / "run_medallion.json").exists()


def test_an_old_error_in_the_log_is_not_taken_for_a_new_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_that(told("LeaseHeld", "held by another", 3), settings, monkeypatch)
    with pytest.raises(JobFailed, match="held by another"):
        run_to_end(settings, MEDALLION, (), print)
    job_that(f"print({BATCH!r})", settings, monkeypatch)
    assert len(run_to_end(settings, MEDALLION, (), print)) == 1


@pytest.mark.parametrize(
    ("kind", "code"),
    [("LeaseHeld", 3), ("CheckpointError", 1), ("SettingsError", 2), ("LedgerUnbalanced", 1)],
)
def test_a_known_error_comes_with_its_own_message_and_exit_code(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, kind: str, code: int
) -> None:
    job_that(told(kind, "seen, expected, to do", code), settings, monkeypatch)
    with pytest.raises(JobFailed, match=r"^seen, expected, to do \(log: ") as failed:
        run_to_end(settings, MEDALLION, (), print)
    assert failed.value.exit_code == code


def test_a_job_that_was_killed_is_worth_a_retry(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    job_that("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", settings, monkeypatch)
    with pytest.raises(JobFailed, match="SIGKILL; the same command again goes on") as failed:
        run_to_end(settings, MEDALLION, (), print)
    assert failed.value.exit_code == 3


def test_an_error_of_unknown_kind_while_the_servers_are_away_is_theirs(settings: Settings) -> None:
    seen = worth_retrying(settings, JobError("Py4JJavaError", "connection refused", 1, is_known=False))
    assert seen.exit_code == 3
    assert "retail up" in seen.message
    assert "connection refused" in seen.message


def test_a_verdict_stays_whatever_the_servers_do(settings: Settings) -> None:
    verdict = JobError("CheckpointError", "does not fit", 1, is_known=True)
    assert worth_retrying(settings, verdict) is verdict


def test_servers_that_are_away_are_named_with_the_remedy(settings: Settings) -> None:
    away = servers_away(settings)
    assert settings.bootstrap in away
    assert str(settings.s3_port) in away
    assert "Kafka" not in servers_away(settings, with_kafka=False)


def test_an_interrupt_ends_the_job_too(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mark = tmp_path / "alive"
    body = f"import pathlib, time\nwhile True: pathlib.Path({str(mark)!r}).touch(); print({BATCH!r}, flush=True); time.sleep(0.1)"
    job_that(body, settings, monkeypatch)

    def interrupted(line: str) -> None:
        if "batch" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_to_end(settings, MEDALLION, (), interrupted)
    mark.unlink()
    assert not mark.exists()
    assert not (run_dir(settings) / "run_medallion.json").exists()
