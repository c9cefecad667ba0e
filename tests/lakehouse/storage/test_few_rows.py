"""Few rows go past Spark and come out as they would by it: rows of days, writes of a small batch, marks."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from pyspark.sql import SparkSession

from lakehouse.settings import Settings
from lakehouse.storage import few_rows
from lakehouse.storage.batches import Batch, append, date_in, mark_commits, overwrite
from lakehouse.storage.delta_tables import LakeTable, ensure_tables, lake_table, rows_of, set_true
from lakehouse.storage.lake_reader import lake_reader
from tests.lakehouse.gold.receipt_rows import DAY, sales_line, silver_line, silver_receipt, table_frame

pytestmark = pytest.mark.stack

NEXT = DAY + dt.timedelta(1)
FEW = Batch("medallion", "c", 3, {("sales_data", 0): (0, 5)}, may_repeat=False)
MANY = replace(FEW, ranges={("sales_data", 0): (0, 40_000)})
HOSTILE = "e' OR 'x'='x\\"


@pytest.fixture
def receipts(spark: SparkSession, stack_settings: Settings) -> LakeTable:
    """silver.receipts with two days of nested rows, each batch written in its way."""
    table = lake_table(stack_settings, "silver", "receipts")
    ensure_tables(spark, [table])
    for batch, day in ((FEW, DAY), (MANY, NEXT)):
        rows = [
            silver_receipt(
                f"{batch.planned}-{n}", silver_line(1), silver_line(2, quantity="2.5"), business_date=day
            )
            for n in range(3)
        ]
        mark_commits(spark, batch)
        append(table_frame(spark, "silver", "receipts", rows), table, batch)
    return table


def test_rows_of_days_are_the_same_by_the_driver_and_by_a_scan(
    spark: SparkSession, receipts: LakeTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = {row["event_id"]: row for row in rows_of(spark, receipts).collect()}
    by_driver = few_rows.rows_of_days(spark, receipts, [DAY])
    monkeypatch.setattr(few_rows, "_MOST_BYTES", 0)
    by_scan = few_rows.rows_of_days(spark, receipts, [DAY])
    found = [sorted(frame.collect(), key=lambda row: row["event_id"]) for frame in (by_driver, by_scan)]
    assert found[0] == found[1] == [whole[f"5-{n}"] for n in range(3)]
    assert [field.dataType for field in by_driver.schema] == [field.dataType for field in by_scan.schema]
    assert len(whole) == 6


def test_no_rows_are_a_frame_with_the_columns_of_the_table_that_no_python_worker_sees(
    spark: SparkSession, receipts: LakeTable
) -> None:
    nothing = few_rows.local_rows(spark, receipts, pa.table({}))
    assert nothing.collect() == []
    assert tuple(nothing.schema.fieldNames()) == receipts.contract.table.column_names
    assert "LocalTableScan" in nothing._jdf.queryExecution().executedPlan().toString()


@pytest.mark.usefixtures("receipts")
def test_a_small_batch_carries_its_marker_and_keeps_persons_and_bytes_out_of_the_log(
    stack_settings: Settings,
) -> None:
    opened = lake_reader(stack_settings).table("silver", "receipts")
    assert opened is not None
    assert [commit["userMetadata"] for commit in opened.history(2)] == [MANY.marker, FEW.marker]
    files = pa.table(opened.get_add_actions(flatten=True))
    told = {name.split(".", 1)[1] for name in files.column_names if name.startswith(("min.", "max."))}
    listed = opened.metadata().configuration["delta.dataSkippingStatsColumns"]
    assert "event_id" in told
    assert told <= set(str(listed).split(","))


def test_a_day_is_replaced_and_no_other_and_marks_fit_their_keys_to_the_letter(
    spark: SparkSession, stack_settings: Settings
) -> None:
    table = lake_table(stack_settings, "gold", "fct_sales_lines")
    ensure_tables(spark, [table])
    rows = [sales_line(id_, business_date=day) for id_ in ("e1", HOSTILE) for day in (DAY, NEXT)]
    append(table_frame(spark, "gold", "fct_sales_lines", rows), table, FEW)
    set_true(
        table, "is_void", pa.table({"event_id": [HOSTILE]}), date_in([DAY], "t.business_date"), FEW.marker
    )
    marked = [row for row in rows_of(spark, table).collect() if row["is_void"]]
    assert [(row["event_id"], row["business_date"]) for row in marked] == [(HOSTILE, DAY)]
    again = [sales_line("e9", business_date=NEXT)]
    overwrite(table_frame(spark, "gold", "fct_sales_lines", again), table, date_in([NEXT]), FEW)
    left = {(row["event_id"], row["business_date"]) for row in rows_of(spark, table).collect()}
    assert left == {("e1", DAY), (HOSTILE, DAY), ("e9", NEXT)}
    opened = lake_reader(stack_settings).table("gold", "fct_sales_lines")
    assert opened is not None
    assert json.loads(opened.history(1)[0]["userMetadata"]) == {"checkpoint": "c", "batch": 3}
