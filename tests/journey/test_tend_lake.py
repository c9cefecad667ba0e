"""Upkeep and rebuilding of past days by the holder of a lake: no figure moves."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from ingestion.kafka_producer import EventSender
from lakehouse.storage.lease import Lease
from lakehouse.storage.objects import s3_client
from lakehouse.storage.rebuild import WrongRange, days_between
from lakehouse.storage.requests import ask, read_request, serve
from lakehouse.storage.upkeep import verbs

pytestmark = pytest.mark.stack

TODAY = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
DAYS = [TODAY - timedelta(days=back) for back in (3, 2, 1)]
TABLES = ("fct_sales_lines", "fct_receipts", "agg_sales_hourly")


def sell(lake, first_id: int) -> None:
    """Two lines on each of the days."""
    lines = [
        {
            "id": first_id + n,
            "product": "85123A",
            "quantity": 2,
            "price": "2.55",
            "sales_time": day.isoformat(),
        }
        for n, day in enumerate(DAYS * 2)
    ]
    with EventSender(lake.settings) as sender:
        sender.send_pairs("sales_data", [(None, json.dumps(line).encode()) for line in lines])


def rows(lake, name: str) -> list:
    return sorted(map(str, lake.rows(f"gold.{name}").collect()))


def serve_all(lake, request_id: str, verb: str, arguments: dict[str, str]):
    ask(lake.settings, request_id, verb, arguments)
    with Lease(lake.settings, "test") as lease:
        serve(lake.settings, lease, verbs(lake.spark, lake.settings), print)
    return read_request(s3_client(lake.settings), lake.settings, request_id)


@pytest.mark.long
def test_days_made_again_from_silver_are_what_the_stream_made_of_them(lake):
    sell(lake, 1)
    lake.walk()
    made = {name: rows(lake, name) for name in TABLES}
    path = lake.settings.table_path("gold", "fct_sales_lines")
    lake.spark.sql(f"DELETE FROM delta.`{path}` WHERE business_date = DATE'{DAYS[1]:%F}'")
    assert rows(lake, "fct_sales_lines") != made["fct_sales_lines"]
    days = {"from": f"{DAYS[0]:%F}", "to": f"{DAYS[2]:%F}"}
    ended = serve_all(lake, "rebuild-1", "rebuild", days)
    assert (ended.state, list(ended.done)) == ("done", [f"{day:%F}" for day in DAYS])
    assert {name: rows(lake, name) for name in TABLES} == made
    lake.walk()
    sell(lake, 101)
    lake.walk()
    assert lake.sales()[0] == 12


@pytest.mark.long
def test_records_by_offset_name_the_days_they_belong_to(lake):
    sell(lake, 1)
    lake.walk()
    where = (
        lake.rows("silver.receipts").where("event_id = 'v1:2'").select("topic", "partition", "offset").first()
    )
    given = {
        "topic": where[0],
        "partition": str(where[1]),
        "from_offset": str(where[2]),
        "to_offset": str(where[2]),
    }
    ended = serve_all(lake, "rebuild-2", "rebuild", given)
    assert ended.done == {f"{DAYS[1]:%F}": "2 receipts, 2 lines"}


@pytest.mark.long
@pytest.mark.timeout(3600)  # every table is read, compacted and swept
def test_upkeep_makes_few_files_of_many_and_changes_no_row(lake):
    for first_id in (1, 101, 201):
        sell(lake, first_id)
        lake.walk()
    before = {name: rows(lake, name) for name in TABLES}
    ended = serve_all(lake, "maintain-1", "maintain", {})
    assert ended.state == "done", ended.message
    files, became = ended.done["gold.fct_sales_lines"].split(" files became ")
    assert int(files) >= 9
    assert became == "3", "one a day"
    assert {name: rows(lake, name) for name in TABLES} == before
    sell(lake, 301)
    lake.walk()
    assert lake.sales()[0] == 24


@pytest.mark.parametrize(
    "given", [{"from": "2026-11-02"}, {"from": "x", "to": "y"}, {"from": "2026-11-02", "to": "2026-11-01"}]
)
def test_a_range_that_names_no_days_is_refused(given):
    with pytest.raises(WrongRange, match="expected"):
        days_between(given)
