"""Only members that are news are merged into a dimension."""

from __future__ import annotations

import datetime as dt

from lakehouse.storage.known_members import KnownMembers
from pyspark.sql import SparkSession

from tests.lakehouse.sales_events import rows_of

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)


def test_a_member_is_news_when_it_is_new_or_seen_no_later_than_known(spark: SparkSession) -> None:
    members = KnownMembers()

    def news(*seen: tuple[str, int]) -> list[str] | None:
        rows = [(key, NOON + dt.timedelta(hours=hours), True) for key, hours in seen]
        frame = spark.createDataFrame(rows, "store_id STRING, first_seen_at TIMESTAMP, is_inferred BOOLEAN")
        found = members.news("gold.dim_store", frame)
        if found is None:
            return None
        assert found.schema == frame.schema
        assert {row["first_seen_at"] for row in rows_of(found)} <= {row[1] for row in rows}
        return sorted(row["store_id"] for row in rows_of(found))

    assert news(("s1", 0), ("s2", 0)) == ["s1", "s2"]
    assert news(("s1", 1), ("s2", 0), ("s3", 5)) == ["s2", "s3"]
    assert news(("s1", 1), ("s3", 6)) is None
    assert news(("s1", -1)) == ["s1"]
    assert members.news(
        "gold.dim_customer", spark.createDataFrame([("s1", NOON)], "k STRING, first_seen_at TIMESTAMP")
    )
