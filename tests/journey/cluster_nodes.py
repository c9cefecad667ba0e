"""Nodes of a Spark cluster as processes of this machine, and what the event log tells of the work they did.

The keys of the store stand in the environment of the nodes and nowhere else: their executors inherit them. The driver's
settings of Spark, which event log and pages show, hold none.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from infra.local.child_environment import without_ours
from infra.local.files import last_lines
from ingestion.kafka_clients import kafka_environment
from lakehouse.settings import Settings
from lakehouse.storage.s3_environment import s3_environment
from orchestration.spark_submit import spark_environment

_UP_SECONDS = 120.0
_STOP_SECONDS = 30.0
_NODE = ("PATH", "HOME", "JAVA_HOME", "SPARK_HOME", "PYSPARK_PYTHON", "SPARK_LOCAL_IP")


@dataclass(frozen=True)
class Cluster:
    """A running cluster: its master, and what the environment of a driver needs beside the settings."""

    master: str
    folder: Path
    environment: Mapping[str, str]

    def tasks_by_executor(self) -> Counter[str]:
        """Tasks that ended well, by application and executor, over all applications so far."""
        done: Counter[str] = Counter()
        for log in _event_logs(self.folder):
            for event in _events(log, "SparkListenerTaskEnd"):
                if event["Task End Reason"]["Reason"] == "Success":
                    done[f"{log.name} {event['Task Info']['Executor ID']}"] += 1
        return done


def cluster_environment(settings: Settings) -> dict[str, str]:
    """Environment of the nodes: Java, Spark and the keys; neither settings of ours nor the secret of pseudonyms."""
    found = spark_environment(settings) | {"SPARK_LOCAL_IP": "127.0.0.1"}
    keys = s3_environment(settings) | kafka_environment(settings)
    return without_ours() | {name: found[name] for name in _NODE if name in found} | keys


def driver_environment(settings: Settings, folder: Path, conf: Mapping[str, str]) -> dict[str, str]:
    """Environment of the drivers: two executors of a core, positions in the store, an event log, and ``conf`` of Spark."""
    (folder / "events").mkdir(parents=True)
    (folder / "conf").mkdir(exist_ok=True)
    told = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": f"file://{folder}/events",
        "spark.eventLog.rolling.enabled": "false",
        "spark.eventLog.compress": "false",
        **conf,
    }
    lines = "".join(f"{key} {value}\n" for key, value in told.items())
    (folder / "conf" / "spark-defaults.conf").write_text(lines)
    return {
        "SPARK_CONF_DIR": str(folder / "conf"),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "RETAIL_SPARK_EXECUTORS": "2",
        "RETAIL_SPARK_EXECUTOR_CORES": "1",
        "RETAIL_SPARK_EXECUTOR_MEMORY": "1g",
        "RETAIL_SPARK_DRIVER_MEMORY": "2g",
        "RETAIL_CHECKPOINT_ROOT": f"s3a://{settings.bucket}/checkpoints/{folder.name}",
    }


@contextmanager
def running(
    commands: Mapping[str, Sequence[str]],
    folder: Path,
    environment: Mapping[str, str],
    is_up: Callable[[], bool],
) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Processes by name, once ``is_up``; their logs are ``folder``/NAME.log. They are ended in the end."""
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in commands.items():
            with (folder / f"{name}.log").open("wb") as log:
                processes[name] = subprocess.Popen(
                    command, env=dict(environment), cwd=folder, stdout=log, stderr=subprocess.STDOUT
                )
        _wait(processes, folder, is_up)
        yield processes
    finally:
        for process in reversed(processes.values()):
            process.terminate()
        for process in processes.values():
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(processes: Mapping[str, subprocess.Popen[bytes]], folder: Path, is_up: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _UP_SECONDS
    while not is_up():
        ended = [name for name, process in processes.items() if process.poll() is not None]
        if ended or time.monotonic() > deadline:
            name = (ended or list(processes))[0]
            raise AssertionError(
                f"{name} {'ended' if ended else 'is not up'}:\n{last_lines(folder / f'{name}.log', 40)}"
            )
        time.sleep(0.3)


def page(address: str) -> dict[str, Any]:
    """The JSON that a node shows; empty while it does not answer."""
    try:
        with urlopen(address, timeout=5) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
    except (URLError, OSError, ValueError):
        return {}


def _event_logs(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "events").iterdir() if not path.name.startswith("."))


def _events(log: Path, kind: str) -> Iterator[dict[str, Any]]:
    marker = f'{{"Event":"{kind}"'
    with log.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.startswith(marker))
