"""A job is started with what it needs, and without a secret on its command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from lakehouse.settings import Settings
from orchestration import spark_submit
from orchestration.spark_submit import spark_environment, spark_submit_command


@pytest.fixture
def keyed(settings: Settings) -> Settings:
    return settings.model_copy(update={"s3_access_key": "id", "s3_secret_key": SecretStr("very-secret")})


def test_secrets_go_by_the_environment_only(keyed: Settings) -> None:
    assert "very-secret" not in " ".join(spark_submit_command(keyed, "a/jobs/b_c.py"))
    assert spark_environment(keyed)["AWS_SECRET_ACCESS_KEY"] == "very-secret"


def test_arguments_stand_behind_the_script_and_a_given_master_wins(keyed: Settings) -> None:
    command = spark_submit_command(keyed, "a/jobs/b_c.py", ("--trigger", "once"), "local[1]")
    assert command[-2:] == ["--trigger", "once"]
    assert command[command.index("--master") + 1] == "local[1]"
    assert "--py-files" not in command


def test_on_a_cluster_our_code_and_the_jars_go_along(
    keyed: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(spark_submit, "_root", lambda: tmp_path)
    command = spark_submit_command(keyed, "a/jobs/b_c.py", master="yarn")
    assert Path(command[command.index("--py-files") + 1]).is_file()
    assert "delta" in command[command.index("--jars") + 1]
    assert not any("127.0.0.1" in part for part in command)
    executors = {"spark.executor.instances=2", "spark.executor.cores=2", "spark.cores.max=4"}
    assert executors < set(command)
    assert not executors & set(spark_submit_command(keyed, "a/jobs/b_c.py"))
    monkeypatch.delenv("SPARK_LOCAL_IP", raising=False)  # the session of the other tests sets it
    assert "SPARK_LOCAL_IP" not in spark_environment(keyed, "yarn")
