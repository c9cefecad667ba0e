"""Tables are made as their contracts say, gain columns with them, and stay readable by others."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from pyspark.sql import DataFrame, SparkSession

from lakehouse.contracts import Column, Contract, ContractError, all_contracts
from lakehouse.settings import Settings
from lakehouse.storage.delta_tables import LakeTable, ensure_table, ensure_tables, lake_table, rows_of
from lakehouse.storage.objects import s3_client
from tests.lakehouse import sales_events
from tests.lakehouse.gold.receipt_rows import Row, silver_receipt, table_frame

pytestmark = pytest.mark.stack

TABLES = {f"{c.layer}.{c.name}": c for c in all_contracts() if c.layer not in ("topics", "export")}
NOTE = Column("note", "string", "STRING", "A cashier's note.")
Change = Callable[[tuple[Column, ...]], tuple[Column, ...]]


@pytest.fixture(scope="module")
def lake(spark: SparkSession, stack: Settings) -> Settings:
    """Every table of a fresh lake, made twice, with one row in silver.receipts."""
    settings = stack.model_copy(update={"lake_prefix": f"t{uuid.uuid4().hex[:10]}"})
    tables = [lake_table(settings, c.layer, c.name) for c in TABLES.values()]  # type: ignore[arg-type]
    ensure_tables(spark, tables)
    ensure_tables(spark, tables)
    _append(
        table_frame(spark, "silver", "receipts", [silver_receipt()]),
        lake_table(settings, "silver", "receipts"),
    )
    return settings


def test_a_table_has_the_columns_types_comments_and_needs_of_its_contract(lake: Settings) -> None:
    for contract in TABLES.values():
        metadata = _metadata(lake, contract)
        fields = {f["name"]: f for f in json.loads(metadata["schemaString"])["fields"]}
        assert list(fields) == list(contract.table.column_names)
        for column in contract.table.columns:
            field = fields[column.name]
            assert field["metadata"]["comment"] == column.description
            assert field["nullable"] == (not column.required), column.name
        assert metadata["partitionColumns"] == list(contract.table.partition_columns)
        assert contract.table.grain in metadata["description"]


@pytest.mark.parametrize("name", TABLES)
def test_a_table_can_be_read_by_snowflake_external_tables(lake: Settings, name: str) -> None:
    contract = TABLES[name]
    protocol, configuration = _action(lake, contract, "protocol"), _metadata(lake, contract)["configuration"]
    assert protocol["minReaderVersion"] == 1
    assert not protocol.get("readerFeatures")
    assert configuration["delta.enableDeletionVectors"] == "false"
    assert configuration["delta.checkpointPolicy"] == "classic"
    assert configuration.get("delta.columnMapping.mode", "none") == "none"
    assert configuration.get("delta.enableChangeDataFeed", "false") == "false"
    assert configuration.get("delta.appendOnly", "false") == str(contract.layer == "bronze").lower()


@pytest.mark.parametrize("name", TABLES)
def test_neither_people_nor_bytes_stand_in_the_statistics(lake: Settings, name: str) -> None:
    columns = TABLES[name].table.columns
    kept = _metadata(lake, TABLES[name])["configuration"]["delta.dataSkippingStatsColumns"].split(",")
    known = {column.name: column for column in columns}
    assert not [
        c
        for c in kept
        if known[c].classification or known[c].physical_type == "BINARY" or c == "customer_key"
    ]
    assert set(TABLES[name].table.primary_key) - set(TABLES[name].table.partition_columns) - {
        "customer_key"
    } <= set(kept)


def test_a_text_classified_as_personal_is_kept_out_of_the_statistics(
    spark: SparkSession, stack_settings: Settings
) -> None:
    stores = lake_table(stack_settings, "gold", "dim_store")
    mail = Column("mail", "string", "STRING", "Mail address.", classification="PII")
    ensure_table(spark, _changed(stores, lambda columns: (*columns, NOTE, mail)))
    configuration = _metadata(stack_settings, stores.contract)["configuration"]
    kept = configuration["delta.dataSkippingStatsColumns"].split(",")
    assert "mail" not in kept
    assert {"store_id", "first_seen_at", "note"} <= set(kept)


def test_of_texts_in_files_by_date_only_keys_and_what_is_asked_for_are_kept_in_the_statistics(
    lake: Settings,
) -> None:
    metadata = _metadata(lake, TABLES["gold.fct_receipts"])
    kept = metadata["configuration"]["delta.dataSkippingStatsColumns"].split(",")
    assert metadata["partitionColumns"] == ["business_date"]
    assert {"event_id", "transaction_id", "store_id", "occurred_at", "line_count"} <= set(kept)
    assert not {"register_id", "channel", "currency"} & set(kept)


def test_statistics_of_a_written_row_hold_no_customer_and_no_text(lake: Settings) -> None:
    adds = _actions(lake, TABLES["silver.receipts"], "add")
    seen = {name for add in adds for name in json.loads(add["stats"])["minValues"]}
    assert {"event_id", "occurred_at"} <= seen
    assert not seen & {"customer_key", "lines", "totals"}


def test_instants_are_parquet_timestamps_and_not_int96(lake: Settings) -> None:
    schema = _footer(lake, TABLES["silver.receipts"])
    times = {name: column for name, column in schema.items() if name.endswith("_at")}
    assert {name: column.physical_type for name, column in times.items()} == {
        "occurred_at": "INT64",
        "produced_at": "INT64",
        "received_at": "INT64",
    }
    assert all("isAdjustedToUTC=true, timeUnit=microseconds" in str(c.logical_type) for c in times.values())
    assert not [name for name, column in schema.items() if column.physical_type == "INT96"]


def test_a_checkpoint_of_a_table_is_one_classic_file(spark: SparkSession, lake: Settings) -> None:
    table = lake_table(lake, "silver", "receipts")
    log = spark._jvm.org.apache.spark.sql.delta.DeltaLog.forTable(spark._jsparkSession, table.path)  # type: ignore[union-attr]
    log.checkpoint()
    names = [key.rpartition("/")[2] for key in _keys(lake, TABLES["silver.receipts"], "_delta_log/")]
    assert [name for name in names if "checkpoint" in name and name != "_last_checkpoint"] == [
        "00000000000000000001.checkpoint.parquet"
    ]


def test_a_nullable_column_that_a_contract_gains_appears_and_old_rows_read_null(
    spark: SparkSession, stack_settings: Settings
) -> None:
    """At the top, inside lines, and in the middle of the contract."""
    old = lake_table(stack_settings, "silver", "receipts")
    ensure_table(spark, old)
    _append(table_frame(spark, "silver", "receipts", [silver_receipt("old")]), old)
    new = _changed(old, lambda columns: (*columns[:3], NOTE, *(_with_note_in_lines(c) for c in columns[3:])))
    ensure_table(spark, new)
    ensure_table(spark, new)
    wider = rows_of(spark, new).limit(0)
    row = silver_receipt("new") | {"note": "cold"}
    row["lines"] = [row["lines"][0] | {"note": "wet"}]
    _append(spark.createDataFrame([row], wider.schema).select(*new.contract.table.column_names), new)
    seen = {
        r["event_id"]: (r["note"], r["lines"][0]["note"], r["lines"][0]["net_amount"])
        for r in _rows(spark, new)
    }
    ten = Decimal("10.0000")
    assert seen == {"old": (None, None, ten), "new": ("cold", "wet", ten)}
    comments = {f["name"]: f["metadata"] for f in json.loads(wider.schema.json())["fields"]}
    assert comments["note"]["comment"] == "A cashier's note."


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda columns: columns[:-1], "batch_id is not in the contract"),
        (
            lambda columns: tuple(
                replace(c, physical_type="INT") if c.name == "store_id" else c for c in columns
            ),
            "store_id is string, expected int",
        ),
        (
            lambda columns: tuple(
                replace(c, fields=c.fields[1:]) if c.name == "lines" else c for c in columns
            ),
            "lines.element.line_seq is not in the contract",
        ),
        (lambda columns: (*columns, replace(NOTE, required=True)), "note is new and required"),
    ],
)
def test_any_other_change_is_refused_with_its_remedy(
    spark: SparkSession, lake: Settings, change: Change, fault: str
) -> None:
    table = lake_table(lake, "silver", "receipts")
    with pytest.raises(ContractError) as refused:
        ensure_table(spark, _changed(table, change))
    assert (
        f"silver.receipts at {table.path} does not fit contract 1.0.0: {fault}. Only nullable columns"
        in str(refused.value)
    )
    assert "write a new version of the contract under another name beside the old" in str(refused.value)
    ensure_table(spark, table)


def _changed(table: LakeTable, change: Change) -> LakeTable:
    shape = table.contract.table
    return replace(
        table, contract=replace(table.contract, shapes=(replace(shape, columns=change(shape.columns)),))
    )


def _with_note_in_lines(column: Column) -> Column:
    return replace(column, fields=(*column.fields, NOTE)) if column.name == "lines" else column


def _append(rows: DataFrame, table: LakeTable) -> None:
    rows.write.format("delta").mode("append").save(table.path)


def _rows(spark: SparkSession, table: LakeTable) -> list[Row]:
    return sales_events.rows_of(rows_of(spark, table))


def _keys(settings: Settings, contract: Contract, folder: str = "") -> list[str]:
    prefix = f"{settings.lake_key}{contract.layer}/{contract.name}/{folder}"
    listed = s3_client(settings).list_objects_v2(Bucket=settings.bucket, Prefix=prefix)
    return [item["Key"] for item in listed.get("Contents", [])]


def _body(settings: Settings, key: str) -> bytes:
    return s3_client(settings).get_object(Bucket=settings.bucket, Key=key)["Body"].read()


def _actions(settings: Settings, contract: Contract, kind: str) -> list[dict[str, Any]]:
    """Actions of a kind in the Delta log, oldest first."""
    logs = [key for key in _keys(settings, contract, "_delta_log/") if key.endswith(".json")]
    entries = [json.loads(line) for key in sorted(logs) for line in _body(settings, key).splitlines()]
    return [entry[kind] for entry in entries if kind in entry]


def _action(settings: Settings, contract: Contract, kind: str) -> dict[str, Any]:
    return _actions(settings, contract, kind)[-1]


def _metadata(settings: Settings, contract: Contract) -> dict[str, Any]:
    return _action(settings, contract, "metaData")


def _footer(settings: Settings, contract: Contract) -> dict[str, Any]:
    """Top-level parquet columns of a data file by name."""
    key = next(
        key for key in _keys(settings, contract) if key.endswith(".parquet") and "_delta_log" not in key
    )
    schema = pq.ParquetFile(io.BytesIO(_body(settings, key))).schema
    return {
        schema.column(i).path: schema.column(i)
        for i in range(len(schema.names))
        if "." not in schema.column(i).path
    }
