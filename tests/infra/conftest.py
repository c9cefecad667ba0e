"""Settings of a home of its own per test, on ports that nobody uses, deaf to the developer's environment."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from lakehouse.settings import Settings, load_settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in os.environ:
        if name.startswith(("RETAIL_", "AWS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("RETAIL_HOME", str(tmp_path / "home"))
    kafka, s3 = free_ports()
    return load_settings(kafka_port=kafka, s3_port=s3)


def free_ports() -> tuple[int, int]:
    """A port whose successor is free too, and another one."""
    while True:
        with socket.socket() as first, socket.socket() as second, socket.socket() as third:
            first.bind(("127.0.0.1", 0))
            third.bind(("127.0.0.1", 0))
            kafka = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", kafka + 1))
            except (OSError, OverflowError):
                continue
            return kafka, third.getsockname()[1]
