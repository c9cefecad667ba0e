"""A dashboard over the small served lake, as a process of its own, and a browser that looks at it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from lakehouse.settings import Settings
from orchestration.dashboard import address, command, environment
from tests.conftest import free_port
from tests.warehouse.conftest import ROOT
from tests.warehouse.dashboard.looks import wait_until_up


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


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's own Chromium without a window; a machine without one cannot do the long tests."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert found, "the long tests of the dashboard need chromium on the PATH"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(Path(found)), args=["--no-sandbox"])
        yield opened
        opened.close()
