"""All hostile and good records judged once for the tests of silver."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.contracts import load_contract
from lakehouse.settings import Settings
from lakehouse.silver.judged_events import judged_events
from tests.lakehouse.sales_events import kafka_records, plain_line, rows_of
from tests.lakehouse.silver.hostile_records import FILE_SOURCE, GOOD, REFUSED

OLD_FILE_LINE = plain_line(sales_time='"2010-12-01T08:26:00Z"')
CASES: dict[str, bytes | None] = (
    {name: value for name, (value, _) in REFUSED.items()}
    | GOOD
    | {"old line of a replayed file": OLD_FILE_LINE}
)
NAMES = tuple(CASES)
Row = dict[str, object]


@pytest.fixture(scope="session")
def judged(spark: SparkSession, home_settings: Settings) -> Iterator[DataFrame]:
    """Every case once, offset = its place; then every case again from the last to the first."""
    values = [*CASES.values(), *reversed(CASES.values())]
    headers = [FILE_SOURCE if value is OLD_FILE_LINE else [] for value in values]
    records = kafka_records(spark, values, headers)
    frame = judged_events(records, load_contract("topics", "sales_data"), home_settings, "m1").persist()
    yield frame
    frame.unpersist()


@pytest.fixture(scope="session")
def verdicts(judged: DataFrame) -> dict[str, list[str]]:
    """Broken rules of each case."""
    rows = rows_of(judged.select("offset", "rule_ids"))
    by_offset = {row["offset"]: row["rule_ids"] for row in rows}
    again = {name: by_offset[2 * len(NAMES) - 1 - place] for place, name in enumerate(NAMES)}
    once = {name: by_offset[place] for place, name in enumerate(NAMES)}
    assert once == again
    return once


@pytest.fixture(scope="session")
def accepted(judged: DataFrame) -> dict[str, Row]:
    """The good cases in silver's form."""
    good = judged.where((F.size("rule_ids") == 0) & (F.col("offset") < len(NAMES)))
    return {NAMES[row["offset"]]: row for row in rows_of(good)}
