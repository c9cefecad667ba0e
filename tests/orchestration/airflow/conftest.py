"""Airflow in its own environment, over the stack of the run: one database for the session, one lake per test."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from ingestion.topics import ensure_topics
from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import LakeReader, lake_reader
from orchestration import warehouse
from orchestration.scheduler.airflow_files import environment, prepare, program

States = dict[str, str]


@dataclass(frozen=True)
class Clock:
    """One test's lake, topics and database, and Airflow to run DAGs over them."""

    settings: Settings
    env: dict[str, str]

    @property
    def lake(self) -> LakeReader:
        """A reader that opens each table anew."""
        return lake_reader(self.settings)

    def run(self, dag: str, at: datetime, conf: dict[str, object] | None = None) -> tuple[States, str]:
        """`airflow dags test`: the state of each task, and all that was logged."""
        given = ["--conf", json.dumps(conf)] if conf else []
        done = subprocess.run(
            [program(), "dags", "test", dag, at.isoformat(), *given],
            env=self.env,
            capture_output=True,
            text=True,
            timeout=1500,
            check=False,
        )
        return self.states(dag), done.stdout + done.stderr

    def states(self, dag: str) -> States:
        """The state of each task in the newest run of the DAG."""
        database = urlsplit(self.env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]).path.removeprefix("/")
        with sqlite3.connect(database) as connection:
            rows = connection.execute(
                "SELECT task_id, state FROM task_instance WHERE dag_id = ? AND run_id = "
                "(SELECT run_id FROM dag_run WHERE dag_id = ? ORDER BY id DESC LIMIT 1)",
                (dag, dag),
            )
            return dict(rows.fetchall())

    def sql(self, statement: str) -> list[dict[str, Any]]:
        """Rows of the warehouse."""
        return warehouse.answered(self.settings, statement)


@pytest.fixture(scope="session")
def airflow(home_settings: Settings) -> dict[str, str]:
    """The environment of an Airflow whose database stands."""
    return prepare(home_settings)


@pytest.fixture
def clock(stack_settings: Settings, airflow: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A lake, topics and a warehouse database of the test's own; no retries, so that red comes at once."""
    own = {
        "RETAIL_TOPIC_PREFIX": stack_settings.topic_prefix,
        "RETAIL_LAKE_PREFIX": stack_settings.lake_prefix,
        "RETAIL_SNOWFLAKE_DATABASE": f"T{uuid.uuid4().hex[:10].upper()}",
        "RETAIL_AIRFLOW_RETRIES": "0",
        "RETAIL_VERIFY_SECONDS": "60",
    }
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    settings = stack_settings.model_copy(
        update={"snowflake_database": own["RETAIL_SNOWFLAKE_DATABASE"], "verify_seconds": 60.0}
    )
    ensure_topics(settings)
    warehouse.applied(settings, print)
    return Clock(settings, airflow | environment(settings))


def hour() -> datetime:
    """The start of the running hour (UTC)."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def told_json(log: str, key: str) -> dict[str, Any]:
    """The newest JSON object in a log that has the key."""
    found = [line[line.index("{") :] for line in log.splitlines() if f'"{key}"' in line and "{" in line]
    answer: dict[str, Any] = json.JSONDecoder().raw_decode(found[-1])[0]  # Airflow adds words behind it
    return answer


def in_airflow(script: str, tmp_path: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run Python in Airflow's environment, as far away from servers and settings as can be."""
    root = Path(__file__).resolve().parents[3]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RETAIL_", "AIRFLOW"))}
    own = {
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "RETAIL_HOME": str(tmp_path / "home"),
        "PYTHONPATH": str(root),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(root / "orchestration" / "dags"),
    }
    python = root / ".venv-airflow" / "bin" / "python"
    return subprocess.run(
        [str(python), "-c", script],
        env=kept | own | env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
