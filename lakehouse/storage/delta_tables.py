"""Delta tables made and kept as their contracts say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import ArrayType, DataType, StructType

from lakehouse.contracts import Column, Contract, ContractError, load_contract
from lakehouse.contracts.physical_types import literal
from lakehouse.schema.spark_ddl import columns_ddl, table_ddl
from lakehouse.settings import Layer, Settings
from lakehouse.storage.concurrently import concurrently

# Raw bytes and personal data would stand in the Delta log if statistics were kept of them.
_PROPERTIES = {
    "delta.enableDeletionVectors": "false",
    "delta.checkpointInterval": "50",
    "delta.checkpointPolicy": "classic",
    "delta.minReaderVersion": "1",
}
_STATISTICS_TYPES = ("INT", "BIGINT", "DATE", "TIMESTAMP", "STRING")


@dataclass(frozen=True)
class LakeTable:
    """A table of the lake: its contract and where it lies."""

    contract: Contract
    path: str

    @property
    def name(self) -> str:
        """``layer.table``."""
        return f"{self.contract.layer}.{self.contract.name}"


def lake_table(settings: Settings, layer: Layer, name: str) -> LakeTable:
    """The table ``layer.name`` of the lake that the settings name."""
    return LakeTable(load_contract(layer, name), settings.table_path(layer, name))


def ensure_table(spark: SparkSession, table: LakeTable) -> None:
    """Create the table, or add the columns that its contract has gained.

    Raises ContractError for any other difference, with the remedy.
    """
    if not DeltaTable.isDeltaTable(spark, table.path):
        spark.sql(_create_statement(table))
        return
    additions = _additions(table, spark.read.format("delta").load(table.path).schema)
    for addition in additions:
        spark.sql(f"ALTER TABLE delta.`{table.path}` ADD COLUMNS ({addition})")
    if additions:
        listed = literal(",".join(_statistics_columns(table.contract.table.columns)))
        spark.sql(
            f"ALTER TABLE delta.`{table.path}` SET TBLPROPERTIES (delta.dataSkippingStatsColumns = {listed})"
        )


def ensure_tables(spark: SparkSession, tables: Iterable[LakeTable]) -> None:
    """Create or evolve all tables, side by side."""
    concurrently(partial(ensure_table, spark, table) for table in tables)


def rows_of(spark: SparkSession, table: LakeTable) -> DataFrame:
    """The current rows of the table."""
    return spark.read.format("delta").load(table.path)


def latest_version(spark: SparkSession, table: LakeTable) -> int:
    """Version of the newest commit; asks the store, but runs no Spark job."""
    log = spark._jvm.org.apache.spark.sql.delta.DeltaLog  # type: ignore[union-attr]
    return int(log.forTable(spark._jsparkSession, table.path).unsafeVolatileSnapshot().version())


def append_only(table: LakeTable, *, is_on: bool) -> str:
    """SQL that lets rows of a table of bronze be rewritten, or forbids it again."""
    return f"ALTER TABLE delta.`{table.path}` SET TBLPROPERTIES (delta.appendOnly = {str(is_on).lower()})"


def _create_statement(table: LakeTable) -> str:
    shape = table.contract.table
    properties = _PROPERTIES | {
        "delta.dataSkippingStatsColumns": ",".join(_statistics_columns(shape.columns))
    }
    if table.contract.layer == "bronze":
        properties["delta.appendOnly"] = "true"
    listed = ", ".join(f"{literal(key)} = {literal(value)}" for key, value in properties.items())
    parted = f" PARTITIONED BY ({', '.join(shape.partition_columns)})" if shape.partition_columns else ""
    comment = literal(
        f"{table.contract.description} Grain: {shape.grain}. Contract {table.contract.version}."
    )
    return (
        f"CREATE TABLE IF NOT EXISTS delta.`{table.path}` ({table_ddl(shape.columns)}) USING delta{parted} "
        f"COMMENT {comment} TBLPROPERTIES ({listed})"
    )


def _statistics_columns(columns: tuple[Column, ...]) -> list[str]:
    return [
        column.name
        for column in columns
        if column.physical_type in _STATISTICS_TYPES
        and column.classification is None
        and column.partition_key is None
        and column.name not in ("customer_key", "description")
    ]


def _additions(table: LakeTable, found: StructType) -> list[str]:
    """DDL of the columns and nested fields that the table lacks; raises ContractError for any other difference."""
    shape = table.contract.table
    required = {column.name for column in shape.columns if column.required}
    expected = StructType.fromDDL(columns_ddl(shape.columns))
    comments = {column.name: column.description for column in shape.columns}
    additions, faults = _compare(expected, found, "")
    faults += [f"{name} is new and required" for name, _ in additions if name in required]
    if faults:
        raise ContractError(
            f"{table.name} at {table.path} does not fit contract {table.contract.version}: {'; '.join(faults)}. "
            "Only nullable columns can be added to an existing table; for any other change write a new version "
            "of the contract under another name beside the old"
        )
    return [f"{name} {ddl} COMMENT {literal(comments.get(name, ''))}" for name, ddl in additions]


def _compare(expected: DataType, found: DataType, path: str) -> tuple[list[tuple[str, str]], list[str]]:
    """What ``found`` lacks, as (path, type), and where it differs otherwise."""
    if isinstance(expected, ArrayType) and isinstance(found, ArrayType):
        return _compare(expected.elementType, found.elementType, f"{path}.element")
    if not (isinstance(expected, StructType) and isinstance(found, StructType)):
        seen, wanted = found.simpleString(), expected.simpleString()
        return [], [] if seen == wanted else [f"{path.lstrip('.')} is {seen}, expected {wanted}"]
    known = {field.name: field.dataType for field in expected.fields}
    additions = [
        (f"{path}.{field.name}".lstrip("."), field.dataType.simpleString())
        for field in expected.fields
        if field.name not in found.names
    ]
    faults = [
        f"{path}.{name} is not in the contract".lstrip(".") for name in found.names if name not in known
    ]
    for field in found.fields:
        if field.name in known:
            more, wrong = _compare(known[field.name], field.dataType, f"{path}.{field.name}")
            additions, faults = additions + more, faults + wrong
    return additions, faults
