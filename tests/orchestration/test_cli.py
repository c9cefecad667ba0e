"""The command as a person or a script meets it: help, exit codes, one JSON object on stdout."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.plan import JOBS

pytestmark = pytest.mark.usefixtures("settings")

VERBS = (
    "up",
    "down",
    "status",
    "doctor",
    "produce",
    "consume",
    "replay",
    "process",
    "run",
    "reconcile",
    "report",
)


def retail(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "orchestration.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_help_loads_no_heavy_library() -> None:
    code = "import sys, orchestration.cli; print([m for m in ('pyarrow', 'confluent_kafka', 'boto3', 'pyspark') if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )


WAREHOUSE_VERBS = (
    "warehouse render",
    "warehouse plan",
    "warehouse apply",
    "warehouse refresh",
    "sql",
    "worksheet",
)


@pytest.mark.parametrize(
    "verb", [*VERBS, *WAREHOUSE_VERBS, "quarantine list", "quarantine explain", "quarantine replay"]
)
def test_each_verb_has_help_with_an_example(verb: str) -> None:
    done = retail(*verb.split(), "--help")
    assert done.returncode == 0
    assert "Example" in done.stdout
    assert f"retail {verb}" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ("run", "--once", "--source", "nowhere"),
            "expected simulate, complete-journey, or an existing file",
        ),
        (("replay", "sales.txt"), "expected simulate, complete-journey, or an existing file"),
        (("run", "--json"), "needs --once"),
        (("process", "--layer", "platinum"), "bronze"),
        (("quarantine", "replay", "x", "--patch", "a", "--replace", "b"), "one of the two"),
        (("quarantine", "list", "--since", "yesterday"), "--since"),
        (("fly",), "No such command"),
    ],
)
def test_wrong_usage_is_2_and_says_what_is_possible(arguments: tuple[str, ...], told: str) -> None:
    done = retail(*arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stdout == ""


def test_wrong_settings_are_2_and_all_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETAIL_KAFKA_PORT", "many")
    monkeypatch.setenv("RETAIL_DEFAULT_ZONE", "Mars/Olympus")
    done = retail("status")
    assert done.returncode == 2
    assert "RETAIL_KAFKA_PORT" in done.stderr
    assert "RETAIL_DEFAULT_ZONE" in done.stderr


@pytest.mark.parametrize("verb", ["produce", "consume", "process", "quarantine list", "reconcile", "report"])
def test_servers_that_are_away_are_3_with_the_remedy(verb: str) -> None:
    done = retail(*verb.split())
    assert done.returncode == 3
    assert "retail" in done.stderr
    assert "Traceback" not in done.stderr


def test_status_and_doctor_print_one_json_object() -> None:
    status, doctor = retail("status", "--json"), retail("doctor", "--json")
    assert status.returncode == 0
    assert json.loads(status.stdout)["servers"]
    assert doctor.returncode == 1
    assert {finding["name"] for finding in json.loads(doctor.stdout)["findings"]} >= {"Java", "Kafka", "S3"}


def test_down_of_nothing_is_good() -> None:
    assert retail("down").returncode == 0


def test_the_plan_names_scripts_that_exist() -> None:
    root = Path(__file__).parents[2]
    assert [
        job.name for job in JOBS if not (root / job.script).is_file() or Path(job.script).stem != job.name
    ] == []
