"""A check of a real lake: first whole, then what changed; a fault closes the gate until the data is mended."""

from __future__ import annotations

import copy
import datetime as dt
import uuid
from decimal import Decimal

import pytest
from pyspark.sql import SparkSession

from lakehouse.settings import Settings
from lakehouse.storage.delta_tables import ensure_tables, lake_table, rows_of
from lakehouse.storage.gates import closed_gates, latest_gates
from lakehouse.storage.lake_reader import lake_reader
from lakehouse.storage.lease import CHECKER, Lease, LeaseHeld
from lakehouse.storage.objects import s3_client
from quality.docs_site import docs_folder, docs_key
from quality.jobs.check_table import all_tables, check
from tests.quality.good_lake import AT, DAYS, frame, good_lake

pytestmark = pytest.mark.stack

LINES = "gold.fct_sales_lines"
GOLD = (
    LINES,
    "gold.fct_receipts",
    "gold.dim_store",
    "gold.dim_product",
    "gold.dim_customer",
    "gold.dim_date",
    "silver.receipts",
)


@pytest.fixture(scope="module")
def made(spark: SparkSession, stack: Settings) -> Settings:
    """A lake that holds the good rows; nobody changes it."""
    settings = stack.model_copy(update={"lake_prefix": f"t{uuid.uuid4().hex[:10]}"})
    rows = good_lake()
    tables = [lake_table(settings, *name.split(".")) for name in GOLD]  # type: ignore[arg-type]
    ensure_tables(spark, tables)
    for table in tables:
        append(spark, settings, table.name, rows[table.name])
    return settings


@pytest.fixture
def lake(made: Settings, stack_settings: Settings) -> Settings:
    """A copy of it for one test, object by object."""
    client = s3_client(made)
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=made.bucket, Prefix=made.lake_key)
    for key in (entry["Key"] for page in pages for entry in page["Contents"]):
        copied = stack_settings.lake_key + key.removeprefix(made.lake_key)
        client.copy_object(Bucket=made.bucket, Key=copied, CopySource={"Bucket": made.bucket, "Key": key})
    return stack_settings


def append(spark: SparkSession, settings: Settings, name: str, rows: list[dict[str, object]]) -> None:
    """More rows at the end of a table."""
    table = lake_table(settings, *name.split("."))  # type: ignore[arg-type]
    frame(spark, name, rows).coalesce(1).write.format("delta").mode("append").save(table.path)


def states(found: list[dict[str, object]]) -> dict[object, tuple[object, object]]:
    """Table -> is it open, was the verdict carried on."""
    return {each["table"]: (each["is_open"], each["is_carried"]) for each in found}


def test_a_gate_closes_on_a_fault_and_opens_when_the_data_is_mended(
    spark: SparkSession, lake: Settings
) -> None:
    names = [LINES, "gold.fct_receipts"]
    reader = lake_reader(lake)
    assert states(check(spark, lake, names)) == dict.fromkeys(names, (True, False))
    assert states(check(spark, lake, names)) == dict.fromkeys(names, (True, True))

    table = lake_table(lake, "gold", "fct_sales_lines")
    good = rows_of(spark, table).count()
    append(spark, lake, LINES, [copy.deepcopy(good_lake()[LINES][0]) | {"batch_id": 666}])
    (found,) = check(spark, lake, [LINES])
    assert (found["is_open"], found["is_whole"], found["rows"]) == (False, False, 2)
    errors = [each for each in found["failed"] if each["severity"] == "error"]
    broken = {each["rule"]: (each["count"], each["examples"]) for each in errors}
    assert broken["line_unique"] == (1, ['{"event_id":"e0","line_seq":1}'])
    assert set(broken) == {"line_unique", "lines_of_receipts"}
    (closed,) = closed_gates(reader)
    assert (closed.table_name, closed.rule_ids) == (LINES, ("line_unique", "lines_of_receipts"))

    (again,) = check(spark, lake, [LINES])
    assert (again["is_open"], again["is_carried"]) == (False, False)
    assert closed_gates(reader)[0].since_at == closed.since_at

    spark.sql(f"DELETE FROM delta.`{table.path}` WHERE batch_id = 666")
    assert rows_of(spark, table).count() == good
    assert states(check(spark, lake, names))[LINES] == (True, False)
    assert closed_gates(reader) == []
    assert latest_gates(reader)[LINES].scope_dates == (DAYS[0],)


def test_every_rule_of_a_check_leaves_its_result(spark: SparkSession, lake: Settings) -> None:
    append(spark, lake, "gold.dim_store", [good_lake()["gold.dim_store"][0]])
    check(spark, lake, ["gold.dim_store", "gold.dim_date"])
    results = (
        rows_of(spark, lake_table(lake, "ops", "quality_results"))
        .where("table_name = 'gold.dim_store'")
        .collect()
    )
    assert {row.rule_id: (row.is_failed, row.failed_count, row.checked_count) for row in results} == {
        "store_id_required": (False, 0, 2),
        "is_inferred_required": (False, 0, 2),
        "version_complete": (False, 0, 2),
        "valid_in_order": (False, 0, 2),
        "versions_without_gap": (True, 1, 2),
        "store_key_unique": (True, 1, 2),
    }


def test_the_pages_lie_under_the_home_and_in_the_bucket(spark: SparkSession, lake: Settings) -> None:
    check(spark, lake, ["gold.dim_store"])
    site = docs_folder(lake)
    local = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    listed = s3_client(lake).list_objects_v2(Bucket=lake.bucket, Prefix=docs_key(lake))["Contents"]
    assert {entry["Key"].removeprefix(docs_key(lake)) for entry in listed} == local | {"runs.json"}
    assert {"index.html", "site.css"} < local
    assert any(name.endswith("/gold.dim_store.html") for name in local)


def test_tables_that_are_not_made_yet_are_left_out(spark: SparkSession, lake: Settings) -> None:
    found = {each["table"] for each in check(spark, lake)}
    assert found == {*GOLD, "ops.gates", "ops.quality_results"}
    assert found < set(all_tables())


def test_one_checker_at_a_time_judges_a_lake_and_the_writer_does_not_mind(
    spark: SparkSession, lake: Settings
) -> None:
    with (
        Lease(lake, "another check", CHECKER),
        pytest.raises(LeaseHeld, match="being checked by another check"),
    ):
        check(spark, lake, ["gold.dim_store"])
    with Lease(lake, "run_medallion"):
        assert check(spark, lake, ["gold.dim_store"])[0]["is_open"]


def test_a_date_of_a_neighbour_that_changed_is_looked_at(spark: SparkSession, lake: Settings) -> None:
    check(spark, lake, ["gold.fct_receipts"])
    more = good_lake()["silver.receipts"][1] | {
        "event_id": "e9",
        "offset": 9,
        "received_at": AT + dt.timedelta(minutes=1),
    }
    append(spark, lake, "silver.receipts", [more])
    (found,) = check(spark, lake, ["gold.fct_receipts"])
    assert [each["rule"] for each in found["failed"] if each["severity"] == "error"] == ["receipts_of_silver"]
    assert found["rows"] == 1
    sold = good_lake()["gold.fct_receipts"][1] | {"event_id": "e9", "net": Decimal(10)}
    append(spark, lake, "gold.fct_receipts", [sold])
    assert check(spark, lake, ["gold.fct_receipts"])[0]["is_open"]
