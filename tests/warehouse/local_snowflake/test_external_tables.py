"""A Delta external table shows the lake as it was at the last REFRESH, and refuses what Snowflake refuses."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from deltalake import write_deltalake

from tests.warehouse.local_snowflake.conftest import Sql, until

COLUMNS = """("AMOUNT" NUMBER(18,4) AS (VALUE:"amount"::NUMBER(18,4)), "SOLD_AT" TIMESTAMP_NTZ(6) AS (VALUE:"sold_at"::TIMESTAMP_NTZ(6)),
"TAGS" ARRAY AS (VALUE:"tags"::ARRAY), "CHANNEL" VARCHAR AS (VALUE:"channel"::VARCHAR), "BUSINESS_DATE" DATE AS (
CAST(SPLIT_PART(SPLIT_PART(METADATA$FILENAME, 'business_date=', 2), '/', 1) AS DATE)))"""
TAIL = """LOCATION = @L.LAKE/sales/ REFRESH_ON_CREATE = FALSE AUTO_REFRESH = FALSE
FILE_FORMAT = (FORMAT_NAME = 'L.PARQUET') TABLE_FORMAT = DELTA"""
CREATE = f'CREATE EXTERNAL TABLE L.SALES {COLUMNS} PARTITION BY ("BUSINESS_DATE") {TAIL}'


def sell(folder: Path, amount: str, day: int = 1, **more: list[str]) -> None:
    sold = pa.table(
        {
            "amount": pa.array([Decimal(amount)], pa.decimal128(18, 4)),
            "sold_at": pa.array(
                [dt.datetime(2026, 1, day, 23, 30, tzinfo=dt.UTC)], pa.timestamp("us", tz="UTC")
            ),
            "tags": [["a", "b"]],
            "business_date": [dt.date(2026, 1, day)],
            **more,
        }
    )
    write_deltalake(
        folder / "sales", sold, mode="append", partition_by=["business_date"], schema_mode="merge"
    )


def test_a_sale_is_seen_after_refresh_and_not_before(sql: Sql) -> None:
    sell(sql.folder, "1.1000")
    sql(CREATE)
    assert sql("SELECT COUNT(*) FROM L.SALES") == [(0,)]
    assert [row[1] for row in sql("ALTER EXTERNAL TABLE L.SALES REFRESH")] == ["REGISTERED_NEW"]
    sell(sql.folder, "2.2000", day=2)
    assert sql("SELECT SUM(AMOUNT) FROM L.SALES") == [(Decimal("1.1000"),)]
    sql("ALTER EXTERNAL TABLE L.SALES REFRESH")
    assert sql("SELECT BUSINESS_DATE, AMOUNT, SOLD_AT, TAGS FROM L.SALES ORDER BY 1") == [
        (
            dt.date(2026, 1, day),
            Decimal(amount),
            dt.datetime(2026, 1, day, 23, 30, tzinfo=dt.UTC).replace(tzinfo=None),
            '["a","b"]',
        )
        for day, amount in ((1, "1.1000"), (2, "2.2000"))
    ]
    assert sql("SELECT AMOUNT FROM L.SALES WHERE BUSINESS_DATE = '2026-01-02'") == [(Decimal("2.2000"),)]


def test_older_rows_read_null_in_a_column_that_came_later(sql: Sql) -> None:
    sell(sql.folder, "1.0000")
    sell(sql.folder, "2.0000", channel=["web"])
    sql(CREATE)
    sql("ALTER EXTERNAL TABLE L.SALES REFRESH")
    assert sql("SELECT AMOUNT, CHANNEL FROM L.SALES ORDER BY 1") == [(Decimal(1), None), (Decimal(2), "web")]


def test_a_column_can_be_added_to_the_table(sql: Sql) -> None:
    sell(sql.folder, "1.0000", loyalty=["gold"])
    sql(CREATE)
    sql("ALTER EXTERNAL TABLE L.SALES REFRESH")
    sql('ALTER TABLE L.SALES ADD COLUMN "LOYALTY" VARCHAR AS (VALUE:"loyalty"::VARCHAR)')
    assert sql("SELECT LOYALTY FROM L.SALES") == [("gold",)]


def test_a_file_that_is_gone_is_left_out_until_refresh(sql: Sql) -> None:
    sell(sql.folder, "1.0000")
    sell(sql.folder, "2.0000", day=2)
    sql(CREATE)
    lost = next((sql.folder / "sales" / "business_date=2026-01-01").glob("*.parquet"))
    lost.unlink()
    sql("ALTER EXTERNAL TABLE L.SALES REFRESH")
    assert sql("SELECT AMOUNT FROM L.SALES") == [(Decimal(2),)]


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (CREATE.replace("AUTO_REFRESH = FALSE", "AUTO_REFRESH = TRUE"), "001425.*AUTO_REFRESH"),
        (CREATE.replace("REFRESH_ON_CREATE = FALSE", ""), "001425.*REFRESH_ON_CREATE"),
        (CREATE.replace("TABLE_FORMAT", "PATTERN = '.*' TABLE_FORMAT"), "001425.*PATTERN"),
        (CREATE.replace("TABLE_FORMAT = DELTA", ""), "TABLE_FORMAT = DELTA"),
        (CREATE.replace("METADATA$FILENAME", "VALUE:x"), "BUSINESS_DATE must be computed from METADATA"),
        (CREATE.replace("CAST(", "TO_DATE(").replace(" AS DATE)", ")"), "TO_DATE is not allowed"),
        (CREATE.replace("L.LAKE", "L.NOWHERE"), "002003.*NOWHERE.* does not exist"),
        ("ALTER EXTERNAL TABLE L.NOPE REFRESH", "002003.*NOPE.* does not exist"),
    ],
)
def test_what_snowflake_refuses_of_a_delta_external_table(sql: Sql, statement: str, told: str) -> None:
    seen = sql.refusal(statement).replace("\n", " ")
    assert re.search(told, seen), seen


def test_deletion_vectors_are_refused_at_refresh(sql: Sql) -> None:
    write_deltalake(
        sql.folder / "sales", pa.table({"amount": [1]}), configuration={"delta.enableDeletionVectors": "true"}
    )
    sql(f"CREATE EXTERNAL TABLE L.SALES (A INT AS (VALUE:amount::INT)) {TAIL}")
    assert "deletionVectors" in sql.refusal("ALTER EXTERNAL TABLE L.SALES REFRESH")


def test_nobody_writes_into_an_external_table(sql: Sql) -> None:
    sql(CREATE)
    assert "not" in sql.refusal("INSERT INTO L.SALES SELECT 1")


def test_reports_go_on_while_the_table_is_refreshed(sql: Sql) -> None:
    sell(sql.folder, "1.0000")
    sql(CREATE)
    sql("ALTER EXTERNAL TABLE L.SALES REFRESH")
    sql(
        "CREATE SECURE VIEW L.REPORT (AMOUNT COMMENT 'it''s money') COPY GRANTS COMMENT = 'x' AS SELECT AMOUNT FROM L.SALES"
    )
    reader = sql.another()
    sell(sql.folder, "2.0000")
    sql("ALTER EXTERNAL TABLE L.SALES REFRESH")
    until(lambda: reader("SELECT SUM(AMOUNT) FROM L.REPORT") == [(Decimal(3),)], 2)
    database = sql.settings.snowflake_database
    kinds = f"SELECT TABLE_NAME, TABLE_TYPE, COMMENT FROM {database}.INFORMATION_SCHEMA.TABLES ORDER BY 1"
    assert sql(kinds) == [("REPORT", "VIEW", "x"), ("SALES", "EXTERNAL TABLE", None)]
    comments = f"SELECT COMMENT FROM {database}.INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 'REPORT'"
    assert sql(comments) == [("it's money",)]
