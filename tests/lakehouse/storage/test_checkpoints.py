"""A checkpoint knows its own name and what its query planned to read."""

from __future__ import annotations

from pathlib import Path

from pyspark.sql import SparkSession

from lakehouse.storage.checkpoints import find_checkpoint, last_committed, make_checkpoint, planned_ends


def test_a_checkpoint_keeps_its_identity_and_two_differ(spark: SparkSession, tmp_path: Path) -> None:
    path = f"file://{tmp_path}/medallion"
    assert find_checkpoint(spark, path) is None
    made = make_checkpoint(spark, path, {"sales_data": "kX1"}, {"sales_data/0": 5})
    assert find_checkpoint(spark, path) == made
    assert make_checkpoint(spark, f"{path}2", {}, {}).id != made.id


def test_planned_offsets_are_read_from_the_log_of_the_query(spark: SparkSession, tmp_path: Path) -> None:
    checkpoint = make_checkpoint(
        spark, f"file://{tmp_path}", {"a.sales": "x"}, {"a.sales/0": 5, "a.sales/1": 7}
    )
    assert planned_ends(spark, checkpoint, 0) is None
    offsets = tmp_path / "offsets"
    offsets.mkdir()
    log = 'v1\n{"batchWatermarkMs":0}\n{"a.sales":{"1":9,"0":12},"b":{"0":3}}\n{"sourceVersion":1,"index":-1}'
    (offsets / "10").write_text(log)
    assert planned_ends(spark, checkpoint, 10) == {("a.sales", 0): 12, ("a.sales", 1): 9, ("b", 0): 3}
    assert planned_ends(spark, checkpoint, -1) == {("a.sales", 0): 5, ("a.sales", 1): 7}


def test_the_newest_batch_that_was_written_whole_is_known(spark: SparkSession, tmp_path: Path) -> None:
    checkpoint = make_checkpoint(spark, f"file://{tmp_path}", {}, {})
    assert last_committed(spark, checkpoint) == -1
    commits = tmp_path / "commits"
    commits.mkdir()
    for name in ("9", "10", ".11.crc", "11.tmp"):
        (commits / name).write_text("v1")
    assert last_committed(spark, checkpoint) == 10
