"""Runs one Spark job to its end: progress from its log, its error as its own words."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

from infra.local.probes import kafka_answers, s3_refusal
from infra.local.processes import ChildRecord
from infra.local.servers import log_path, run_dir
from infra.local.supervision import ChildGaveUp, ChildSpec, Patience, Supervisor
from lakehouse.settings import Settings
from lakehouse.storage.job_errors import CHECK_FAILED, RETRY, JobError
from orchestration.job_log import Event, LogTail, batch_line, derived_line, error_of, verdict_line
from orchestration.plan import Job
from orchestration.spark_submit import spark_environment, spark_submit_command

Tell = Callable[[str], None]

STOP_SECONDS = 30.0
_LOOK_SECONDS = 0.2
_LINES: dict[str, Callable[[Event], str]] = {
    "batch": batch_line,
    "verdict": verdict_line,
    "derived": derived_line,
}


class JobFailed(RuntimeError):
    """A Spark job ended with an error. ``exit_code`` is what the command ends with."""

    def __init__(self, error: JobError, log: Path) -> None:
        self.error = error
        self.exit_code = error.exit_code
        super().__init__(f"{error.message} (log: {log})")


def progress_path(settings: Settings, job: Job) -> Path:
    """Where a job shows its last batch of this lake."""
    lake = f"{settings.bucket}/{settings.lake_key}".strip("/").replace("/", "-")
    return run_dir(settings) / f"{job.name}.{lake}.progress"


def job_spec(settings: Settings, job: Job, arguments: Sequence[str], master: str = "") -> ChildSpec:
    """The job as a child to supervise."""
    options = [*arguments, "--progress-file", str(progress_path(settings, job))]
    return ChildSpec(
        name=job.name,
        command=spark_submit_command(settings, job.script, options, master),
        log=log_path(settings, job.name),
        env=spark_environment(settings, master),
        grace=STOP_SECONDS,
        ends=True,
    )


def run_to_end(
    settings: Settings, job: Job, arguments: Sequence[str], tell: Tell, master: str = ""
) -> list[Event]:
    """Run the job until it ends; returns what it told, errors left out. Raises JobFailed. Ctrl-C ends the job first."""
    spec = job_spec(settings, job, arguments, master)
    # A fingerprint of its own: a run that was left behind knows nothing of what was sent since, so it is replaced.
    spec = ChildSpec(**{**vars(spec), "fingerprint": uuid.uuid4().hex})
    tail, heard, failures = LogTail.at_end(spec.log), list[Event](), list[JobError]()
    supervisor = Supervisor(run_dir(settings), [spec], lambda _: None, Patience(restarts=0))
    tell(f"{job.name}: starting, log {spec.log}")

    def look() -> None:
        for event in tail.events():
            if event["event"] == "error":
                failures.append(error_of(event))
                continue
            heard.append(event)
            if event["event"] in _LINES:
                tell(f"{job.name}: {_LINES[event['event']](event)}")

    try:
        supervisor.start()
        while supervisor.status()[0].state != "done":
            time.sleep(_LOOK_SECONDS)
            look()
            supervisor.step()
        look()
    except ChildGaveUp as error:
        look()
        told = failures[-1] if failures else _silent_end(job, supervisor.status()[0], error)
        raise JobFailed(worth_retrying(settings, told), spec.log) from None
    finally:
        supervisor.stop()
    return heard


def worth_retrying(settings: Settings, error: JobError) -> JobError:
    """An error of unknown kind while a server is away is the server's: exit 3 and a word on it."""
    if error.is_known or error.exit_code == RETRY:
        return error
    away = servers_away(settings)
    if not away:
        return error
    return JobError(error.kind, f"{away}. The job said: {error.message}", RETRY, is_known=False)


def servers_away(settings: Settings, with_kafka: bool = True) -> str:
    """Which servers do not answer and what to do; empty when all do."""
    away = []
    if with_kafka and not kafka_answers(settings):
        away.append(f"Kafka at {settings.bootstrap} does not answer")
    if refusal := s3_refusal(settings):
        away.append(f"S3 at {settings.s3_url or 'Amazon'} does not answer us ({refusal})")
    return f"{'; '.join(away)}: run `retail up`, then this again" if away else ""


def _silent_end(job: Job, record: ChildRecord, error: ChildGaveUp) -> JobError:
    """A job that ended without a word: killed (worth a retry: nothing is lost), or it never came to Python."""
    if "signal SIG" in record.detail.partition("\n")[0]:
        signal_name = record.detail.partition("signal ")[2].partition(",")[0]
        message = f"{job.name} was ended by {signal_name}; the same command again goes on where it stopped"
        return JobError("Killed", message, RETRY, is_known=False)
    return JobError("Ended", str(error), CHECK_FAILED, is_known=False)
