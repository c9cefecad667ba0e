"""ops.erasures: who is erased, as hashes that name nobody, and how far each erasure has come."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import SparkSession

from lakehouse.contracts import load_contract
from lakehouse.schema.spark_ddl import columns_ddl
from lakehouse.settings import Settings
from lakehouse.storage.delta_tables import ensure_table, lake_table
from lakehouse.storage.lake_reader import lake_reader

STATES = ("BEGUN", "CERTIFIED", "FOUND", "CLOSED")


@dataclass
class ErasedCustomers:
    """Hashes of the customers whom a driver writes no more, read when it starts and after each erasure."""

    hashes: frozenset[str] = field(default_factory=frozenset)

    def renew(self, settings: Settings) -> None:
        """Read them from ops.erasures."""
        rows = lake_reader(settings).rows("ops", "erasures", ("suppression_hash",))
        self.hashes = frozenset([] if rows is None else rows["suppression_hash"].to_pylist())


def note_erasure(spark: SparkSession, settings: Settings, row: Mapping[str, Any]) -> None:
    """Append a row; a column that is not given is null. The holder of the lake is the only writer.

    Instants come as ISO 8601 texts, as a request carries them. A row that stands already is not written again.
    """
    table = lake_table(settings, "ops", "erasures")
    ensure_table(spark, table)
    columns = load_contract("ops", "erasures").table.columns
    values = tuple(_value(row.get(column.name), column.physical_type) for column in columns)
    fresh = spark.createDataFrame([values], columns_ddl(columns)).coalesce(1)
    known = spark.read.format("delta").load(table.path).select("erasure_id", "noted_at")
    fresh = fresh.join(known, ["erasure_id", "noted_at"], "left_anti")
    fresh.select(*load_contract("ops", "erasures").table.column_names).write.format("delta").mode(
        "append"
    ).save(table.path)


def _value(given: Any, physical_type: str) -> Any:
    if physical_type == "TIMESTAMP" and isinstance(given, str):
        return dt.datetime.fromisoformat(given)
    return given
