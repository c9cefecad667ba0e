"""What every client meets: exact numbers, errors at once and by name, a password, and a fresh start after a crash."""

from __future__ import annotations

import datetime as dt
import os
import re
import signal
import subprocess
import sys
import time
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr
from snowflake.connector.errors import DatabaseError

from lakehouse.settings import Settings
from tests.conftest import free_port
from tests.warehouse.local_snowflake.conftest import AT_ONCE, FEED, Sql, login, until, write_changes
from tests.warehouse.servers import ROOT, wait_until_healthy

BIG_ID = 2**120 - 1


def test_sums_and_ids_are_exact(sql: Sql) -> None:
    sql("CREATE TABLE L.T (ID NUMBER(38,0), PRICE NUMBER(18,4))")
    sql(f"INSERT INTO L.T VALUES ({BIG_ID}, 0.1), ({BIG_ID - 1}, 0.2), (3, 599.7)")
    assert sql("SELECT SUM(PRICE), MAX(ID), COUNT(DISTINCT ID) FROM L.T") == [
        (Decimal("600.0000"), BIG_ID, 3)
    ]


def test_a_missing_instant_stays_missing_beside_one_that_is_there(sql: Sql) -> None:
    sql("CREATE TABLE L.T (ID INT, SEEN TIMESTAMP_NTZ, D DATE, TZ TIMESTAMP_TZ)")
    sql("INSERT INTO L.T VALUES (1, NULL, NULL, NULL), (2, '2026-01-02 03:04:05.5', '2026-01-02', NULL)")
    assert sql("SELECT SEEN, D, TZ FROM L.T ORDER BY ID") == [
        (None, None, None),
        (dt.datetime(2026, 1, 2, 3, 4, 5, 500_000), dt.date(2026, 1, 2), None),  # noqa: DTZ001  an NTZ has no zone
    ]
    assert sql("SELECT MIN(SEEN) FROM L.T WHERE ID = 1") == [(None,)]


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("SELECT * FROM L.NOPE", "002003"),
        ("SELEC 1", "001003.*unexpected 'SELEC'"),
        ("SELECT FROM WHERE", "001003"),
        ("SELECT 'abc'::DATE", "100035"),
        ("SELECT A / B FROM (SELECT 1 AS A, 0 AS B)", "100051.*Division by zero"),
        ("UNDROP TABLE X", "UNDROP is not known to the local Snowflake"),
        ("CALL SYSTEM$WAIT(1)", "CALL is not known"),
        ("CREATE PROCEDURE P() RETURNS INT AS 'x'", "CREATE PROCEDURE"),
        ("CREATE DYNAMIC TABLE D TARGET_LAG = '1 minute' AS SELECT 1", "CREATE DYNAMIC TABLE is not known"),
        ("CREATE ICEBERG TABLE I", "CREATE ICEBERG TABLE is not known"),
        ("COPY INTO L.T FROM @L.LAKE/x/", "COPY is not known"),
        ("SELECT * FROM read_csv('secrets.env')", "READCSV is not known"),
        ("SELECT * FROM 'secrets.env'", "001003.*a table is expected"),
        ("INSERT INTO L.X SELECT * FROM read_text('secrets.env')", "READ_TEXT is not known"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name_and_at_once(sql: Sql, statement: str, told: str) -> None:
    seen = sql.refusal(statement).replace("\n", " ")
    assert re.search(told, seen), seen


def test_a_wrong_password_is_refused(snowflake: Settings) -> None:
    began = time.monotonic()
    with pytest.raises(DatabaseError, match=r"390100.*Incorrect username or password"):
        login(snowflake, password="guess")
    assert time.monotonic() - began < AT_ONCE


def test_roles_grants_and_policies_are_on_record(sql: Sql) -> None:
    sql("CREATE ROLE IF NOT EXISTS READER COMMENT = 'reads'")
    sql("GRANT SELECT ON ALL VIEWS IN SCHEMA L TO ROLE READER")
    sql("CREATE MASKING POLICY IF NOT EXISTS L.MASK AS (V VARCHAR) RETURNS VARCHAR -> NULL")
    assert "READER" in [row[1] for row in sql("SHOW ROLES")]
    assert ("GRANT SELECT ON ALL VIEWS IN SCHEMA L TO ROLE READER",) in [
        row[1:] for row in sql("SHOW GRANTS TO ROLE READER")
    ]
    sql("USE ROLE READER")
    assert sql("SELECT CURRENT_ROLE(), CURRENT_USER()") == [("READER", "TESTER")]


def test_a_transaction_of_a_client_is_all_or_nothing(sql: Sql) -> None:
    sql("CREATE TABLE L.T (ID NUMBER(38,0))")
    other = sql.another()
    sql("BEGIN")
    sql("INSERT INTO L.T VALUES (1)")
    assert other("SELECT COUNT(*) FROM L.T") == [(0,)]
    sql("ROLLBACK")
    assert sql("SELECT COUNT(*) FROM L.T") == [(0,)]


def test_killed_while_it_loads_it_starts_empty_and_holds_each_line_once_again(
    home_settings: Settings, tmp_path: Path
) -> None:
    folder, port = tmp_path / "lake", free_port()
    folder.mkdir()
    own = {"warehouse_port": port, "warehouse_password": SecretStr("p"), "snowflake_database": "KILLED",
           "snowflake_lake_url": f"file://{folder}/"}  # fmt: skip
    settings = home_settings.model_copy(update=own)
    for number in range(60):
        write_changes(
            folder / "feed" / f"{number}.parquet", *((number * 10 + i, "U", 1, "1.1") for i in range(10))
        )
    for killed in (True, False):
        server = _start(tmp_path, port)
        sql = Sql(settings, folder).made()
        for statement in FEED:
            sql(statement)
        until(partial(_holds, sql, "SELECT COUNT(*) FROM L.CHANGES", 1 if killed else 600))
        if not killed:
            until(partial(_holds, sql, "SELECT SUM(PRICE) FROM L.LINES", Decimal("660.0000")))
            assert sql("SELECT COUNT(*) FROM L.CHANGES") == sql("SELECT COUNT(*) FROM L.LINES") == [(600,)]
        server.send_signal(signal.SIGKILL if killed else signal.SIGTERM)
        assert server.wait(timeout=20) == (-signal.SIGKILL if killed else 0)


def _holds(sql: Sql, question: str, least: int | Decimal) -> bool:
    return (sql(question)[0][0] or 0) >= least


def _start(home: Path, port: int) -> subprocess.Popen[bytes]:
    own = {"RETAIL_HOME": str(home), "RETAIL_WAREHOUSE_PORT": str(port), "RETAIL_WAREHOUSE_PASSWORD": "p",
           "RETAIL_WAREHOUSE_POLL_SECONDS": "0.2"}  # fmt: skip
    log = home / "server.log"
    with log.open("ab") as sink:
        server = subprocess.Popen([sys.executable, "-m", "warehouse.local_snowflake"], env=os.environ | own, cwd=ROOT,
                                  stdout=sink, stderr=sink)  # fmt: skip
    wait_until_healthy(port, server, log)
    return server
