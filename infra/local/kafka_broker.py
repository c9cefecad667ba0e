"""The local Kafka broker: one KRaft node that is broker and controller, on the loopback address only."""

from __future__ import annotations

import base64
import uuid
from pathlib import Path

from infra.local.java import JavaRuntime
from infra.local.java_properties import render_properties

LARGEST_MESSAGE = 9 << 20  # 8 MiB of value (the topics' own limit) with room for key, headers and batch
NODE_ID = 1


def server_properties(folder: Path, port: int) -> str:
    """``server.properties`` of a node that keeps its data in ``folder`` and listens on ``port`` and the next one.

    Whatever a cluster replicates has one copy and one partition here. Topics are made by those who own
    them, never by a typing error in a producer.
    """
    controller = f"127.0.0.1:{port + 1}"
    return render_properties(
        {
            "process.roles": "broker,controller",
            "node.id": str(NODE_ID),
            "controller.quorum.voters": f"{NODE_ID}@{controller}",
            "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "log.dirs": str(data_folder(folder)),
            "auto.create.topics.enable": "false",
            "message.max.bytes": str(LARGEST_MESSAGE),
            "replica.fetch.max.bytes": str(LARGEST_MESSAGE),
            # After kill -9 the node must sit out its own old session before it is let in again; nine seconds by
            # default. Much less would shut it out whenever Spark takes both cores.
            "broker.session.timeout.ms": "6000",
            "broker.heartbeat.interval.ms": "1500",
            "num.partitions": "3",
            "num.network.threads": "2",
            "num.io.threads": "2",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "1",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "transaction.state.log.num.partitions": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "share.coordinator.state.topic.num.partitions": "1",
            "group.initial.rebalance.delay.ms": "0",
            # Retention is looked at every minute instead of every five: an erased customer is waited for.
            "log.retention.check.interval.ms": "60000",
            # The default of 128 MiB is a quarter of this broker's heap.
            "log.cleaner.dedupe.buffer.size": str(4 << 20),
        }
    )


def run_command(java: JavaRuntime, jars: Path, properties: Path) -> tuple[str, ...]:
    """Command line of the broker."""
    # Out of memory must end the process, so that it is restarted; a half-dead broker is worse.
    heap = ("-Xms128m", "-Xmx512m", "-XX:+ExitOnOutOfMemoryError")
    return (*_java(java, jars, *heap), "kafka.Kafka", str(properties))


def format_command(java: JavaRuntime, jars: Path, properties: Path) -> tuple[str, ...]:
    """Command line that prepares an empty data folder; a folder left half prepared is finished."""
    tool = ("kafka.tools.StorageTool", "format", "--ignore-formatted")
    return (*_java(java, jars, "-Xmx128m"), *tool, "-t", _cluster_id(), "-c", str(properties))


def is_formatted(folder: Path) -> bool:
    """Whether the broker can start on ``folder``."""
    return (data_folder(folder) / "meta.properties").exists()


def data_folder(folder: Path) -> Path:
    """Where the broker keeps its logs; the files beside it are made anew at each start."""
    return folder / "data"


def _java(java: JavaRuntime, jars: Path, *flags: str) -> tuple[str, ...]:
    logger = "-Dorg.slf4j.simpleLogger."
    return (
        str(java.binary),
        *flags,
        f"{logger}defaultLogLevel=warn",
        f"{logger}showDateTime=true",
        f"{logger}dateTimeFormat=yyyy-MM-dd HH:mm:ss",
        *("-cp", f"{jars}/*"),
    )


def _cluster_id() -> str:
    """A cluster id in Kafka's form: 16 random bytes in base64url; a leading dash would look like an option."""
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not text.startswith("-"):
            return text
