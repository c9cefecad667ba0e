"""A store that breaks off while data files are read is away for a moment: watchers say so and go on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from deltalake import write_deltalake

from lakehouse.contracts import load_contract
from lakehouse.schema.arrow_schema import arrow_schema
from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import LakeReader, LakeUnreachable, lake_reader
from orchestration.live_numbers import LiveNumbers
from tests.chaos.fault_proxy import CALM, Disturbance, FaultProxy

pytestmark = pytest.mark.stack


@pytest.fixture
def proxy(stack: Settings) -> Iterator[FaultProxy]:
    with FaultProxy(stack.s3_port) as opened:
        yield opened


@pytest.fixture
def lake(stack_settings: Settings, proxy: FaultProxy) -> LakeReader:
    """A lake with one row in its ledger, seen through the proxy."""
    schema = arrow_schema(load_contract("ops", "ledger").table.columns)
    row: dict[str, object] = {field.name: None for field in schema}
    now = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
    row |= {field.name: 7 for field in schema if pa.types.is_integer(field.type)}
    row |= {field.name: now for field in schema if pa.types.is_timestamp(field.type)}
    row |= {field.name: "x" for field in schema if pa.types.is_string(field.type)}
    reader = lake_reader(stack_settings.model_copy(update={"s3_endpoint": proxy.endpoint}))
    write_deltalake(
        f"{reader.root}/ops/ledger",
        pa.Table.from_pylist([row], schema=schema),
        storage_options=reader.storage_options,
    )
    return reader


def test_data_files_that_cannot_be_read_are_a_store_that_is_away(lake: LakeReader, proxy: FaultProxy) -> None:
    numbers = LiveNumbers(lake)
    proxy.disturbance = Disturbance(torn_before=1.0, only=".parquet")
    with pytest.raises(LakeUnreachable, match=r"ops\.ledger"):
        lake.rows("ops", "ledger", ("received",))
    with pytest.raises(LakeUnreachable):
        numbers.read()
    proxy.disturbance = CALM
    assert numbers.read().ledger["received"] == 7
