"""A file of real sales gives the same messages in any format, at its own pace, as often as it is sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingestion.events import INVENTORY_MOVEMENTS, SALES_DATA
from ingestion.replay import (
    ReplayPlan,
    UnknownSourceError,
    file_messages,
    read_events,
    replay_file,
    seconds_into,
)
from ingestion.sales_consumer import Reading, read_records
from ingestion.topics import ensure_topics
from ingestion.uci_rows import UciFileError
from lakehouse.settings import Settings
from tests.ingestion.uci_samples import uci_row, write_csv, write_xlsx

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ROWS = [
    uci_row(2),
    uci_row(3, invoice="536366", quantity=-uci_row().quantity),
    uci_row(4, invoice="C536367", quantity=-uci_row().quantity),
]


def test_a_replay_keys_by_transaction_and_says_which_file_it_came_from(tmp_path: Path) -> None:
    messages = file_messages(write_csv(tmp_path / "shop.csv", ROWS), NOON)
    assert [(m.topic, m.key) for m in messages] == [
        (SALES_DATA, b"536365"),
        (INVENTORY_MOVEMENTS, b"536366:1"),
        (SALES_DATA, b"C536367"),
    ]
    assert {m.headers for m in messages} == {(("source", b"file:shop.csv"),)}
    assert json.loads(messages[0].value or b"")["produced_at"] == "2026-11-23T12:00:00.000Z"


def test_the_same_rows_in_another_file_type_are_the_same_messages(tmp_path: Path) -> None:
    as_csv = file_messages(write_csv(tmp_path / "a.csv", ROWS), NOON, limit=2)
    as_xlsx = file_messages(write_xlsx(tmp_path / "a.xlsx", ROWS), NOON, limit=2)
    assert [m.value for m in as_csv] == [m.value for m in as_xlsx]
    assert len(as_csv) == 2


def test_a_file_that_nobody_can_read_is_named_with_what_could_be(tmp_path: Path) -> None:
    (tmp_path / "shop.doc").write_text("")
    with pytest.raises(
        UnknownSourceError, match=r"shop.doc: no reader .* ends in .csv, .csv.gz, .xlsx, .parquet"
    ):
        read_events(tmp_path / "shop.doc")
    with pytest.raises(UnknownSourceError, match=r"gone.csv: no such file"):
        read_events(tmp_path / "gone.csv")
    with pytest.raises(UciFileError, match=r"two.csv: invoice 536365 names more than one Country"):
        read_events(write_csv(tmp_path / "two.csv", [uci_row(2), uci_row(3, country="France")]))


def test_the_files_own_time_sets_the_pace(tmp_path: Path) -> None:
    later = uci_row(3, invoice="536366", invoice_date=uci_row().invoice_date.replace(hour=9))
    first, second = read_events(write_csv(tmp_path / "a.csv", [uci_row(2), later]))
    assert seconds_into(first, second) == 60 * 60
    with pytest.raises(ValueError, match="speed above 0"):
        ReplayPlan(speed=0)


@pytest.mark.stack
def test_a_replayed_file_arrives_whole_twice_if_sent_twice_and_up_to_its_limit(
    stack_settings: Settings, tmp_path: Path
) -> None:
    ensure_topics(stack_settings)
    path = write_csv(tmp_path / "shop.csv", ROWS)
    seen: list[int] = []
    assert replay_file(stack_settings, path, progress=seen.append) == {SALES_DATA: 2, INVENTORY_MOVEMENTS: 1}
    assert replay_file(stack_settings, path, ReplayPlan(limit=1, speed=3600)) == {SALES_DATA: 1}
    records = list(read_records(stack_settings, SALES_DATA, Reading(limit=3)))
    ids = sorted(json.loads(record.value or b"")["event_id"] for record in records)
    assert ids == ["uci:536365", "uci:536365", "uci:C536367"]
    assert {record.headers for record in records} == {(("source", b"file:shop.csv"),)}
    assert seen[-1] == 3
