"""A process dies at the named place, and where a file names it only one does."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.check

_WALK = """
import sys
from lakehouse.storage.crash_points import arm, reached
arm(sys.argv[1])
for place in ("before:silver.receipts", "after:silver.receipts", "before:export.7"):
    reached(place)
    print(place, flush=True)
"""


def walked(armed: str) -> tuple[int, list[str]]:
    """Exit code of a process that passes three places, and the places behind it."""
    command = [sys.executable, "-c", _WALK, armed]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout.splitlines()


@pytest.mark.parametrize(
    ("armed", "passed"), [("before:silver.receipts", 0), ("after:silver.receipts", 1), ("before:export.*", 2)]
)
def test_a_process_dies_at_its_place(armed: str, passed: int) -> None:
    code, places = walked(armed)
    assert code == -signal.SIGKILL
    assert len(places) == passed


@pytest.mark.parametrize("armed", ["", "after:gold.dim_store", "@no/such/file"])
def test_unarmed_or_elsewhere_nothing_happens(armed: str) -> None:
    code, places = walked(armed)
    assert (code, len(places)) == (0, 3)


def test_a_place_named_by_a_file_kills_one_process_and_its_successor_lives(tmp_path: Path) -> None:
    file = tmp_path / "place"
    file.write_text("after:silver.receipts", encoding="utf-8")
    assert walked(f"@{file}")[0] == -signal.SIGKILL
    assert not file.exists()
    assert file.with_suffix(".reached").read_text(encoding="utf-8") == "after:silver.receipts"
    assert walked(f"@{file}")[0] == 0
