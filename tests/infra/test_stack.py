"""The real servers: they keep what they were given, come back when killed, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from infra.local.doctor import diagnose
from infra.local.errors import PortTaken, StackError
from infra.local.ports import port_answers
from infra.local.probes import s3_client
from infra.local.processes import MARK, mark_of
from infra.local.stack import ServerStatus, down, server_status, up
from lakehouse.settings import Settings, load_settings
from tests.infra.conftest import free_ports

pytestmark = pytest.mark.stack
BIG = b"x" * (8 << 20)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Both servers in a home of their own, with one record and one object in them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("RETAIL_", "AWS_"))]:
            patch.delenv(name)
        patch.setenv("RETAIL_HOME", str(tmp_path_factory.mktemp("stack")))
        kafka, s3 = free_ports()
        settings = load_settings(kafka_port=kafka, s3_port=s3)
        try:
            settings = up(settings, print)
            give(settings)
            yield settings
        finally:
            down(settings, print)


def give(settings: Settings) -> None:
    admin = AdminClient({"bootstrap.servers": settings.bootstrap})
    topic = NewTopic("kept", 1, 1, config={"max.message.bytes": str(len(BIG) + 4096)})
    for made in admin.create_topics([topic]).values():
        made.result(timeout=20)
    producer = Producer({"bootstrap.servers": settings.bootstrap, "message.max.bytes": len(BIG) + 4096})
    producer.produce("kept", value=BIG)
    assert producer.flush(20) == 0
    s3_client(settings).put_object(Bucket=settings.bucket, Key="a/b=1/kept", Body=BIG)


def assert_kept(settings: Settings) -> None:
    consumer = Consumer(
        {"bootstrap.servers": settings.bootstrap, "group.id": "reader", "fetch.max.bytes": 10 << 20}
    )
    consumer.assign([TopicPartition("kept", 0, 0)])
    message = consumer.poll(20)
    consumer.close()
    assert message is not None
    assert message.value() == BIG
    body = s3_client(settings).get_object(Bucket=settings.bucket, Key="a/b=1/kept")["Body"].read()
    assert body == BIG


def status(settings: Settings) -> dict[str, ServerStatus]:
    return {row.name: row for row in server_status(settings)}


def pids(settings: Settings) -> dict[str, int | None]:
    return {name: row.pid for name, row in status(settings).items()}


def kill(settings: Settings, name: str) -> None:
    pid = pids(settings)[name]
    assert pid is not None
    assert (mark_of(psutil.Process(pid)) or "").startswith(str(settings.home))
    os.kill(pid, signal.SIGKILL)


def until(condition: Callable[[], bool], seconds: float = 30.0) -> float:
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, f"it did not happen within {seconds:.0f} s"
        time.sleep(0.1)
    return time.monotonic() - started


def test_both_servers_answer_and_the_doctor_finds_no_fault(stack: Settings) -> None:
    assert {name: row.state for name, row in status(stack).items()} == dict.fromkeys(
        ("kafka", "s3", "supervisor"), "up"
    )
    assert_kept(stack)
    assert [finding for finding in diagnose(stack) if not finding.ok and finding.name != "memory"] == []


def test_up_again_changes_nothing(stack: Settings) -> None:
    before = pids(stack)
    assert up(stack, print) == stack
    assert pids(stack) == before


def test_wrong_keys_are_refused_by_s3(stack: Settings) -> None:
    stranger = stack.model_copy(update={"s3_access_key": "stranger"})
    finding = next(finding for finding in diagnose(stranger) if finding.name == "S3")
    assert not finding.ok


def test_no_secret_is_on_a_command_line(stack: Settings) -> None:
    secret = stack.s3_secret_key.get_secret_value()
    lines = [" ".join(psutil.Process(pid).cmdline()) for pid in pids(stack).values() if pid is not None]
    assert len(lines) == 3
    assert not [line for line in lines if secret in line]


@pytest.mark.parametrize("name", ["kafka", "s3"])
def test_a_server_killed_with_sigkill_comes_back_with_its_data(stack: Settings, name: str) -> None:
    before = pids(stack)[name]
    kill(stack, name)
    until(lambda: status(stack)[name].state == "up" and pids(stack)[name] != before)
    up(stack, print)
    assert_kept(stack)
    assert status(stack)[name].restarts == 1


def test_up_adopts_the_servers_of_a_killed_supervisor(stack: Settings) -> None:
    before = pids(stack)
    kill(stack, "supervisor")
    until(lambda: status(stack)["supervisor"].state == "down")
    up(stack, print)
    after = pids(stack)
    assert (after["kafka"], after["s3"]) == (before["kafka"], before["s3"])
    assert after["supervisor"] not in (None, before["supervisor"])
    assert_kept(stack)


def test_another_home_on_the_same_ports_is_told_whose_they_are(stack: Settings, tmp_path: Path) -> None:
    other = stack.model_copy(update={"home": tmp_path})
    with pytest.raises(PortTaken, match=rf"RETAIL_HOME={stack.home} retail down.*RETAIL_KAFKA_PORT"):
        up(other, print)


def test_running_servers_are_not_moved_by_another_port(stack: Settings) -> None:
    with pytest.raises(StackError, match=r"runs with other settings.*retail down"):
        up(stack.model_copy(update={"s3_port": free_ports()[1]}), print)


def test_down_leaves_no_process_and_the_next_up_finds_the_data(stack: Settings) -> None:
    down(stack, print)
    down(stack, print)
    assert bearers(stack) == []
    assert not port_answers(stack.kafka_port)
    assert not port_answers(stack.s3_port)
    up(stack, print)
    assert_kept(stack)


def test_down_ends_servers_whose_supervisor_was_killed(stack: Settings) -> None:
    kill(stack, "supervisor")
    down(stack, print)
    assert bearers(stack) == []


def bearers(settings: Settings) -> list[int]:
    """Processes that were started under this home and still run."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(MARK, "").startswith(f"{settings.home}/"):
                found.append(process.pid)
    return found
