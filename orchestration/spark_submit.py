"""How a command starts a Spark job: the spark-submit command line and its environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from infra.local.jars import jar_folder
from infra.local.java import find_java
from lakehouse.settings import Settings
from lakehouse.storage.s3_environment import s3_environment


def spark_submit_command(settings: Settings, job: str, arguments: Sequence[str] = (), master: str = "") -> list[str]:
    """The command line for ``job``, a path like ``lakehouse/jobs/refine_silver.py``. Holds no secret."""
    jars = jar_folder("lake")
    conf = {
        "spark.driver.memory": settings.spark_driver_memory,
        "spark.driver.extraClassPath": f"{jars}/*",
        "spark.executor.extraClassPath": f"{jars}/*",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": "-XX:+UseParallelGC",
    }
    options = [part for key, value in conf.items() for part in ("--conf", f"{key}={value}")]
    submit = str(Path(sys.executable).parent / "spark-submit")
    return [submit, "--master", master or settings.spark_master, *options, str(_root() / job), *arguments]


def spark_environment(settings: Settings) -> dict[str, str]:
    """Environment of the job: where Spark, Java and Python are, the settings, and the S3 keys."""
    spec = find_spec("pyspark")
    assert spec is not None and spec.origin is not None
    given = {
        "SPARK_HOME": str(Path(spec.origin).parent),
        "JAVA_HOME": str(find_java().home),
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join(filter(None, (str(_root()), os.environ.get("PYTHONPATH", "")))),
        "PYTHONUNBUFFERED": "1",
        "SPARK_LOCAL_IP": "127.0.0.1",
        "RETAIL_HOME": str(settings.home),
    }
    return dict(os.environ) | given | s3_environment(settings)


def _root() -> Path:
    return Path(__file__).resolve().parent.parent
