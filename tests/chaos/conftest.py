"""Homes of a chaos run over the running stack."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakehouse.settings import Settings
from tests.chaos.homes import Homes


@pytest.fixture
def homes(stack: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Homes]:
    """Homes over the running stack; the settings of the test run are not theirs."""
    for name in [name for name in os.environ if name.startswith("RETAIL_")]:
        monkeypatch.delenv(name)
    opened = Homes(tmp_path, stack)
    yield opened
    opened.end_run()
    opened.leave_lake(is_kept=False)
    opened.proxy.close()
