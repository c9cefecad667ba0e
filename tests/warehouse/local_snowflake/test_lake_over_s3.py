"""The same over S3, with the server that `retail up` starts and keeps running."""

from __future__ import annotations

import os
import signal
import socket
from contextlib import suppress
from decimal import Decimal

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from deltalake import write_deltalake
from snowflake.connector.errors import Error

from infra.local.stack import ServerStatus, server_status
from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import lake_reader
from lakehouse.storage.objects import s3_client
from orchestration.local_warehouse import local_warehouse
from tests.warehouse.local_snowflake.conftest import FEED, Sql, until

pytestmark = pytest.mark.stack


def warehouse(settings: Settings) -> ServerStatus:
    return next(row for row in server_status(settings, local_warehouse(settings)) if row.name == "warehouse")


@pytest.fixture
def over_s3(stack_settings: Settings) -> Settings:
    own = {"snowflake_database": stack_settings.lake_prefix.upper()}
    return stack_settings.model_copy(update=own)


def made(settings: Settings) -> Sql:
    sql = Sql(settings, settings.home)
    for statement in (
        f"CREATE DATABASE {settings.snowflake_database}",
        "CREATE SCHEMA L",
        f"CREATE STAGE LAKE URL = '{settings.snowflake_lake}'",
        """CREATE EXTERNAL TABLE L.GOLD (PRICE NUMBER(18,4) AS (VALUE:"price"::NUMBER(18,4))) LOCATION = @L.LAKE/gold/sales/
        REFRESH_ON_CREATE = FALSE AUTO_REFRESH = FALSE FILE_FORMAT = (FORMAT_NAME = 'L.P') TABLE_FORMAT = DELTA""",
        *FEED,
    ):
        sql(statement)
    return sql


def put_line(settings: Settings, name: str, number: int) -> None:
    sink = pa.BufferOutputStream()
    price = pa.array([Decimal("2.5000")], pa.decimal128(18, 4))
    line = {
        "id": pa.array([Decimal(number)], pa.decimal128(38, 0)),
        "op": ["U"],
        "change_version": [1],
        "price": price,
    }
    pq.write_table(pa.table(line), sink)
    key = f"{settings.lake_key}feed/{name}.parquet"
    s3_client(settings).put_object(Bucket=settings.bucket, Key=key, Body=sink.getvalue().to_pybytes())


def test_gold_and_the_feed_come_from_s3_and_come_back_after_a_kill(over_s3: Settings) -> None:
    sql = made(over_s3)
    options = lake_reader(over_s3).storage_options
    price = pa.array([Decimal("1.2500")] * 3, pa.decimal128(18, 4))
    write_deltalake(
        f"{over_s3.snowflake_lake}gold/sales", pa.table({"price": price}), storage_options=options
    )
    put_line(over_s3, "a", 1)
    put_line(over_s3, "b", 2)
    holds_all(sql)
    kill_and_wait(over_s3)
    holds_all(made(over_s3))


def holds_all(sql: Sql) -> None:
    sql("ALTER EXTERNAL TABLE L.GOLD REFRESH")
    assert sql("SELECT SUM(PRICE) FROM L.GOLD") == [(Decimal("3.7500"),)]
    until(lambda: feed_holds(sql, 2))


def kill_and_wait(settings: Settings) -> None:
    before = warehouse(settings).pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    until(lambda: warehouse(settings).pid not in (None, before) and answers(settings.warehouse_port), 60)


def answers(port: int) -> bool:
    """Whether something listens there: the supervisor has a new process before that has opened its port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def feed_holds(sql: Sql, lines: int) -> bool:
    with suppress(Error):
        return sql("SELECT COUNT(*), SUM(PRICE) FROM L.LINES") == [(lines, lines * Decimal("2.5000"))]
    return False
