"""What Kafka and s3proxy are told: loopback only, data under the home, large enough messages, no secret in sight."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from infra.local import kafka_broker, s3_server, servers
from infra.local.java import JavaRuntime
from infra.local.java_properties import render_properties
from infra.local.s3_server import S3Keys
from infra.local.secrets_file import ensure_secrets
from lakehouse.settings import Settings

JAVA = JavaRuntime(Path("/java"), Path("/java/bin/java"), 17, "test")


def lines(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines())


def test_the_broker_listens_on_the_loopback_address_only() -> None:
    told = lines(kafka_broker.server_properties(Path("/state/kafka"), 19092))
    assert told["listeners"] == "PLAINTEXT://127.0.0.1:19092,CONTROLLER://127.0.0.1:19093"
    assert told["advertised.listeners"] == "PLAINTEXT://127.0.0.1:19092"
    assert told["log.dirs"] == "/state/kafka/data"


def test_the_broker_takes_values_of_eight_mib_and_makes_no_topic_by_itself() -> None:
    told = lines(kafka_broker.server_properties(Path("/state/kafka"), 19092))
    assert int(told["message.max.bytes"]) > 8 << 20
    assert told["auto.create.topics.enable"] == "false"


def test_a_secret_of_any_characters_reaches_java_unchanged() -> None:
    assert render_properties({"k": " a\\b\n€𝄞=#"}) == "k=\\ a\\\\b\\n\\u20ac\\ud834\\udd1e=#\n"


def test_the_s3_secret_is_in_a_private_file_and_not_on_the_command_line(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(servers, "jar_folder", lambda _name: tmp_path)
    monkeypatch.setenv("RETAIL_S3_SECRET_KEY", "from the environment")
    filled = ensure_secrets(settings)
    secret = filled.s3_secret_key.get_secret_value()
    s3 = next(server for server in servers.local_servers(filled) if server.name == "s3")
    spec = servers.prepare(filled, s3, JAVA)
    properties = filled.home / "s3" / "server.properties"
    assert secret in properties.read_text()
    assert stat.S_IMODE(properties.stat().st_mode) == 0o600
    assert secret not in " ".join(spec.command)
    assert spec.env is not None
    assert not [name for name in spec.env if name.startswith("RETAIL_")]


def test_the_key_pair_is_never_shown() -> None:
    assert "hidden" not in repr(S3Keys("a", "hidden"))
    assert "127.0.0.1:19000" in s3_server.server_properties(Path("/h"), 19000, S3Keys("a", "b"))


def test_a_server_elsewhere_is_not_ours_to_start(settings: Settings) -> None:
    elsewhere = settings.model_copy(update={"kafka_bootstrap": "broker:9092", "s3_endpoint": "aws"})
    assert servers.local_servers(elsewhere) == []
