"""The tables of a check as views of the Spark session, each at one version: the same for all rules.

What is looked at whole, or is a part that changed, is read once and kept for all rules: a table of many days has
many small files. A whole table behind a changed part is read by each rule that asks for it, and only its columns.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.contracts import Contract, load_contract
from lakehouse.rules.judged_rows import judged_rows
from lakehouse.schema.spark_ddl import columns_ddl
from lakehouse.settings import Settings
from lakehouse.storage.delta_tables import lake_table, latest_version
from quality.scope import WHOLE, Scope

Tables = Callable[[str], DataFrame]
"""The rows of ``layer.table``."""


@dataclass(frozen=True)
class Views:
    """Views over tables and over their parts, for several threads. ``tables`` gives the rows of each."""

    spark: SparkSession
    tables: Tables
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _kept: dict[tuple[str, Scope], DataFrame] = field(default_factory=dict)
    _names: dict[tuple[str, Scope], str] = field(default_factory=dict)

    def name(self, table: str, scope: Scope, *, is_changed: bool) -> str:
        """Name of the view that a rule reads in a check of this scope; made when first asked for.

        ``is_changed``: only the scope's part of ``layer.table``, else all of it.
        """
        part = scope if is_changed else WHOLE
        with self._lock:
            if (table, part) not in self._names:
                view = f"checked_{table.replace('.', '_')}_{len(self._names)}"
                rows = self.rows(table, part) if is_changed or scope.is_whole else self.tables(table)
                rows.createOrReplaceTempView(view)
                self._names[table, part] = view
            return self._names[table, part]

    def rows(self, table: str, scope: Scope) -> DataFrame:
        """Rows of the table, only those of the scope's business dates where it is kept by date; read once.

        Personal data that no rule of the table names is not read.
        """
        with self._lock:
            if (table, scope) not in self._kept:
                contract = load_contract(*table.split(".", 1))
                rows = self.tables(table).select(*named_columns(contract))
                if scope.dates is not None and "business_date" in contract.table.partition_columns:
                    rows = rows.where(F.col("business_date").isin(list(scope.dates)))
                self._kept[table, scope] = rows.persist()
            return self._kept[table, scope]

    def judged(self, contract: Contract, scope: Scope) -> DataFrame:
        """Rows of the scope with the fields that the rules of the table's topic ask for as further columns."""
        rows = self.rows(f"{contract.layer}.{contract.name}", scope)
        return rows.select("*", *[F.expr(sql).alias(name) for name, sql in contract.fields.items()])

    def drop(self) -> None:
        """Remove the views and what is kept from the session."""
        for view in self._names.values():
            self.spark.catalog.dropTempView(view)
        for rows in self._kept.values():
            rows.unpersist()
        self._names.clear()
        self._kept.clear()


def named_columns(contract: Contract) -> list[str]:
    """Columns of the table, without those of persons that its rules do not name."""
    texts = [rule.sql for rule in judged_rows(contract)] + [rule.sql for rule in contract.table.rules]
    words = set(re.findall(r"\w+", " ".join(texts)))
    return [
        column.name
        for column in contract.table.columns
        if column.classification != "PII" or column.name in words
    ]


def tables_at(spark: SparkSession, settings: Settings, versions: Mapping[str, int]) -> Tables:
    """Rows of the lake's tables at these versions. A table without a version does not exist and has no rows."""

    def rows(name: str) -> DataFrame:
        layer, _, table_name = name.partition(".")
        contract = load_contract(layer, table_name)
        if name not in versions:
            return spark.createDataFrame([], columns_ddl(contract.table.columns))
        table = lake_table(settings, contract.layer, table_name)  # type: ignore[arg-type]
        reader = spark.read.format("delta")
        if versions[name] != latest_version(spark, table):
            reader = reader.option("versionAsOf", versions[name])
        return reader.load(table.path)

    return rows
