"""The committed model and its rows; Microsoft's parsers from npm, fetched once into .venv/npm; tests that need one are skipped where it cannot be had."""

from __future__ import annotations

import fcntl
import platform
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakehouse.settings import Settings
from tests.warehouse.powerbi.dax_values import Tables, rows_of_the_model
from tests.warehouse.powerbi.microsoft_parser import MicrosoftParser
from tests.warehouse.powerbi.tmdl_reader import Model, read_model
from warehouse.connection import connect
from warehouse.render.powerbi import MODEL

ROOT = Path(__file__).resolve().parents[3]
PROJECT = ROOT / "warehouse/powerbi"
DEFINITION = PROJECT / MODEL / "definition"
PACKAGES = ("@microsoft/powerquery-parser@0.18.4", "@microsoft/powerbi-modeling-mcp-linux-x64@0.5.0-beta.13")


@pytest.fixture(scope="session")
def model() -> Model:
    """The committed model."""
    return read_model(DEFINITION)


@pytest.fixture(scope="session")
def tables(shop: Settings) -> Tables:
    """Its rows from the local Snowflake."""
    with connect(shop) as warehouse:
        return rows_of_the_model(warehouse)


@pytest.fixture(scope="session")
def npm_folder() -> Path:
    """A folder with the packages in its node_modules."""
    folder = ROOT / ".venv/npm"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in several workers
        _install(folder, folder / ".ready")
    return folder


def _install(folder: Path, stamp: Path) -> None:
    if stamp.exists() and stamp.read_text(encoding="utf-8") == "\n".join(PACKAGES):
        return
    if not shutil.which("npm"):
        pytest.skip("no npm on this machine: Microsoft's parsers of TMDL and M cannot be had")
    options = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
    command = ["npm", "install", "--prefix", str(folder), *options, *PACKAGES]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        pytest.skip(f"npm has no Microsoft parsers for us: {done.stderr.strip().splitlines()[-1:]}")
    stamp.write_text("\n".join(PACKAGES), encoding="utf-8")


@pytest.fixture(scope="session")
def tmdl_parser(npm_folder: Path) -> Iterator[MicrosoftParser]:
    """Microsoft's TMDL parser, started once."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip("Microsoft's TMDL parser is taken for Linux on x86-64 only")
    program = npm_folder / "node_modules/@microsoft/powerbi-modeling-mcp-linux-x64/dist/powerbi-modeling-mcp"
    program.chmod(0o755)
    parser = MicrosoftParser(program)
    yield parser
    parser.close()
