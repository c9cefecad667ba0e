"""The compose file is one, pins its images, runs nothing as root and holds no secret; nothing of it was ever started."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from infra import stream_health
from infra.local.jars import locked
from infra.local.kafka_broker import LARGEST_MESSAGE
from lakehouse.settings import Settings
from orchestration.plan import MEDALLION

pytestmark = pytest.mark.check

INFRA = Path(__file__).resolve().parents[2] / "infra"
COMPOSE: dict[str, Any] = yaml.safe_load((INFRA / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (INFRA / "docker" / "Dockerfile").read_text(encoding="utf-8")
SECRETS = {"RETAIL_S3_SECRET_KEY": "key-of-a-test", "RETAIL_CUSTOMER_SECRET": "secret-of-a-test"}


def test_the_file_is_a_compose_file() -> None:
    # The schema of compose-spec 2.16 (Apache License 2.0), which `docker compose` asks too; PyYAML has merged <<.
    schema = json.loads(Path(__file__).with_name("compose-spec.json").read_text(encoding="utf-8"))
    faults = [
        f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(COMPOSE)
    ]
    assert not faults
    misspelt = COMPOSE | {"services": SERVICES | {"s3": SERVICES["s3"] | {"helthcheck": {}}}}
    assert not Draft202012Validator(schema).is_valid(misspelt)


@pytest.mark.parametrize("profiles", ["", "simulate,tools"])
def test_docker_takes_the_file(profiles: str) -> None:
    environment = {**os.environ, **SECRETS, "COMPOSE_PROFILES": profiles}
    compose = ["docker", "compose"]
    if (
        not shutil.which("docker")
        or subprocess.run([*compose, "version"], check=False, capture_output=True).returncode
    ):
        pytest.skip("no `docker compose` on this machine")
    command = [*compose, "-f", str(INFRA / "compose.yaml"), "config", "-q"]
    seen = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    assert seen.returncode == 0, seen.stderr


def test_every_image_is_pinned_by_a_tag() -> None:
    named = [service["image"] for service in SERVICES.values()] + re.findall(
        r"^FROM (\S+:\S+)", DOCKERFILE, re.MULTILINE
    )
    assert named
    assert all(re.search(r":\d+\.\d+\.\d+(-[\w.-]+)?$", image) for image in named), named


def test_the_broker_is_the_one_that_the_tests_run_on() -> None:
    version = re.search(r"kafka_2\.13-(\S*)\.jar", " ".join(locked("kafka")))
    assert version
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{version[1]}"
    assert int(SERVICES["kafka"]["environment"]["KAFKA_MESSAGE_MAX_BYTES"]) == LARGEST_MESSAGE


def test_no_process_runs_as_root() -> None:
    assert re.search(r"^USER 10001:10001$", DOCKERFILE, re.MULTILINE)
    ours = [service for service in SERVICES.values() if service["image"].startswith("retail-lakehouse")]
    assert ours
    assert all(service["user"] == "10001:10001" and service["cap_drop"] == ["ALL"] for service in ours)


def test_no_secret_stands_in_image_or_file() -> None:
    text = (INFRA / "compose.yaml").read_text(encoding="utf-8")
    for name in SECRETS:
        assert set(re.findall(rf"\$\{{{name}(..)", text)) == {":?"}, (
            f"{name} must be asked for, without a default"
        )
    assert not re.search(r"(SECRET|PASSWORD|TOKEN)\w*=", DOCKERFILE)


def test_every_setting_is_one_of_the_house() -> None:
    known = {f"RETAIL_{name.upper()}" for name in Settings.model_fields}
    used = {
        key for service in SERVICES.values() for key in service["environment"] if key.startswith("RETAIL_")
    }
    assert used
    assert used <= known
    assert set(re.findall(r"\b(RETAIL_\w+)=", DOCKERFILE)) <= known


def test_servers_and_stream_tell_their_health() -> None:
    assert {name for name, service in SERVICES.items() if "healthcheck" in service} == {
        "kafka",
        "s3",
        "stream",
    }


def test_the_server_has_the_bucket_that_the_house_writes() -> None:
    assert SERVICES["s3"]["environment"]["S3_BUCKET"] == SERVICES["stream"]["environment"]["RETAIL_BUCKET"]


def test_the_stream_waits_for_servers_and_topics() -> None:
    assert SERVICES["stream"]["depends_on"] == {"prepare": {"condition": "service_completed_successfully"}}
    assert set(SERVICES["prepare"]["depends_on"]) == {"kafka", "s3"}


def test_only_this_machine_reaches_the_servers() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_stream_is_well_while_the_application_holds_the_lease() -> None:
    assert MEDALLION.name == stream_health.WRITER
