"""The small files of a day become one: no row moves, nobody else's files are touched, no person gets into the log."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import replace

import pyarrow as pa  # type: ignore[import-untyped]
import pytest

from lakehouse.settings import Settings
from lakehouse.storage import small_files
from lakehouse.storage.batches import Batch, append
from lakehouse.storage.delta_tables import LakeTable, create_table, lake_table, open_table
from lakehouse.storage.lake_reader import lake_reader
from lakehouse.storage.ledger import Balance, ledger_rows
from lakehouse.storage.versions import changed_dates

pytestmark = pytest.mark.stack

DAY, NEXT = dt.date(2026, 11, 23), dt.date(2026, 11, 24)
BATCH = Batch("medallion", "c", 3, {("customers", 0): (0, 5)}, may_repeat=False)
SHOWN = ["business_date", "store_id", "receipt_count"]


@pytest.fixture
def hours(stack_settings: Settings) -> LakeTable:
    """gold.agg_sales_hourly, five files of one day and two of the next."""
    table = lake_table(stack_settings, "gold", "agg_sales_hourly")
    create_table(table)
    for number in range(7):
        append(hour(table, number, DAY if number < 5 else NEXT), table, BATCH)
    return table


def hour(table: LakeTable, number: int, day: dt.date) -> pa.Table:
    opened = open_table(table)
    assert opened is not None
    schema = pa.schema(opened.schema().to_arrow())
    zero = {each.name: 0 for each in schema if not pa.types.is_string(each.type)}
    row = zero | {
        "business_date": day,
        "store_id": f"s{number}",
        "receipt_count": number,
        "currency": "GBP",
        "hour_start_at": dt.datetime(2026, 11, 23, tzinfo=dt.UTC),
    }
    return pa.Table.from_pylist([row], schema)


def shown(settings: Settings) -> list[dict[str, object]]:
    rows = lake_reader(settings).rows("gold", "agg_sales_hourly", SHOWN)
    assert rows is not None
    return sorted(rows.to_pylist(), key=str)


def files(table: LakeTable) -> list[str]:
    opened = open_table(table)
    assert opened is not None
    return sorted(str(uri).rpartition("business_date=")[2][:10] for uri in opened.file_uris())


def test_a_crowded_day_becomes_one_file_and_a_day_of_few_stays(
    stack_settings: Settings, hours: LakeTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small_files, "_MANY", 5)
    before, turn = shown(stack_settings), threading.Lock()
    assert small_files.crowded(hours) == [{"business_date": DAY}]
    assert small_files.join_small_files(stack_settings, turn) == "5 files became 1"
    assert files(hours) == [f"{DAY}", f"{NEXT}", f"{NEXT}"]
    assert shown(stack_settings) == before
    assert not turn.locked()
    assert small_files.join_small_files(stack_settings) == "no files to join"
    append(hour(hours, 9, DAY), hours, replace(BATCH, batch_id=4))
    assert len(shown(stack_settings)) == 8


def test_a_day_that_was_joined_counts_as_changed_for_a_check_and_as_nothing_new_for_the_export(
    stack_settings: Settings, hours: LakeTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small_files, "_MANY", 5)
    opened = open_table(hours)
    assert opened is not None
    before = opened.version()
    small_files.join_small_files(stack_settings)
    lake = lake_reader(stack_settings)
    assert changed_dates(lake, hours.name, before, before + 1) == {DAY}
    found = lake.table("gold", "agg_sales_hourly")
    assert found is not None
    assert found.history(1)[0]["operation"] == "OPTIMIZE"


def test_bronze_is_joined_though_it_only_grows_and_its_bytes_stay_out_of_the_log(
    stack_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small_files, "_MANY", 3)
    bronze = lake_table(stack_settings, "bronze", "customers")
    ledger = lake_table(stack_settings, "ops", "ledger")
    for table in (bronze, ledger):
        create_table(table)
    opened = open_table(bronze)
    assert opened is not None
    schema = pa.schema([each.with_nullable(True) for each in pa.schema(opened.schema().to_arrow())])
    for number in range(3):
        person = {"key": b"c-1", "value": b'{"name": "Ada"}', "topic": "customers", "partition": 0}
        person |= {"offset": number, "received_at": dt.datetime(2026, 11, 23, tzinfo=dt.UTC)}
        person |= {"checkpoint_id": "c", "batch_id": 3}
        append(pa.Table.from_pylist([person], schema), bronze, BATCH)
        append(ledger_rows([Balance("customers", 0, 0, 9, 10, 10, 0, 0, 10, 0, 0)], BATCH), ledger, BATCH)
    assert small_files.join_small_files(stack_settings) == "6 files became 2"
    opened = open_table(bronze)
    assert opened is not None
    told = {name.partition(".")[2] for name in pa.table(opened.get_add_actions(flatten=True)).column_names}
    assert "offset" in told
    assert not {"key", "value"} & told
    rows = lake_reader(stack_settings).rows("bronze", "customers", ["offset", "value"])
    assert rows is not None
    assert sorted(rows["offset"].to_pylist()) == [0, 1, 2]
    assert set(rows["value"].to_pylist()) == {b'{"name": "Ada"}'}
