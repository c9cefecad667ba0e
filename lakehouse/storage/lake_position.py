"""How far the layers of a lake have come, for a query that takes over without a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.contracts import contract_names
from lakehouse.settings import Layer, Settings
from lakehouse.storage.batches import Partition
from lakehouse.storage.checkpoints import CheckpointError
from lakehouse.storage.delta_tables import is_empty, lake_table, rows_of


@dataclass(frozen=True)
class LakePosition:
    """Records landed in bronze, judged by the ledger, and receipts in silver and gold.

    ``landed``: for each Kafka partition the offset after the last one in bronze; ``last_received``: when the
    broker appended that last record, in milliseconds. ``queries``: those that wrote the ledger.
    """

    landed: Mapping[Partition, int]
    last_received: Mapping[Partition, int]
    queries: frozenset[str]
    landed_records: int
    judged_records: int
    silver_receipts: int
    gold_receipts: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever landed."""
        return self.landed_records == 0

    def check_layers_agree(self) -> None:
        """Raise CheckpointError unless every layer holds what the layer before holds."""
        if self.landed_records != self.judged_records or self.silver_receipts != self.gold_receipts:
            raise CheckpointError(
                f"the layers stand at different points: {self.landed_records} records landed in bronze, "
                f"{self.judged_records} judged by the ledger; {self.silver_receipts} receipts in silver, "
                f"{self.gold_receipts} in gold. Expected equal numbers. First let the jobs that made the lake finish with "
                "their own checkpoints (`retail process`, or `--layer silver` and then `--layer gold`); if those "
                "are lost, `retail rebuild` makes silver, gold and the ledger again from bronze"
            )


def lake_position(spark: SparkSession, settings: Settings) -> LakePosition:
    """Read how far the layers have come; a table that does not exist yet is empty."""
    told = [lake_table(settings, "bronze", name) for name in contract_names("bronze")]
    told += [lake_table(settings, "silver", "receipts"), lake_table(settings, "gold", "fct_receipts")]
    told.append(lake_table(settings, "ops", "ledger"))
    if all(is_empty(table) for table in told):
        return LakePosition({}, {}, frozenset(), 0, 0, 0, 0)
    landed: dict[Partition, int] = {}
    received: dict[Partition, int] = {}
    records = 0
    for name in contract_names("bronze"):
        rows = _rows(spark, settings, "bronze", name)
        if rows is not None:
            last = F.max(F.struct(F.unix_millis("received_at").alias("at"), "offset")).alias("last")
            spans = rows.groupBy("topic", "partition").agg(last, F.count("*").alias("n"))
            for row in spans.collect():
                landed[row.topic, row.partition] = row.last.offset + 1
                received[row.topic, row.partition] = row.last.at
                records += row.n
    ledger = _rows(spark, settings, "ops", "ledger")
    queries = [row.query for row in ledger.select("query").distinct().collect()] if ledger is not None else []
    judged = ledger.agg(F.sum("received")).collect()[0][0] if ledger is not None else 0
    return LakePosition(
        landed=landed,
        last_received=received,
        queries=frozenset(queries),
        landed_records=records,
        judged_records=judged or 0,
        silver_receipts=_count(spark, settings, "silver", "receipts"),
        gold_receipts=_count(spark, settings, "gold", "fct_receipts"),
    )


def _rows(spark: SparkSession, settings: Settings, layer: Layer, name: str) -> DataFrame | None:
    table = lake_table(settings, layer, name)
    return rows_of(spark, table) if DeltaTable.isDeltaTable(spark, table.path) else None


def _count(spark: SparkSession, settings: Settings, layer: Layer, name: str) -> int:
    rows = _rows(spark, settings, layer, name)
    return 0 if rows is None else rows.count()
