"""A batch that comes again after a crash is written once."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from lakehouse.settings import Settings
from lakehouse.storage.batches import Batch, append, is_held, mark_commits, replace
from lakehouse.storage.delta_tables import LakeTable, ensure_table, lake_table, rows_of
from lakehouse.storage.ledger import Balance, ledger_rows

pytestmark = pytest.mark.stack


def batch(number: int, *, may_repeat: bool, checkpoint: str = "c1") -> Batch:
    return Batch("refine", checkpoint, number, {}, may_repeat)


@pytest.fixture
def ledger(spark: SparkSession, stack_settings: Settings) -> LakeTable:
    table = lake_table(stack_settings, "ops", "ledger")
    ensure_table(spark, table)
    return table


@pytest.fixture
def query_session(spark: SparkSession) -> SparkSession:
    """A session of the query's own, as Spark gives each streaming query."""
    return spark.newSession()


def write(session: SparkSession, table: LakeTable, of: Batch) -> None:
    mark_commits(session, of)
    balance = Balance("sales_data", 0, 0, 9, 10, 10, 0, 0, 10, 0, 0)
    append(ledger_rows([balance], of), table, of)


def test_a_batch_that_comes_again_after_a_start_is_appended_once(
    query_session: SparkSession, ledger: LakeTable
) -> None:
    first, again = batch(0, may_repeat=True), batch(0, may_repeat=True)
    assert not is_held(ledger, first)
    write(query_session, ledger, first)
    write(query_session, ledger, again)
    assert is_held(ledger, again)
    write(query_session, ledger, batch(1, may_repeat=False))
    write(query_session, ledger, batch(0, may_repeat=True, checkpoint="c2"))
    seen = sorted((row.checkpoint_id, row.batch_id) for row in rows_of(query_session, ledger).collect())
    assert seen == [("c1", 0), ("c1", 1), ("c2", 0)]


def test_a_batch_is_still_known_after_maintenance(query_session: SparkSession, ledger: LakeTable) -> None:
    write(query_session, ledger, batch(0, may_repeat=True))
    query_session.conf.unset("spark.databricks.delta.commitInfo.userMetadata")
    for _ in range(3):
        query_session.sql(f"ALTER TABLE delta.`{ledger.path}` SET TBLPROPERTIES ('retail.touched' = 'yes')")
    assert is_held(ledger, batch(0, may_repeat=True))


def test_a_later_batch_is_not_looked_up(query_session: SparkSession, ledger: LakeTable) -> None:
    write(query_session, ledger, batch(0, may_repeat=True))
    assert not is_held(ledger, batch(0, may_repeat=False))


def test_rows_are_replaced_where_asked_and_once(query_session: SparkSession, ledger: LakeTable) -> None:
    write(query_session, ledger, batch(0, may_repeat=True))
    write(query_session, ledger, batch(1, may_repeat=False))
    third = batch(2, may_repeat=True)
    mark_commits(query_session, third)
    balance = Balance("sales_data", 0, 0, 4, 5, 5, 0, 0, 5, 0, 0)
    for _ in range(2):
        rows = ledger_rows([balance], batch(0, may_repeat=True))
        replace(ledger, "batch_id = 0", lambda: query_session.createDataFrame(rows), third)  # noqa: B023  asked at once
    seen = sorted((row.batch_id, row.received) for row in rows_of(query_session, ledger).collect())
    assert seen == [(0, 5), (1, 10)]
