"""A dashboard over the small served lake, as a process of its own, and a browser that looks at it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from lakehouse.settings import Settings
from orchestration.dashboard import address, command, environment
from tests.browser import wait_until_up
from tests.conftest import free_port
from tests.warehouse.conftest import ROOT


@pytest.fixture(scope="session")
def dashboard(shop: Settings) -> Iterator[str]:
    """Address of the dashboard over the shop's database."""
    settings = shop.model_copy(update={"dashboard_port": free_port()})
    own = {
        "RETAIL_WAREHOUSE_PORT": str(settings.warehouse_port),
        "RETAIL_SNOWFLAKE_DATABASE": settings.snowflake_database,
    }
    log = settings.home / "dashboard.log"
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
