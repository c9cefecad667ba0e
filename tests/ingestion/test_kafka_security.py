"""The house over TLS with a user: admin, producer, consumer and Spark's source, against a real broker that asks for both."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from ingestion import topics
from ingestion.broker import BrokerUnreachable
from ingestion.kafka_clients import client_config, python_config, spark_options
from ingestion.kafka_offsets import topic_positions
from ingestion.kafka_producer import EventSender
from ingestion.sales_consumer import Reading, read_records
from ingestion.topics import ensure_topics
from lakehouse.settings import Settings, SettingsError, load_settings
from lakehouse.storage.lake_reader import lake_reader
from orchestration.spark_submit import spark_environment, spark_submit_command
from tests.conftest import free_ports
from tests.ingestion.secure_broker import USER, secure_broker

PASSWORD = "pa$$w0rd-of-the-test"
LINE = {"id": 1, "product": "tea", "quantity": 2, "price": "2.55", "sales_time": "2026-11-23T10:00:00+00:00"}


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("secure")
    with secure_broker(folder, free_ports(3), PASSWORD) as address:
        yield address, folder


@pytest.fixture
def secure(stack_settings: Settings, broker: tuple[str, Path]) -> Settings:
    address, folder = broker
    given = {
        "kafka_bootstrap": address,
        "kafka_security": "SASL_SSL",
        "kafka_ca_file": str(folder / "ca.pem"),
        "kafka_username": USER,
        "kafka_password": SecretStr(PASSWORD),
    }
    return stack_settings.model_copy(update=given)


@pytest.mark.stack
def test_sales_go_through_tls_with_a_user_into_bronze_and_no_log_shows_the_password(
    secure: Settings, tmp_path: Path
) -> None:
    ensure_topics(secure)
    with EventSender(secure) as sender:
        sender.send_pairs("sales_data", [(None, json.dumps(LINE | {"id": n}).encode()) for n in range(5)])
    found = list(read_records(secure, "sales_data", Reading(limit=5)))
    assert len(found) == 5
    topic = secure.topic("sales_data")
    assert sum(topic_positions(secure, [topic]).nexts.values()) == 5

    given = {f"RETAIL_{name.upper()}": str(getattr(secure, name)) for name in (
        "kafka_bootstrap", "kafka_security", "kafka_ca_file", "kafka_username", "topic_prefix", "lake_prefix",
    )}  # fmt: skip
    command = spark_submit_command(secure, "ingestion/jobs/land_bronze.py", ["--trigger", "once"])
    assert PASSWORD not in " ".join(command)
    log = tmp_path / "job.log"
    with log.open("w") as sink:
        done = subprocess.run(
            command, env=spark_environment(secure) | given, stdout=sink, stderr=sink, check=False
        )
    said = log.read_text()
    assert done.returncode == 0, said[-3000:]
    assert lake_reader(secure).row_count("bronze", "sales_data") == 5
    assert PASSWORD not in said
    assert "ScramLoginModule" not in said or "password=" not in said


@pytest.mark.stack
@pytest.mark.parametrize(
    "wrong", [{"kafka_password": SecretStr("wrong")}, {"kafka_security": "PLAINTEXT"}, {"kafka_ca_file": ""}]
)
def test_who_is_not_let_in_is_told_what_to_look_at(
    secure: Settings, wrong: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topics, "_TIMEOUT_SECONDS", 4)
    with pytest.raises(
        BrokerUnreachable, match="do RETAIL_KAFKA_SECURITY, user, password and certificates fit"
    ):
        ensure_topics(secure.model_copy(update=wrong))


@pytest.mark.stack
def test_a_broker_under_another_name_than_its_certificate_is_not_trusted(
    secure: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topics, "_TIMEOUT_SECONDS", 4)
    with secure_broker(tmp_path, free_ports(3), PASSWORD, host="127.0.0.9") as address:
        other = {"kafka_bootstrap": address, "kafka_ca_file": str(tmp_path / "ca.pem")}
        with pytest.raises(BrokerUnreachable):
            ensure_topics(secure.model_copy(update=other))


@pytest.mark.check
def test_the_password_is_in_no_option_of_spark_and_a_user_cannot_end_the_quotes(
    home_settings: Settings,
) -> None:
    given = {
        "kafka_security": "SASL_SSL",
        "kafka_username": 'x" evil="1',
        "kafka_password": SecretStr(PASSWORD),
    }
    settings = home_settings.model_copy(update=given)
    options = spark_options(settings)
    assert PASSWORD not in str(options)
    assert (
        'username="x\\" evil=\\"1" password="${env:RETAIL_KAFKA_PASSWORD}"'
        in options["kafka.sasl.jaas.config"]
    )
    assert (
        client_config(settings)["sasl.password"] == python_config(settings)["sasl_plain_password"] == PASSWORD
    )
    assert "security.protocol" not in client_config(home_settings)


@pytest.mark.check
def test_a_login_without_a_password_is_refused_and_no_secret_is_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RETAIL_HOME", str(tmp_path))
    monkeypatch.setenv("RETAIL_S3_SECRET_KEY", "hidden-thing")
    with pytest.raises(SettingsError, match="needs RETAIL_KAFKA_USERNAME and RETAIL_KAFKA_PASSWORD") as error:
        load_settings(kafka_security="SASL_SSL")
    assert "hidden-thing" not in str(error.value)
