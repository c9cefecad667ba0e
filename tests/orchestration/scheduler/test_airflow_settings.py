"""Airflow is made from the house's own settings: nothing has to be said twice."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from infra.local.errors import StackError
from lakehouse.settings import Settings
from orchestration.scheduler import airflow_files
from orchestration.scheduler.airflow_files import password, program
from orchestration.scheduler.airflow_settings import (
    airflow_environment,
    connections,
    passwords_path,
    ports,
    spark_defaults,
)

pytestmark = pytest.mark.check


def test_everything_of_airflow_stands_under_the_home_and_listens_on_this_machine_only(
    settings: Settings, tmp_path: Path
) -> None:
    env = airflow_environment(settings, tmp_path, tmp_path / "bin")
    home = str(settings.home)
    assert env["AIRFLOW_HOME"].startswith(home)
    assert env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == f"sqlite:///{home}/airflow/airflow.db?timeout=60"
    assert env["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert env["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:18080/execution/"
    assert env["AIRFLOW__CORE__DAGS_FOLDER"] == f"{tmp_path}/orchestration/dags"
    assert len({port for port, _ in ports(settings)}) == 3


def test_the_master_of_the_settings_is_the_spark_connection(settings: Settings) -> None:
    yarn = settings.model_copy(update={"spark_master": "yarn"})
    assert connections(yarn) == {"AIRFLOW_CONN_SPARK_DEFAULT": '{"conn_type": "spark", "host": "yarn"}'}


def test_a_snowflake_account_becomes_a_connection_by_key(settings: Settings) -> None:
    real = settings.model_copy(
        update={
            "snowflake_account": "org-acme",
            "snowflake_user": "ETL",
            "snowflake_private_key_path": "/k.p8",
        }
    )
    made = json.loads(connections(real)["AIRFLOW_CONN_SNOWFLAKE_DEFAULT"])
    assert (made["login"], made["extra"]["account"], made["extra"]["private_key_file"]) == (
        "ETL",
        "org-acme",
        "/k.p8",
    )
    assert "role" not in made["extra"]


def test_a_database_of_your_own_replaces_sqlite(settings: Settings, tmp_path: Path) -> None:
    address = "postgresql://a:b@db/airflow"
    own = settings.model_copy(update={"airflow_database": SecretStr(address)})
    assert airflow_environment(own, tmp_path, tmp_path)["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == address


def test_the_password_is_made_once_and_only_its_owner_can_read_it(settings: Settings) -> None:
    first = password(settings)
    assert len(first) >= 12
    assert password(settings) == first
    assert stat.S_IMODE(passwords_path(settings).stat().st_mode) == 0o600


def test_spark_defaults_are_one_property_a_line() -> None:
    assert spark_defaults({"b": "2 3", "a": "1"}) == "a 1\nb 2 3\n"


def test_without_its_environment_airflow_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(airflow_files, "_PROGRAMS", tmp_path)
    with pytest.raises(StackError, match="run `make airflow`"):
        program()
