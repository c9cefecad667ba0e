"""Business days by the clock of the store: past midnight, on days of 23 and 25 hours, and after it moved."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lakehouse.silver.store_time import of_store

CLOCKS = """map(
    'athens', array(named_struct('valid_from', TIMESTAMP'1900-01-01', 'zone', 'Europe/Athens', 'closing_hour', 3)),
    'moved', array(named_struct('valid_from', TIMESTAMP'1900-01-01', 'zone', 'Europe/London', 'closing_hour', 0),
        named_struct('valid_from', TIMESTAMP'2026-06-01', 'zone', 'Asia/Tokyo', 'closing_hour', 0)))"""


@pytest.mark.parametrize(
    ("store", "at", "day"),
    [
        ("nobody", "2026-11-23T23:59:59Z", "2026-11-23"),
        ("athens", "2026-11-24T00:59:59Z", "2026-11-23"),  # 2:59:59 in the morning
        ("athens", "2026-11-24T01:00:00Z", "2026-11-24"),
        # Clocks go forward at 3 (from 01:00 UTC it is 4) and back at 4 (from 01:00 UTC it is 3 once more).
        ("athens", "2026-03-29T00:59:59Z", "2026-03-28"),
        ("athens", "2026-03-29T01:00:00Z", "2026-03-29"),
        ("athens", "2026-10-24T23:59:59Z", "2026-10-24"),
        ("athens", "2026-10-25T00:00:00Z", "2026-10-25"),
        ("athens", "2026-10-25T01:00:00Z", "2026-10-25"),
        ("moved", "2026-05-31T16:00:00Z", "2026-05-31"),
        ("moved", "2026-06-01T16:00:00Z", "2026-06-02"),
    ],
)
def test_a_business_day_ends_at_the_closing_hour_of_the_store(
    spark: SparkSession, store: str, at: str, day: str
) -> None:
    frame = spark.createDataFrame([(store, at)], "store_id STRING, told STRING")
    found = frame.withColumn("at", F.col("told").cast("timestamp"))
    assert str(found.select(of_store(F.col("at"), "UTC", F.expr(CLOCKS))).collect()[0][0]) == day
