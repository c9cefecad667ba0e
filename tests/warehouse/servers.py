"""The local Snowflake and the dashboard as processes of their own, for tests and bench."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

from pydantic import SecretStr

from lakehouse.settings import Settings
from orchestration.dashboard import address, command, environment
from tests.browser import wait_until_up
from tests.conftest import free_port

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def local_snowflake(settings: Settings, home: Path, log: Path) -> Iterator[Settings]:
    """Settings of a running local Snowflake; its pipes and tasks look for work five times a second.

    ``home``: a folder of its own, for a server empties its folder of copies when it starts, and the stack has one too.
    """
    port, password = free_port(), uuid.uuid4().hex
    own = {
        "RETAIL_HOME": str(home),
        "RETAIL_WAREHOUSE_PORT": str(port),
        "RETAIL_WAREHOUSE_PASSWORD": password,
        "RETAIL_WAREHOUSE_POLL_SECONDS": "0.2",
    }
    with log.open("wb") as sink:
        server = subprocess.Popen(
            [sys.executable, "-m", "warehouse.local_snowflake"],
            env=os.environ | own,
            cwd=ROOT,
            stdout=sink,
            stderr=sink,
        )
    try:
        wait_until_healthy(port, server, log)
        yield settings.model_copy(update={"warehouse_port": port, "warehouse_password": SecretStr(password)})
    finally:
        server.terminate()
        server.wait(timeout=20)


@contextmanager
def running_dashboard(settings: Settings, log: Path) -> Iterator[str]:
    """Address of a dashboard over the database that the settings name."""
    settings = settings.model_copy(update={"dashboard_port": free_port()})
    own = {
        "RETAIL_WAREHOUSE_PORT": str(settings.warehouse_port),
        "RETAIL_SNOWFLAKE_DATABASE": settings.snowflake_database,
    }
    with log.open("wb") as sink:
        server = subprocess.Popen(
            command(settings),
            env=os.environ | environment(settings) | own,
            cwd=ROOT,
            stdout=sink,
            stderr=sink,
        )
    try:
        wait_until_up(address(settings), server, log)
        yield address(settings)
    finally:
        server.terminate()
        server.wait(timeout=20)


def wait_until_healthy(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the server answers; one that ended or stays silent is told of with its log."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError(f"the local Snowflake did not start:\n{log.read_text(errors='replace')[-3000:]}")
