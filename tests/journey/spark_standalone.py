"""Spark's own cluster: a master and two workers, each with one core for one executor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lakehouse.settings import Settings
from tests.conftest import free_port
from tests.journey.cluster_nodes import Cluster, cluster_environment, driver_environment, page, running


@contextmanager
def standalone(settings: Settings, folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """A running master with its workers; the folder keeps logs and work of executors."""
    environment = cluster_environment(settings) | {"SPARK_DAEMON_MEMORY": "256m", "SPARK_NO_DAEMONIZE": "1"}
    port, shown = free_port(), free_port()
    master = f"spark://127.0.0.1:{port}"
    start, deploy = f"{environment['SPARK_HOME']}/bin/spark-class", "org.apache.spark.deploy"
    at = ("--host", "127.0.0.1", "--port", str(port), "--webui-port", str(shown))
    commands = {"master": [start, f"{deploy}.master.Master", *at]}
    for number in range(workers):
        own = ["--cores", "1", "--memory", "1500m", "--webui-port", "0", "--work-dir", str(folder / "work")]
        commands[f"worker{number}"] = [start, f"{deploy}.worker.Worker", *own, master]
    driver = driver_environment(settings, folder, {})

    def is_up() -> bool:
        return page(f"http://127.0.0.1:{shown}/json/").get("aliveworkers") == workers

    with running(commands, folder, environment, is_up):
        yield Cluster(master, folder, driver)
