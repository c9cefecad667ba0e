"""One stack and one Spark session for each worker; a topic prefix and a lake prefix for each test."""

from __future__ import annotations

import json
import os
import shutil
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from pyspark.sql import SparkSession
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

from infra.local.jars import jar_folder
from infra.local.java import find_java
from infra.local.secrets_file import ensure_secrets
from infra.local.stack import down, up
from lakehouse.settings import Settings, load_settings
from lakehouse.storage.session import spark_session
from orchestration.local_warehouse import local_warehouse
from tests.browser import chromium

TESTS = Path(__file__).resolve().parent
SHARED = TESTS.parents[1] / "shared"
# What takes minutes to make is made once: the files whose tests use it go to one worker, one after the other.
COSTLY = "real_run"
# No driver of a test runs long enough to win back what C2 takes: a third of all CPU of a driver that lives two minutes.
_QUICK = "-XX:+UseParallelGC -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m"


class ByFile(LoadFileScheduling):  # type: ignore[misc]  # xdist's base classes are untyped
    """Hands whole files to workers, for the tests of a file share its fixtures; those of a costly fixture together.

    xdist's own groups do nothing with this pytest: it reads no `_nodeid` any more, where xdist writes them.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = str(super()._split_scope(nodeid))
        return COSTLY if COSTLY in (TESTS.parent / path).read_text(encoding="utf-8") else path


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    """How tests are handed to the workers of `make test`."""
    return ByFile(config, log)


def free_port() -> int:
    """A port that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_ports(count: int) -> int:
    """The first of so many neighbouring ports that nothing listens on (the broker takes two, Airflow three)."""
    while True:
        first = free_port()
        if first < 65_000 and all(_is_free(first + more) for more in range(1, count)):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@pytest.fixture(scope="session")
def home_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of the run's own RETAIL_HOME, with secrets and free ports; the developer's own settings count nothing."""
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("RETAIL_")}
    home = tmp_path_factory.mktemp("retail", numbered=True)
    os.environ |= {
        "RETAIL_HOME": str(home),
        "RETAIL_KAFKA_PORT": str(free_ports(2)),
        "RETAIL_S3_PORT": str(free_port()),
        "RETAIL_WAREHOUSE_PORT": str(free_port()),
        "RETAIL_DASHBOARD_PORT": str(free_port()),
        "RETAIL_WAREHOUSE_POLL_SECONDS": "0.5",
        "RETAIL_SPARK_DRIVER_JAVA_OPTIONS": _QUICK,
    }
    yield ensure_secrets(load_settings())
    for name in [name for name in os.environ if name.startswith("RETAIL_")]:
        del os.environ[name]
    os.environ |= kept
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def stack(home_settings: Settings) -> Iterator[Settings]:
    """A running broker, S3 server and local Snowflake."""
    yield up(home_settings, print, local_warehouse(home_settings))
    down(home_settings, print, local_warehouse(home_settings))


@pytest.fixture
def stack_settings(stack: Settings) -> Settings:
    """The running stack with topics and a lake of the test's own."""
    name = f"t{uuid.uuid4().hex[:10]}"
    return stack.model_copy(update={"topic_prefix": f"{name}.", "lake_prefix": name})


@pytest.fixture(scope="session")
def spark(home_settings: Settings) -> Iterator[SparkSession]:
    """The one Spark session. Its JVM compiles quickly rather than well: no test runs long enough for more."""
    os.environ["JAVA_HOME"] = str(find_java().home)
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    jvm = {
        "spark.driver.memory": "2g",
        "spark.driver.extraClassPath": f"{jar_folder('lake')}/*",
        "spark.driver.extraJavaOptions": _QUICK,
        "spark.ui.showConsoleProgress": "false",
    }
    os.environ["PYSPARK_SUBMIT_ARGS"] = (
        " ".join(f'--conf "{k}={v}"' for k, v in jvm.items()) + " pyspark-shell"
    )
    session = spark_session(home_settings, "tests")
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()
    del os.environ["PYSPARK_SUBMIT_ARGS"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window, for the long tests of what people look at."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def uci_file() -> Path:
    """The real file of the shared data; tests that need it are skipped where it is absent."""
    path = SHARED / "data" / "online_retail_2010-12_2011-05.csv.gz"
    if not path.exists():
        pytest.skip(f"no real data at {path.name}: the shared folder is not beside this checkout")
    return path


@pytest.fixture(scope="session")
def totals(uci_file: Path) -> dict[str, Any]:
    """Control totals of the real file, computed by another program from the file alone."""
    path = uci_file.with_name(uci_file.name.replace(".csv.gz", ".totals.json"))
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
