"""A pipe loads each file once, whole or not at all, and says what it did."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest

from tests.warehouse.local_snowflake.conftest import PIPE, Sql, until, write_changes

HISTORY = "SELECT FILE_NAME, STATUS, ROW_COUNT FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 'L.CHANGES')) ORDER BY 1"


def count(sql: Sql, table: str = "L.CHANGES") -> int:
    return int(sql(f"SELECT COUNT(*) FROM {table}")[0][0])


def test_a_file_is_loaded_with_its_name_and_instants_in_utc(feed: Sql) -> None:
    write_changes(feed.folder / "feed" / "a.parquet", (7, "U", 1, "1.2345"))
    until(lambda: count(feed))
    ((price, sold_at, name, row),) = feed("SELECT PRICE, SOLD_AT, FILE_NAME, FILE_ROW_NUMBER FROM L.CHANGES")
    assert (price, sold_at) == (
        Decimal("1.2345"),
        dt.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=dt.UTC).replace(tzinfo=None),
    )
    assert name.endswith("feed/a.parquet")
    assert not name.startswith(("file:", "/"))
    assert row == 1


def test_a_name_is_loaded_once_even_if_the_file_changed_or_the_pipe_was_made_anew(feed: Sql) -> None:
    write_changes(feed.folder / "feed" / "a.parquet", (1, "U", 1, "1"))
    until(lambda: count(feed))
    write_changes(feed.folder / "feed" / "a.parquet", (1, "U", 1, "1"), (2, "U", 1, "1"))
    feed(PIPE)
    feed("ALTER PIPE L.FEED REFRESH")
    write_changes(feed.folder / "feed" / "b.parquet", (3, "U", 1, "1"))
    until(lambda: count(feed) == 2)
    assert [row[1:] for row in feed(HISTORY)] == [("Loaded", 1), ("Loaded", 1)]


def test_a_file_with_a_fault_is_skipped_whole_and_told(feed: Sql) -> None:
    broken = feed.folder / "feed" / "broken.parquet"
    broken.parent.mkdir()
    broken.write_bytes(b"PAR1 no more")
    write_changes(feed.folder / "feed" / "null.parquet", (1, "U", 1, "1"), (2, None, 1, "1"))  # type: ignore[arg-type]
    write_changes(feed.folder / "feed" / "whole.parquet", (9, "U", 1, "1"))
    until(lambda: len(feed(HISTORY)) == 3)
    assert [row[1] for row in feed(HISTORY)] == ["Load failed", "Load failed", "Loaded"]
    assert feed("SELECT ID FROM L.CHANGES") == [(9,)]


def test_a_paused_pipe_waits(feed: Sql) -> None:
    feed("ALTER PIPE L.FEED SET PIPE_EXECUTION_PAUSED = TRUE")
    write_changes(feed.folder / "feed" / "a.parquet", (1, "U", 1, "1"))
    status = feed("SELECT SYSTEM$PIPE_STATUS('L.FEED')")[0][0]
    assert '"PAUSED"' in status
    assert '"pendingFileCount": 1' in status
    feed("ALTER PIPE L.FEED SET PIPE_EXECUTION_PAUSED = FALSE")
    until(lambda: count(feed))


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("FORCE = TRUE", "001425.*FORCE"),
        ("PURGE = TRUE", "001425.*PURGE"),
        ("SIZE_LIMIT = 10", "001425.*SIZE_LIMIT"),
        ("FILES = ('a')", "001425.*FILES"),
        ("VALIDATION_MODE = RETURN_ERRORS", "001425.*VALIDATION_MODE"),
        ("ON_ERROR = ABORT_STATEMENT", "001425.*ABORT_STATEMENT"),
        ("ON_ERROR = CONTINUE", "not known to the local Snowflake"),
    ],
)
def test_copy_options_that_a_pipe_cannot_have_are_refused(feed: Sql, option: str, told: str) -> None:
    statement = PIPE.replace("ON_ERROR = SKIP_FILE", option)
    assert re.search(told, feed.refusal(statement).replace("\n", " "))


def test_a_pipe_over_a_delta_table_is_refused(feed: Sql) -> None:
    (feed.folder / "gold" / "_delta_log").mkdir(parents=True)
    (feed.folder / "gold" / "_delta_log" / "0.json").write_text("{}")
    assert "load twice" in feed.refusal(PIPE.replace("LAKE/feed/", "LAKE/gold/"))


def test_reports_answer_while_the_pipe_loads(feed: Sql) -> None:
    reader = feed.another()
    for number in range(40):
        write_changes(
            feed.folder / "feed" / f"{number}.parquet", *((number * 100 + i, "U", 1, "1") for i in range(100))
        )
    seen = [0]
    while seen[-1] < 4000:
        seen.append(count(reader))
        assert len(seen) < 5000, "the pipe does not get on"
    assert all(number % 100 == 0 for number in seen), "a file was seen in part"
    assert sorted(seen) == seen
