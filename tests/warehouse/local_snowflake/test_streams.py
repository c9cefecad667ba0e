"""Stream and task bring every change into the native table once; the highest version of a line wins."""

from __future__ import annotations

from decimal import Decimal

from tests.warehouse.local_snowflake.conftest import Sql, until, write_changes

LINES = "SELECT ID, PRICE FROM L.LINES WHERE OP = 'U' ORDER BY 1"


def test_the_newest_change_of_a_line_stands_whatever_the_order_of_files(feed: Sql) -> None:
    write_changes(feed.folder / "feed" / "a.parquet", (1, "U", 3, "3"), (2, "U", 1, "5"), (3, "D", 2, "0"))
    until(lambda: feed(LINES))
    write_changes(feed.folder / "feed" / "b.parquet", (1, "U", 2, "2"), (2, "D", 2, "5"), (3, "U", 1, "9"))
    until(lambda: len(feed("SELECT 1 FROM L.CHANGES")) == 6 and not feed("SELECT 1 FROM L.NEW_CHANGES"))
    assert feed(LINES) == [(1, Decimal(3))]


def test_the_same_changes_in_another_file_move_nothing(feed: Sql) -> None:
    changes = [(number, "U", 1, "1.5") for number in range(50)]
    write_changes(feed.folder / "feed" / "a.parquet", *changes)
    write_changes(feed.folder / "feed" / "again.parquet", *changes)
    until(lambda: len(feed("SELECT 1 FROM L.CHANGES")) == 100 and not feed("SELECT 1 FROM L.NEW_CHANGES"))
    assert feed("SELECT COUNT(*), SUM(PRICE) FROM L.LINES") == [(50, Decimal("75.0000"))]


def test_a_statement_that_fails_takes_nothing_from_the_stream(feed: Sql) -> None:
    feed("ALTER TASK L.MERGE_LINES SUSPEND")
    feed("INSERT INTO L.CHANGES (ID, OP) VALUES (1, 'U'), (2, 'U')")
    feed("CREATE TABLE L.STRICT (ID NUMBER(38,0), PRICE NUMBER(18,4) NOT NULL)")
    assert feed("SELECT SYSTEM$STREAM_HAS_DATA('L.NEW_CHANGES')") == [(True,)]
    assert "100072" in feed.refusal("INSERT INTO L.STRICT SELECT ID, PRICE FROM L.NEW_CHANGES")
    assert feed("SELECT COUNT(*) FROM L.NEW_CHANGES") == [(2,)]
    assert feed("INSERT INTO L.STRICT SELECT ID, 0 FROM L.NEW_CHANGES") == [(2,)]
    assert feed("SELECT COUNT(*) FROM L.NEW_CHANGES") == [(0,)]


def test_a_suspended_task_runs_only_when_asked(feed: Sql) -> None:
    feed("ALTER TASK L.MERGE_LINES SUSPEND")
    write_changes(feed.folder / "feed" / "a.parquet", (1, "U", 1, "1"))
    until(lambda: feed("SELECT 1 FROM L.NEW_CHANGES"))
    assert not feed(LINES)
    feed("EXECUTE TASK L.MERGE_LINES")
    assert feed(LINES) == [(1, Decimal(1))]


def test_only_append_only_streams_are_known(feed: Sql) -> None:
    assert "APPEND_ONLY" in feed.refusal("CREATE STREAM L.OTHER ON TABLE L.CHANGES")
