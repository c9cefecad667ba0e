"""What became of a refused record is read from the tables, whoever sent it again and how often."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from deltalake import write_deltalake

from lakehouse.storage.lake_reader import LakeReader
from lakehouse.storage.replays import Replay, landed_replays, outcomes

pytestmark = pytest.mark.check

AT = dt.datetime(2026, 11, 23, 10, 0, tzinfo=dt.UTC)
PLACE = {"topic": pa.string(), "partition": pa.int32(), "offset": pa.int64()}
SCHEMAS = {
    "bronze/sales_data": pa.schema(
        {**PLACE, "received_at": pa.timestamp("us", "UTC"),
         "headers": pa.list_(pa.struct({"key": pa.string(), "value": pa.binary()}))}
    ),
    "silver/receipts": pa.schema(PLACE),
    "silver/quarantine": pa.schema(PLACE),
    "ops/ledger": pa.schema({"topic": pa.string(), "partition": pa.int32(), "last_offset": pa.int64()}),
}  # fmt: skip


@pytest.fixture
def lake(tmp_path: Path) -> LakeReader:
    return LakeReader(str(tmp_path), {})


def write(lake: LakeReader, name: str, *rows: dict[str, Any]) -> None:
    write_deltalake(f"{lake.root}/{name}", pa.Table.from_pylist(rows, schema=SCHEMAS[name]), mode="append")


def place(offset: int) -> dict[str, Any]:
    return {"topic": "s", "partition": 0, "offset": offset}


def landed(offset: int, **headers: str) -> dict[str, Any]:
    listed = [{"key": key, "value": value.encode()} for key, value in headers.items()]
    return {**place(offset), "received_at": AT + dt.timedelta(seconds=offset), "headers": listed}


def replay(offset: int, record: str) -> Replay:
    return Replay(record, "none", ("s", 0, offset))


def test_replays_are_found_among_ordinary_records_by_their_header(lake: LakeReader) -> None:
    assert landed_replays(lake, None) == []
    bare = {**landed(2), "headers": None}
    write(lake, "bronze/sales_data", landed(1), bare, landed(3, source="till", replay_of="s-0-1", patch_sha256="ab"),
          landed(4, patch_sha256="cd"))  # fmt: skip
    assert landed_replays(lake, None) == [Replay("s-0-1", "ab", ("s", 0, 3))]
    assert landed_replays(lake, AT + dt.timedelta(seconds=4)) == []


def test_each_state_is_told_apart(lake: LakeReader) -> None:
    write(lake, "silver/receipts", place(10))
    write(lake, "silver/quarantine", place(1), place(11))
    write(lake, "ops/ledger", {"topic": "s", "partition": 0, "last_offset": 12})
    found = outcomes(lake, [replay(10, "a"), replay(11, "b"), replay(12, "c"), replay(13, "d")])
    assert {name: (each.state, each.refused_as) for name, each in found.items()} == {
        "a": ("accepted", None),
        "b": ("refused again", "s-0-11"),
        "c": ("duplicate", None),
        "d": ("waiting", None),
    }


def test_a_record_seen_in_kafka_and_in_bronze_counts_once(lake: LakeReader) -> None:
    assert outcomes(lake, [replay(5, "a"), replay(5, "a")])["a"].replays == 1


def test_once_accepted_stays_accepted_and_every_attempt_is_counted(lake: LakeReader) -> None:
    write(lake, "silver/receipts", place(10))
    write(lake, "ops/ledger", {"topic": "s", "partition": 0, "last_offset": 20})
    found = outcomes(lake, [replay(10, "a"), replay(15, "a"), replay(30, "a")])["a"]
    assert (found.state, found.replays) == ("accepted", 3)


def test_a_refused_replay_that_was_replayed_in_its_turn_settles_the_first_record_too(
    lake: LakeReader,
) -> None:
    write(lake, "silver/receipts", place(12))
    write(lake, "silver/quarantine", place(1), place(11))
    found = outcomes(lake, [replay(11, "s-0-1"), replay(12, "s-0-11")])
    assert (found["s-0-1"].state, found["s-0-1"].refused_as) == ("accepted", None)


def test_a_later_duplicate_does_not_hide_that_a_replay_of_the_replay_was_accepted(lake: LakeReader) -> None:
    write(lake, "silver/receipts", place(12))
    write(lake, "silver/quarantine", place(1), place(11))
    write(lake, "ops/ledger", {"topic": "s", "partition": 0, "last_offset": 20})
    found = outcomes(lake, [replay(11, "s-0-1"), replay(12, "s-0-11"), replay(13, "s-0-1")])
    assert (found["s-0-1"].state, found["s-0-1"].replays) == ("accepted", 3)


def test_ids_given_twice_by_a_topic_made_again_lead_to_an_answer(lake: LakeReader) -> None:
    write(lake, "silver/quarantine", place(5), place(6))
    assert outcomes(lake, [replay(5, "s-0-6"), replay(6, "s-0-5")])["s-0-5"].state == "refused again"
