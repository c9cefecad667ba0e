"""What the journey tests share: a walk through all layers in this process, and expected figures from events."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from ingestion.jobs import land_bronze
from ingestion.kafka_stream import start_kafka_query
from ingestion.topics import ensure_topics
from lakehouse.jobs import publish_gold, refine_silver
from lakehouse.settings import Settings
from lakehouse.storage.delta_tables import ensure_tables, lake_table, rows_of
from lakehouse.storage.lease import Lease
from lakehouse.storage.streams import JobArguments
from orchestration.jobs.run_medallion import QUERY, walk

# The real run has a database of its own: other runs of the stack publish other lakes.
REAL_DATABASE = "REAL_SALES"


@dataclass(frozen=True)
class Lake:
    """One test's lake: walk what Kafka holds, and look at the tables."""

    spark: SparkSession
    settings: Settings

    def walk(self, start_from: str = "checkpoint") -> None:
        """Bring all records of the topics through all layers, as `retail process --trigger once` does."""
        arguments = JobArguments(self.settings, self.spark, True, start_from, "")
        with Lease(self.settings, "test") as lease:
            rooms = (land_bronze, refine_silver, publish_gold)
            ensure_tables(self.spark, [table for room in rooms for table in room.tables(self.settings)])
            start_kafka_query(arguments, QUERY, walk(arguments), lease).awaitTermination()

    def rows(self, name: str) -> DataFrame:
        """The rows of ``layer.table``."""
        layer, table = name.split(".")
        return rows_of(self.spark, lake_table(self.settings, layer, table))  # type: ignore[arg-type]

    def ledger(self) -> dict[str, int]:
        """Sums of the ledger."""
        names = ("received", "accepted", "duplicate", "quarantined", "lines", "gaps")
        row = (
            self.rows("ops.ledger")
            .agg(*[F.coalesce(F.sum(name), F.lit(0)).alias(name) for name in names])
            .first()
        )
        assert row is not None
        return {name: row[name] for name in names}

    def sales(self) -> tuple[int, int, Decimal]:
        """Lines, receipts and net amount of the sales fact."""
        row = self.rows("gold.fct_sales_lines").agg(
            F.count("*"), F.countDistinct("event_id"), F.coalesce(F.sum("net_amount"), F.lit(0))
        )
        lines, receipts, net = row.collect()[0]
        return lines, receipts, Decimal(net)


@pytest.fixture
def lake(spark: SparkSession, stack_settings: Settings) -> Lake:
    """A new lake with its topics."""
    ensure_topics(stack_settings)
    return Lake(spark, stack_settings)


@pytest.fixture
def first_lines(tmp_path: Path) -> Callable[[Path, int], Path]:
    """Makes a file of the first lines of the real one."""

    def cut(source: Path, count: int) -> Path:
        path = tmp_path / f"first_{count}.csv"
        with gzip.open(source, "rt", encoding="utf-8") as lines:
            text = "".join(line for _, line in zip(range(count + 1), lines, strict=False))
        path.write_text(text, encoding="utf-8")
        return path

    return cut


@pytest.fixture(scope="session")
def retail(stack: Settings) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the `retail` command as a user does, against the running stack; ``prefix`` names a lake of its own."""

    home = str(stack.home)

    def run(*arguments: str, prefix: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).parent / "retail"), *arguments]
        own = {"RETAIL_HOME": home, "RETAIL_TOPIC_PREFIX": f"{prefix}.", "RETAIL_LAKE_PREFIX": prefix}
        return subprocess.run(
            command,
            env=os.environ | own | environment,
            capture_output=True,
            text=True,
            timeout=1700,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def real_run(retail: Callable[..., subprocess.CompletedProcess[str]], uci_file: Path) -> dict[str, Any]:
    """What `retail run --once` says of the real file; its lake has the prefix ``real`` and is only read."""
    command = ("run", "--once", "--source", str(uci_file), "--json")
    done = retail(*command, prefix="real", RETAIL_SNOWFLAKE_DATABASE=REAL_DATABASE)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture(scope="session")
def replayed(retail: Callable[..., subprocess.CompletedProcess[str]], uci_file: Path) -> str:
    """Prefix of topics that hold the real file, for lakes that are made of it in other ways."""
    prefix = "replayed"
    done = retail("replay", str(uci_file), prefix=prefix)
    assert done.returncode == 0, done.stderr
    return prefix
