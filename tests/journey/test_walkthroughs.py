"""The walk-throughs of docs/engineer.md, carried out as they stand there in a fresh clone, one after the other.

Then the back-up of docs/operator.md is taken from the house that they leave, and brought back.
"""

from __future__ import annotations

import ast
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import free_port, free_ports
from tests.journey.walkthrough import Step, carry_out, sections

ROOT = Path(__file__).resolve().parents[2]
PAGE = sections((ROOT / "docs" / "engineer.md").read_text(encoding="utf-8"))
OPERATOR = sections((ROOT / "docs" / "operator.md").read_text(encoding="utf-8"))
CHANGES = ("Add a column", "Add a rule", "Add a key figure", "Add a topic")
AT_WORK = "See all four at work"
long = [pytest.mark.long, pytest.mark.timeout(1800)]


@pytest.mark.check
def test_every_place_that_the_page_names_is_there_and_its_python_can_be_read(tmp_path: Path) -> None:
    """Found in seconds, what the long tests would find in minutes: a line that the page builds upon has changed."""
    assert set(PAGE) == {*CHANGES, AT_WORK}
    steps = [step for title in CHANGES for step in PAGE[title]]
    made = "".join(step.block for step in steps if step.kind == "run")
    for step in steps:
        path, copy = ROOT / step.path, tmp_path / step.path
        if step.kind in ("run", "new"):
            continue
        if not path.exists():
            assert path.name in made, f"{step.path} is neither there nor made by the page"
            continue
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
        carry_out(step, tmp_path)
        if path.suffix == ".py":
            ast.parse(copy.read_text(encoding="utf-8"), step.path)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A fresh clone of what is committed, set up, with a home and ports of its own."""
    root = tmp_path_factory.mktemp("clone") / "retail"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(root)], check=True)
    run(root, "make setup dev")
    ports = {"KAFKA": free_ports(2), "S3": free_port(), "WAREHOUSE": free_port()}
    lines = "".join(f"RETAIL_{name}_PORT={port}\n" for name, port in ports.items())
    (root / ".retail").mkdir()
    (root / ".retail" / "retail.env").write_text(lines)
    yield root
    run(root, ".venv/bin/retail down")
    shutil.rmtree(root)


def run(root: Path, command: str) -> str:
    """What the command tells, both streams; it must succeed."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=root,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-8000:]}"
    return done.stdout


def environment() -> dict[str, str]:
    """The developer's environment without what is ours in it."""
    ours = ("RETAIL_", "PYTEST_", "VIRTUAL_ENV", "PYTHON", "MAKE")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def walked(root: Path, steps: list[Step]) -> str:
    """What the commands of the steps told."""
    told = ""
    for step in steps:
        if step.kind == "run":
            told += run(root, step.block)
        else:
            carry_out(step, root)
    return told


@pytest.mark.parametrize("title", [pytest.param(title, marks=long) for title in CHANGES])
def test_a_change_made_as_the_page_says_passes_its_checks(clone: Path, title: str) -> None:
    told = walked(clone, PAGE[title])
    assert " passed" in told
    assert " failed" not in told


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_all_four_work_in_a_running_house(clone: Path) -> None:
    told = walked(clone, PAGE[AT_WORK])
    assert "4 received = 3 accepted + 0 duplicate + 1 quarantined" in told
    assert "store_sells 1" in told  # the rule
    rows = run(clone, '.venv/bin/retail sql "SELECT event_id, loyalty_tier FROM GOLD.FCT_RECEIPTS" --json')
    assert '"gold"' in rows  # the column
    assert "null" in rows
    status = run(clone, ".venv/bin/retail status --json")
    assert '"footfall": 1' in status  # the topic: one row in bronze, one in silver
    assert status.count('"footfall": 1') == 2
    figure = (
        "from lakehouse.contracts.kpis import all_kpis; from warehouse.render.kpis import snowflake_query; "
    )
    figure += "print(next(snowflake_query(k) for k in all_kpis() if k.id == 'return_lines'))"
    query = run(clone, f'.venv/bin/python -c "{figure}"').strip()
    answer = run(clone, f".venv/bin/retail sql {shlex.quote(query)} --json")
    assert '"RETURN_LINES": 1' in answer  # the key figure


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_back_up_taken_as_the_operators_page_says_brings_the_house_back(clone: Path) -> None:
    lost = clone / ".retail" / "secrets.env"
    secrets = lost.read_text(encoding="utf-8")
    walked(clone, OPERATOR["Back up"])
    lost.unlink()
    told = walked(clone, OPERATOR["Bring back"])
    assert lost.read_text(encoding="utf-8") == secrets
    assert "everything agrees" in told
