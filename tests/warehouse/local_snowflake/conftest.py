"""Statements through the unmodified connector, in a database of the test's own over a folder of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
import snowflake.connector
from snowflake.connector.errors import DatabaseError

from lakehouse.settings import Settings

AT_ONCE = 2.0  # seconds; an HTTP 500 would make the connector try for minutes


class Sql:
    """One session. ``folder`` is what the stage LAKE points to."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings, self.folder = settings, folder
        self._cursor = login(settings).cursor()

    def __call__(self, statement: str) -> list[tuple[Any, ...]]:
        return list(self._cursor.execute(statement).fetchall())  # type: ignore[union-attr]

    def made(self) -> Sql:
        """Make the database, a schema L and the stage."""
        for statement in (
            f"CREATE DATABASE {self.settings.snowflake_database}",
            "CREATE SCHEMA L",
            f"CREATE STAGE LAKE URL = '{self.settings.snowflake_lake_url}'",
        ):
            self(statement)
        return self

    def another(self) -> Sql:
        """A second session in the same place."""
        made = Sql(self.settings, self.folder)
        made(f"USE SCHEMA {self.settings.snowflake_database}.L")
        return made

    def refusal(self, statement: str) -> str:
        """The error of a statement that must be refused, and at once."""
        began = time.monotonic()
        with pytest.raises(DatabaseError) as caught:
            self(statement)
        assert time.monotonic() - began < AT_ONCE
        return str(caught.value)


def login(settings: Settings, **changed: Any) -> snowflake.connector.SnowflakeConnection:
    given = {"user": "TESTER", "password": settings.warehouse_password.get_secret_value(), "account": "local",
             "host": "127.0.0.1", "port": settings.warehouse_port, "protocol": "http"}  # fmt: skip
    return snowflake.connector.connect(**{**given, **changed})


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, f"it did not happen within {seconds:.0f} s"
        time.sleep(0.05)


def write_changes(path: Path, *changes: tuple[int, str, int, str]) -> None:
    """A file as the export writes it: id, op, change_version and price of each change."""
    columns: Sequence[Sequence[Any]] = list(zip(*changes, strict=True))
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.table(
        {
            "id": pa.array([Decimal(i) for i in columns[0]], pa.decimal128(38, 0)),
            "op": columns[1],
            "change_version": columns[2],
            "price": pa.array(
                [Decimal(p).quantize(Decimal("0.0001")) for p in columns[3]], pa.decimal128(18, 4)
            ),
            "sold_at": pa.array([datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)] * len(changes)),
        }
    )
    partial = path.with_suffix(".partial")
    pq.write_table(table, partial)
    partial.replace(path)


PIPE = """CREATE OR REPLACE PIPE L.FEED AUTO_INGEST = TRUE ERROR_INTEGRATION = "ERRORS" AS
COPY INTO L.CHANGES (ID, OP, CHANGE_VERSION, PRICE, SOLD_AT, FILE_NAME, FILE_ROW_NUMBER)
FROM (SELECT $1:"id"::NUMBER(38,0), $1:"op"::VARCHAR, $1:"change_version"::NUMBER(19,0), $1:"price"::NUMBER(18,4),
  $1:"sold_at"::TIMESTAMP_NTZ(6), METADATA$FILENAME, METADATA$FILE_ROW_NUMBER FROM @L.LAKE/feed/)
FILE_FORMAT = (FORMAT_NAME = 'L.PARQUET') ON_ERROR = SKIP_FILE"""

FEED = (
    """CREATE TABLE L.CHANGES (ID NUMBER(38,0) NOT NULL, OP VARCHAR NOT NULL, CHANGE_VERSION NUMBER(19,0),
PRICE NUMBER(18,4), SOLD_AT TIMESTAMP_NTZ(6), FILE_NAME VARCHAR, FILE_ROW_NUMBER NUMBER(19,0))""",
    "CREATE TABLE L.LINES (ID NUMBER(38,0), OP VARCHAR, CHANGE_VERSION NUMBER(19,0), PRICE NUMBER(18,4))",
    "CREATE STREAM L.NEW_CHANGES ON TABLE L.CHANGES APPEND_ONLY = TRUE SHOW_INITIAL_ROWS = TRUE",
    """CREATE TASK L.MERGE_LINES WAREHOUSE = "W" SCHEDULE = '1 MINUTE' WHEN SYSTEM$STREAM_HAS_DATA('L.NEW_CHANGES') AS
MERGE INTO L.LINES AS LINE USING (SELECT ID, OP, CHANGE_VERSION, PRICE FROM L.NEW_CHANGES
  QUALIFY ROW_NUMBER() OVER (PARTITION BY ID ORDER BY CHANGE_VERSION DESC, OP) = 1) AS CHANGE ON LINE.ID = CHANGE.ID
WHEN MATCHED AND CHANGE.CHANGE_VERSION > LINE.CHANGE_VERSION THEN UPDATE SET
  LINE.OP = CHANGE.OP, LINE.CHANGE_VERSION = CHANGE.CHANGE_VERSION, LINE.PRICE = CHANGE.PRICE
WHEN NOT MATCHED THEN INSERT (ID, OP, CHANGE_VERSION, PRICE)
  VALUES (CHANGE.ID, CHANGE.OP, CHANGE.CHANGE_VERSION, CHANGE.PRICE)""",
    "ALTER TASK L.MERGE_LINES RESUME",
    PIPE,
)


@pytest.fixture
def sql(database: Settings, tmp_path: Path) -> Sql:
    return Sql(database, tmp_path / "lake").made()


@pytest.fixture
def feed(sql: Sql) -> Sql:
    """Landing table, pipe, stream, task and target, as the house has them."""
    for statement in FEED:
        sql(statement)
    return sql
