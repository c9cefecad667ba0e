"""The doctor finds each common fault of a set-up, and says a remedy that fits. Faults are made, not told.

Where the machine's own state is asked (disk, memory, Python) the answer is put in its place.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from infra.local import doctor, jars
from infra.local.doctor import Finding, diagnose
from infra.local.files import MIB
from infra.local.processes import ChildRecord, write_record
from infra.local.secrets_file import ensure_secrets, secrets_path
from infra.local.servers import SUPERVISOR, run_dir
from lakehouse.settings import Settings, load_settings


class Memory(NamedTuple):
    """What psutil tells of a machine's memory, as far as it is asked."""

    available: int


def found(settings: Settings, name: str) -> Finding:
    (finding,) = [each for each in diagnose(settings) if each.name == name]
    return finding


def assert_told(finding: Finding, seen: str, remedy: str) -> None:
    """The fault is found, what was seen is told, and the remedy names the way out."""
    assert not finding.ok
    assert seen in finding.seen
    assert remedy in finding.remedy
    assert finding.expected


def test_a_java_that_is_not_there(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETAIL_JAVA_HOME", str(tmp_path / "no-java"))
    assert_told(found(settings, "Java"), "does not run", "make setup")


def test_a_java_that_is_too_old(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java = tmp_path / "jdk8" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(
        f"#!/bin/sh\necho '    java.home = {tmp_path}/jdk8'\necho '    java.specification.version = 1.8'\n"
    )
    java.chmod(0o755)
    monkeypatch.setenv("RETAIL_JAVA_HOME", str(java.parents[1]))
    assert_told(found(settings, "Java"), "is Java 8", "RETAIL_JAVA_HOME")


def test_an_environment_of_a_python_that_the_house_does_not_know(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "sys", type("Old", (), {"version_info": (3, 10, 4)}))
    assert_told(found(settings, "Python"), "Python 3.10", "make clean setup")


def test_jars_that_were_never_fetched(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jars, "_root", lambda: tmp_path)
    assert_told(found(settings, "jars"), "missing or altered, first lake: ", "make setup")


def test_a_port_that_another_program_holds(settings: Settings) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", settings.kafka_port))
        other.listen()
        finding = found(settings, "ports")
    assert_told(finding, f"taken by process {os.getpid()}", "move the port")
    assert "RETAIL_KAFKA_PORT" in finding.seen


def test_a_home_that_cannot_be_made(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("no folder")
    assert_told(found(settings.model_copy(update={"home": file / "home"}), "home"), str(file), "RETAIL_HOME")


def test_a_disk_that_is_full(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "free_space", lambda _: 12 * MIB)
    assert_told(found(settings, "disk"), "12 MiB free", "move RETAIL_HOME")


def test_a_machine_with_too_little_memory(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: Memory(900 * MIB))
    assert_told(found(settings, "memory"), "900 MiB available", "RETAIL_SPARK_DRIVER_MEMORY")


def test_a_setting_that_cannot_be_read(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETAIL_KAFKA_PORT", "nineteen")
    assert_told(found(settings, "settings"), "RETAIL_KAFKA_PORT", "correct what is named")


def test_secrets_that_others_can_read(settings: Settings) -> None:
    ensure_secrets(settings)
    secrets_path(settings).chmod(0o644)
    assert_told(found(settings, "secrets"), "mode 0644", f"chmod 600 {secrets_path(settings)}")


def test_records_of_processes_that_a_power_cut_ended(settings: Settings) -> None:
    write_record(run_dir(settings), ChildRecord(SUPERVISOR, 2**22 - 1, 0.0, "up"))
    assert_told(found(settings, "pid files"), "supervisor (process", "retail up")


def test_a_broker_that_is_not_started(settings: Settings) -> None:
    assert_told(found(settings, "Kafka"), "does not answer", "retail up")


def test_a_broker_elsewhere_that_does_not_answer(settings: Settings) -> None:
    elsewhere = settings.model_copy(update={"kafka_bootstrap": "127.0.0.1:9"})
    assert_told(found(elsewhere, "Kafka"), "127.0.0.1:9", "RETAIL_KAFKA_BOOTSTRAP")


def test_a_store_that_is_not_started(settings: Settings) -> None:
    assert_told(found(ensure_secrets(settings), "S3"), "Could not connect", "retail up")


@contextmanager
def store(status: int, at: datetime | None = None) -> Iterator[Settings]:
    """Settings of an S3 server that gives every question the same answer, at its own time."""

    class Answer(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response_only(status)
            self.send_header("Date", format_datetime(at or datetime.now(UTC), usegmt=True))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: a test prints nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        yield load_settings(s3_endpoint=address, s3_access_key="key", s3_secret_key="secret")
        server.shutdown()


@pytest.mark.usefixtures("settings")
def test_keys_that_the_store_refuses() -> None:
    with store(403) as elsewhere:
        assert_told(found(elsewhere, "S3"), "403", "the S3 keys")


@pytest.mark.usefixtures("settings")
def test_a_bucket_that_does_not_exist() -> None:
    with store(404) as elsewhere:
        assert_told(found(elsewhere, "S3"), "the bucket is missing", "RETAIL_BUCKET")


@pytest.mark.usefixtures("settings")
def test_a_clock_that_runs_an_hour_ahead_of_the_store() -> None:
    with store(200, datetime.now(UTC) - timedelta(hours=1)) as elsewhere:
        assert_told(found(elsewhere, "clock"), "+360", "NTP")
        assert found(elsewhere, "S3").ok


def test_every_point_that_is_examined_has_its_fault_here(settings: Settings) -> None:
    """A new finding needs a test: its name stands in this file."""
    text = Path(__file__).read_text(encoding="utf-8")
    assert not [each.name for each in diagnose(settings) if f', "{each.name}")' not in text]
