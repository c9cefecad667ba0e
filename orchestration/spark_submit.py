"""How a command starts a Spark job: the spark-submit command line and its environment."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from infra.dist import TARGET, build
from infra.local.child_environment import inherited
from infra.local.jars import jar_folder
from infra.local.java import find_java
from ingestion.kafka_clients import kafka_environment
from lakehouse.settings import Settings
from lakehouse.storage.class_archive import archive_options
from lakehouse.storage.s3_environment import s3_environment


def spark_submit_command(
    settings: Settings, job: str, arguments: Sequence[str] = (), master: str = ""
) -> list[str]:
    """The command line for ``job``, a path like ``lakehouse/jobs/refine_silver.py``. Holds no secret.

    On a cluster our code goes along as dist/retail.zip (built here) and the jars of the lake by ``--jars``.
    """
    master = master or settings.spark_master
    conf = {"spark.driver.memory": settings.spark_driver_memory, **jar_conf(settings, master)}
    shipped: list[str] = []
    if not is_local(master):
        conf |= _executor_conf(settings)
        build(_root(), _root() / TARGET)
        shipped = ["--py-files", str(_root() / TARGET), "--jars", conf.pop("spark.jars")]
    options = [part for key, value in conf.items() for part in ("--conf", f"{key}={value}")]
    submit = str(Path(sys.executable).parent / "spark-submit")
    return [submit, "--master", master, *options, *shipped, str(_root() / job), *arguments]


def jar_conf(settings: Settings, master: str) -> dict[str, str]:
    """Where the jars of the lake are: on the class path of a local master, sent along to a cluster."""
    jars = jar_folder("lake")
    if not is_local(master):
        return {"spark.jars": ",".join(str(jar) for jar in sorted(jars.glob("*.jar")))}
    return {
        "spark.driver.extraClassPath": f"{jars}/*",
        "spark.executor.extraClassPath": f"{jars}/*",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": f"{settings.spark_driver_java_options} {archive_options(_archive(jars))}",
    }


def _executor_conf(settings: Settings) -> dict[str, str]:
    """So many executors of this size, and a part for each core in every shuffle.

    A standalone master counts cores instead of executors.
    """
    cores = settings.spark_executors * settings.spark_executor_cores
    return {
        "spark.executor.memory": settings.spark_executor_memory,
        "spark.executor.cores": str(settings.spark_executor_cores),
        "spark.executor.instances": str(settings.spark_executors),
        "spark.cores.max": str(cores),
        "spark.sql.shuffle.partitions": str(cores),
    }


def spark_environment(settings: Settings, master: str = "") -> dict[str, str]:
    """Environment of the job: where Spark, Java and Python are, the settings, and secrets."""
    spec = find_spec("pyspark")
    assert spec is not None
    assert spec.origin is not None
    outer = inherited()
    given = {
        "SPARK_HOME": str(Path(spec.origin).parent),
        "JAVA_HOME": str(find_java().home),
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join(filter(None, (str(_root()), outer.get("PYTHONPATH", "")))),
        "PYTHONUNBUFFERED": "1",
        "RETAIL_HOME": str(settings.home),
    }
    if is_local(master or settings.spark_master):
        given["SPARK_LOCAL_IP"] = "127.0.0.1"
    return outer | given | s3_environment(settings) | kafka_environment(settings)


def _archive(jars: Path) -> Path:
    """The archive of classes of drivers with these jars and this Java; beside the jars, for all homes."""
    names = ",".join(sorted(jar.name for jar in jars.iterdir()))
    mark = hashlib.sha256(f"{find_java().home} {names}".encode()).hexdigest()[:12]
    return jars.parent / f"driver-{mark}.jsa"


def is_local(master: str) -> bool:
    """Whether the master runs everything in the driver's own process."""
    return master == "local" or master.startswith("local[")


def _root() -> Path:
    return Path(__file__).resolve().parent.parent
