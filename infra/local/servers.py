"""The servers of the ground as children: their files, their ports and their command lines.

Kafka and S3 are the ground's own. A *guest* is a server of another room that lives under the same supervisor:
the ground knows its command, not what it does.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.local import kafka_broker, s3_server
from infra.local.child_environment import without_ours
from infra.local.errors import StackError
from infra.local.files import write_atomically
from infra.local.jars import jar_folder
from infra.local.java import JavaRuntime
from infra.local.ports import port_answers
from infra.local.s3_server import S3Keys
from infra.local.supervision import ChildSpec
from lakehouse.settings import Settings

SUPERVISOR = "supervisor"


@dataclass(frozen=True)
class LocalServer:
    """A server that is ours: a name, the ports it needs, the setting that moves them, the jars it runs on.

    ``command`` is a guest's own command line, which carries no secret; ``properties`` stands for its settings.
    """

    name: str
    title: str
    ports: tuple[int, ...]
    setting: str
    jars: str
    properties: str
    command: tuple[str, ...] = ()

    @property
    def port(self) -> int:
        """The port that clients use."""
        return self.ports[0]

    def answers(self) -> bool:
        """Whether the port accepts connections."""
        return port_answers(self.port)


def local_servers(settings: Settings) -> list[LocalServer]:
    """The servers that these settings ask us to run: none for an address elsewhere."""
    servers = []
    if not settings.kafka_bootstrap:
        port = settings.kafka_port
        text = kafka_broker.server_properties(settings.home / "kafka", port)
        servers.append(LocalServer("kafka", "Kafka", (port, port + 1), "RETAIL_KAFKA_PORT", "kafka", text))
    if not settings.s3_endpoint:
        keys = S3Keys(settings.s3_access_key, settings.s3_secret_key.get_secret_value())
        text = s3_server.server_properties(settings.home / "s3", settings.s3_port, keys)
        servers.append(LocalServer("s3", "S3", (settings.s3_port,), "RETAIL_S3_PORT", "s3proxy", text))
    return servers


def guest(
    name: str, title: str, port: tuple[int, str], command: Sequence[str], properties: str
) -> LocalServer:
    """A server of another room; ``port`` comes with the name of its setting."""
    return LocalServer(name, title, (port[0],), port[1], "", properties, tuple(command))


def guest_arguments(guests: Sequence[LocalServer]) -> tuple[str, ...]:
    """How the guests reach the supervisor's process: as arguments, without secrets."""
    return ("--guests", json.dumps([asdict(each) for each in guests])) if guests else ()


def guests_of(arguments: Sequence[str]) -> list[LocalServer]:
    """The guests that the arguments name."""
    if "--guests" not in arguments:
        return []
    told = json.loads(arguments[arguments.index("--guests") + 1])
    return [
        LocalServer(**{**each, "ports": tuple(each["ports"]), "command": tuple(each["command"])})
        for each in told
    ]


def guest_child(settings: Settings, server: LocalServer) -> ChildSpec:
    """How a guest is run: with all of our environment, for it reads settings as we do."""
    return ChildSpec(
        name=server.name,
        command=server.command,
        log=log_path(settings, server.name),
        ready=server.answers,
        fingerprint=server.properties,
    )


def run_dir(settings: Settings) -> Path:
    """Where the records and locks of running processes stand."""
    return settings.home / "run"


def log_path(settings: Settings, name: str) -> Path:
    """Where a process of ours writes what it has to say."""
    return settings.home / "logs" / f"{name}.log"


def prepare(settings: Settings, server: LocalServer, java: JavaRuntime) -> ChildSpec:
    """Write the server's files, make its data folder fit for use, and say how it is run."""
    folder, jars = settings.home / server.name, jar_folder(server.jars)
    properties = folder / "server.properties"
    write_atomically(properties, server.properties, mode=0o600)
    commands: dict[str, Callable[[], tuple[str, ...]]] = {
        "kafka": lambda: kafka_broker.run_command(java, jars, properties),
        "s3": lambda: s3_server.run_command(java, jars, properties),
    }
    if server.name == "s3":
        s3_server.data_folder(folder).mkdir(parents=True, exist_ok=True)
    elif not kafka_broker.is_formatted(folder):
        _format(kafka_broker.format_command(java, jars, properties))
    return ChildSpec(
        name=server.name,
        command=commands[server.name](),
        log=log_path(settings, server.name),
        ready=server.answers,
        env=without_ours(),
        fingerprint=server.properties,
    )


def _format(command: tuple[str, ...]) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, env=without_ours()
    )
    if done.returncode != 0:
        told = (done.stdout + done.stderr).strip()
        raise StackError(
            f"Kafka's data folder could not be prepared: {told}; free the folder or move RETAIL_HOME"
        )
