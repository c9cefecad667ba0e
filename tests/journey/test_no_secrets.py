"""A whole run shows no secret: not in a log, not in the process list, not in a file that others may read."""

from __future__ import annotations

import stat
import threading
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import psutil
import pytest
from pydantic import SecretStr

from infra.local.secrets_file import with_secrets
from lakehouse.settings import Settings

pytestmark = [pytest.mark.stack, pytest.mark.long]

# The servers read theirs from here; nobody else may.
KEPT_IN = {"secrets.env", "s3/server.properties"}


class ProcessList:
    """Command lines of every process of the machine, looked at until stopped."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> ProcessList:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stopped.wait(0.1):
            for process in psutil.process_iter(["cmdline"]):
                self.seen.add(" ".join(process.info["cmdline"] or ()))


def secrets_of(settings: Settings) -> dict[str, bytes]:
    """Every secret that the home holds, by setting."""
    told = {name: value for name, value in settings if isinstance(value, SecretStr)}
    return {
        name: value.get_secret_value().encode() for name, value in told.items() if value.get_secret_value()
    }


def test_a_whole_run_with_warehouse_and_checks_shows_no_secret(
    stack: Settings, retail: Callable[..., CompletedProcess[str]]
) -> None:
    secrets = secrets_of(with_secrets(stack))
    assert {"customer_secret", "s3_secret_key", "warehouse_password"} <= secrets.keys()
    with ProcessList() as processes:
        done = retail("run", "--once", "--source", "simulate", "--limit", "200", prefix="nosecrets")
    assert done.returncode == 0, done.stderr[-3000:]
    assert any("run_medallion" in line for line in processes.seen), "the run was looked at"
    told = done.stdout.encode() + done.stderr.encode() + "\n".join(processes.seen).encode()
    assert not [name for name, secret in secrets.items() if secret in told]
    found = _files_with(stack.home, secrets)
    assert "secrets.env" in found, "the search finds what is there"
    assert set(found) <= KEPT_IN, found
    for name in found:
        assert stat.S_IMODE((stack.home / name).stat().st_mode) == 0o600, name


def _files_with(home: Path, secrets: dict[str, bytes]) -> dict[str, list[str]]:
    """Files below the home that hold a secret, with its setting: logs, data of the servers, checkpoints, pages, all."""
    found: dict[str, list[str]] = {}
    for path in home.rglob("*"):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            names = [name for name, secret in secrets.items() if secret in data]
            if names:
                found[str(path.relative_to(home))] = names
    return found
