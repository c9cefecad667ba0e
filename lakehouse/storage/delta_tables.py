"""Delta tables made and kept as their contracts say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import deltalake
import pyarrow as pa  # type: ignore[import-untyped]
from deltalake.exceptions import DeltaError, TableNotFoundError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import ArrayType, DataType, StructType

from lakehouse.contracts import Column, Contract, ContractError, Shape, load_contract
from lakehouse.contracts.physical_types import literal
from lakehouse.schema.delta_schema import delta_schema
from lakehouse.settings import Layer, Settings
from lakehouse.storage.s3_environment import storage_options

# Raw bytes and personal data would stand in the Delta log if statistics were kept of them.
_PROPERTIES = {
    "delta.enableDeletionVectors": "false",
    "delta.checkpointInterval": "50",
    "delta.checkpointPolicy": "classic",
}
# A write is tried as long as Spark's would be; readers ask again soon and rather say what is wrong.
_PATIENT = {"max_retries": "10", "retry_timeout": "180s"}
NOT_UNDONE = "NOT s.is_inferred OR t.is_inferred"
"""SQL over a member told (s) and held (t): what master data say is never undone by a receipt."""
_OPEN_TABLES = 128
# A void names its receipt by transaction_id; files of nothing but canaries are told by store_id (quality.freshness).
_LOOKED_UP = ("transaction_id", "store_id")
_STATISTICS_TYPES = ("INT", "BIGINT", "DATE", "TIMESTAMP", "STRING")


@dataclass(frozen=True)
class LakeTable:
    """A table of the lake: its contract, where it lies, and how delta-rs reaches the store (holds keys)."""

    contract: Contract
    path: str
    storage_options: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """``layer.table``."""
        return f"{self.contract.layer}.{self.contract.name}"


def lake_table(settings: Settings, layer: Layer, name: str) -> LakeTable:
    """The table ``layer.name`` of the lake that the settings name."""
    path = settings.table_path(layer, name)
    return LakeTable(load_contract(layer, name), path, storage_options(settings))


def ensure_table(spark: SparkSession, table: LakeTable) -> None:
    """Create the table, or add the columns that its contract has gained.

    Spark is asked only where columns are added: making forty tables would cost a fresh driver half a minute, and
    looking at them at each start as much again. Raises ContractError for any other difference, with the remedy.
    """
    opened = open_table(table)
    if opened is None:
        create_table(table)
        return
    additions = _additions(table, StructType.fromJson(json.loads(opened.schema().to_json())))
    for addition in additions:
        spark.sql(f"ALTER TABLE delta.`{table.path}` ADD COLUMNS ({addition})")
    if additions:
        listed = literal(",".join(_statistics_columns(table.contract.table)))
        spark.sql(
            f"ALTER TABLE delta.`{table.path}` SET TBLPROPERTIES (delta.dataSkippingStatsColumns = {listed})"
        )


def ensure_tables(spark: SparkSession, tables: Iterable[LakeTable]) -> None:
    """Create or evolve all tables, and forget which were open: one that was taken away and made anew is another."""
    _opened.cache_clear()
    for table in tables:
        ensure_table(spark, table)


def rows_of(spark: SparkSession, table: LakeTable) -> DataFrame:
    """The current rows of the table."""
    return spark.read.format("delta").load(table.path)


def is_empty(table: LakeTable) -> bool:
    """Whether no file belongs to the table, or it does not exist; asked of its log, without Spark.

    A query over an empty table costs a fresh driver seconds all the same.
    """
    opened = open_table(table)
    return opened is None or not opened.file_uris()


def append_rows(table: LakeTable, rows: pa.Table, note: str) -> None:
    """Append the rows; ``note`` is the userMetadata of the commit.

    Written by delta-rs, as all that follows: a write of a few rows takes Spark most of a second, whatever their number.
    """
    deltalake.write_deltalake(_to_write(table), rows, mode="append", commit_properties=_noted(note))


def overwrite_rows(table: LakeTable, rows: pa.Table, note: str, where: str | None = None) -> None:
    """Let the rows take the place of those that ``where`` (SQL) selects, None for all, in one commit."""
    deltalake.write_deltalake(
        _to_write(table), rows, mode="overwrite", predicate=where, commit_properties=_noted(note)
    )


def set_true(table: LakeTable, column: str, keys: pa.Table, where: str, note: str) -> None:
    """Set the column in the rows that ``where`` (SQL over t) selects and that agree with a row of ``keys``."""
    opened = _to_write(table)
    agree = " AND ".join(f"t.{name} = s.{name}" for name in keys.column_names)
    merge = opened.merge(
        keys, f"{where} AND {agree}", source_alias="s", target_alias="t", commit_properties=_noted(note)
    )
    merge.when_matched_update({column: "true"}).execute()


def merge_members(table: LakeTable, rows: pa.Table, key: str, note: str) -> None:
    """Bring rows of a dimension, with ``is_kept`` (or to be taken out), into it by ``key``."""
    opened = _to_write(table)
    columns = {name: f"s.{name}" for name in table.contract.table.column_names}
    merge = opened.merge(
        rows, f"t.{key} = s.{key}", source_alias="s", target_alias="t", commit_properties=_noted(note)
    )
    merge.when_matched_delete("NOT s.is_kept").when_matched_update(
        columns, NOT_UNDONE
    ).when_not_matched_insert(columns, "s.is_kept").execute()


def compact(table: LakeTable, partition: Mapping[str, object], target_bytes: int) -> tuple[int, int]:
    """Make the files of a partition that are smaller than the target one or a few; how many went and how many came."""
    where = [(name, "=", str(value)) for name, value in partition.items()]
    done = _to_write(table).optimize.compact(partition_filters=where or None, target_size=target_bytes)
    return int(done["numFilesRemoved"]), int(done["numFilesAdded"])


def newest_notes(table: LakeTable, most: int) -> Iterator[str]:
    """What the newest commits note (userMetadata), newest first, at most so many; "" where one notes nothing."""
    opened = open_table(table)
    for commit in [] if opened is None else opened.history(most):
        yield commit.get("userMetadata") or ""


def latest_version(spark: SparkSession, table: LakeTable) -> int:
    """Version of the newest commit; asks the store, but runs no Spark job."""
    log = spark._jvm.org.apache.spark.sql.delta.DeltaLog  # type: ignore[union-attr]
    return int(log.forTable(spark._jsparkSession, table.path).unsafeVolatileSnapshot().version())


def append_only(table: LakeTable, *, is_on: bool) -> str:
    """SQL that lets rows of a table of bronze be rewritten, or forbids it again."""
    return f"ALTER TABLE delta.`{table.path}` SET TBLPROPERTIES (delta.appendOnly = {str(is_on).lower()})"


def _noted(note: str) -> deltalake.CommitProperties:
    return deltalake.CommitProperties({"userMetadata": note})


def _address(table: LakeTable) -> str:
    """The path as delta-rs takes it."""
    return table.path.replace("s3a://", "s3://", 1)


def open_table(table: LakeTable) -> deltalake.DeltaTable | None:
    """The table as delta-rs sees it now; None while it does not exist."""
    try:
        return _followed(_address(table), frozenset(table.storage_options.items()))
    except TableNotFoundError:
        return None


def _to_write(table: LakeTable) -> deltalake.DeltaTable:
    return _followed(_address(table), frozenset({**table.storage_options, **_PATIENT}.items()))


def _followed(address: str, options: frozenset[tuple[str, str]]) -> deltalake.DeltaTable:
    """The table as it is now. Of one that was open before only the new commits are read: opening it reads all since the
    last checkpoint, up to fifty objects. Whoever makes tables anew says so by ``ensure_tables``; one with fewer versions
    than before is noticed here too.
    """
    opened = _opened(address, options)
    try:
        opened.update_incremental()
    except DeltaError:
        _opened.cache_clear()
        return _opened(address, options)
    return opened


@lru_cache(_OPEN_TABLES)
def _opened(address: str, options: frozenset[tuple[str, str]]) -> deltalake.DeltaTable:
    return deltalake.DeltaTable(address, storage_options=dict(options))


def create_table(table: LakeTable) -> None:
    """Make the table as its contract says, if it does not exist; asks no Spark."""
    shape = table.contract.table
    properties = _PROPERTIES | {"delta.dataSkippingStatsColumns": ",".join(_statistics_columns(shape))}
    if table.contract.layer == "bronze":
        properties["delta.appendOnly"] = "true"
    deltalake.DeltaTable.create(
        _address(table),
        deltalake.Schema.from_json(json.dumps(delta_schema(shape.columns))),
        mode="ignore",
        partition_by=list(shape.partition_columns) or None,
        description=f"{table.contract.description} Grain: {shape.grain}. Contract {table.contract.version}.",
        configuration=properties,
        storage_options=dict(table.storage_options),
    )


def _statistics_columns(shape: Shape) -> list[str]:
    """Columns whose bounds are kept of each file.

    A file of a business date holds nearly every value of a text, so its bounds say nothing, unless the text is a key
    or somebody asks for its bounds (_LOOKED_UP).
    """
    is_by_date = bool(shape.partition_columns)
    return [
        column.name
        for column in shape.columns
        if column.physical_type in _STATISTICS_TYPES
        and column.classification is None
        and column.partition_key is None
        and column.name not in ("customer_key", "description")
        and (column.physical_type != "STRING" or not is_by_date or _is_key(column))
    ]


def _is_key(column: Column) -> bool:
    return column.primary_key is not None or column.name in _LOOKED_UP


def _additions(table: LakeTable, found: StructType) -> list[str]:
    """DDL of the columns and nested fields that the table lacks; raises ContractError for any other difference."""
    shape = table.contract.table
    required = {column.name for column in shape.columns if column.required}
    expected = StructType.fromJson(delta_schema(shape.columns))
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
    for held in found.fields:
        if held.name in known:
            more, wrong = _compare(known[held.name], held.dataType, f"{path}.{held.name}")
            additions, faults = additions + more, faults + wrong
    return additions, faults
