"""Looks for secrets where none may be: in the process list, and in every file below a folder."""

from __future__ import annotations

import threading
from pathlib import Path

import psutil
from pydantic import SecretStr

from lakehouse.settings import Settings


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


def files_with(folder: Path, secrets: dict[str, bytes]) -> dict[str, list[str]]:
    """Files below the folder that hold a secret, with its setting: logs, data of the servers, checkpoints, pages, all."""
    found: dict[str, list[str]] = {}
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            names = [name for name, secret in secrets.items() if secret in data]
            if names:
                found[str(path.relative_to(folder))] = names
    return found
