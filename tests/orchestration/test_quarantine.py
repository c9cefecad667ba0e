"""Refused records can be listed and explained, whatever bytes they hold."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Callable

import pytest
from rich.console import Console

from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import LakeReader
from orchestration import quarantine
from orchestration.quarantine import Choice, UnknownRecord, explained, quarantined
from orchestration.quarantine_screens import explain_screen, list_screen
from tests.orchestration.conftest import Rows, refused

pytestmark = pytest.mark.check

Write = Callable[[str, Rows], None]


@pytest.fixture
def workbench(lake: LakeReader, write: Write, monkeypatch: pytest.MonkeyPatch) -> LakeReader:
    monkeypatch.setattr(quarantine, "lake_reader", lambda _settings: lake)
    write(
        "silver.quarantine",
        [
            refused(
                1, b'{"id":1,"price":NaN,"quantity":0.12345678901234567890}', "price_digits", event_id="v1:1"
            ),
            refused(2, b"\xff\xfe\x00", "utf8_valid"),
            refused(3, None, "value_present", topic="inventory_movements"),
            refused(4, b'{"id":4,"quantity":1.5}', "price_required", "price_digits"),
        ],
    )
    return lake


def text_of(screen: object) -> str:
    console = Console(width=100, file=io.StringIO())
    with console.capture() as shown:
        console.print(screen)
    return shown.get()


@pytest.mark.usefixtures("workbench")
def test_the_newest_stand_first_and_rule_and_topic_choose(settings: Settings) -> None:
    ids = [row["quarantine_id"] for row in quarantined(settings, Choice(), 2)["records"]]
    assert ids == ["sales_data-0-4", "sales_data-0-3"]
    chosen = quarantined(settings, Choice(rule="price_digits", topic="sales_data"), 1)
    assert (chosen["all"], chosen["matching"], len(chosen["records"])) == (4, 2, 1)
    assert "sales_data-0-4" in text_of(list_screen(chosen))


@pytest.mark.usefixtures("workbench")
def test_a_rule_that_refused_nothing_is_answered_with_those_that_did(settings: Settings) -> None:
    with pytest.raises(UnknownRecord, match=r"--rule price: .* there is price_digits, price_required"):
        quarantined(settings, Choice(rule="price"), 10)


@pytest.mark.usefixtures("workbench")
def test_time_of_arrival_chooses_from_then_to_before_then(settings: Settings) -> None:
    from_2 = dt.datetime(2026, 11, 23, 10, 0, 2, tzinfo=dt.UTC)
    found = quarantined(settings, Choice(since=from_2, until=from_2 + dt.timedelta(seconds=2)), 10)
    assert [row["offset"] for row in found["records"]] == [3, 2]


@pytest.mark.usefixtures("workbench")
def test_without_a_broker_the_list_stands_and_says_what_it_cannot_see(settings: Settings) -> None:
    found = quarantined(settings, Choice(is_open=True), 10)
    assert found["states"] == {"open": 4}
    assert "not seen: no Kafka broker" in " ".join(text_of(list_screen(found)).split())


def test_an_empty_quarantine_is_an_empty_list(
    lake: LakeReader, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine, "lake_reader", lambda _settings: lake)
    found = quarantined(settings, Choice(), 10)
    assert found == {"all": 0, "matching": 0, "states": {}, "records": [], "kafka": None}
    assert "nothing was refused" in text_of(list_screen(found))


@pytest.mark.parametrize("offset", [1, 2, 4])
def test_every_kind_of_bytes_is_explained_and_is_valid_json(workbench: LakeReader, offset: int) -> None:
    found = explained(workbench, f"sales_data-0-{offset}")
    json.loads(json.dumps(found, allow_nan=False))
    assert found["rules"][0] == {"rule": found["rule_ids"][0], "expected": "a plain number", "seen": "NaN"}
    assert (found["partition"], found["offset"], found["contract_version"]) == (0, offset, "1.0.0")
    assert "a plain number" in text_of(explain_screen(found))


def test_numbers_that_a_float_would_round_stay_text(workbench: LakeReader) -> None:
    assert explained(workbench, "sales_data-0-1")["json"] == {
        "id": 1,
        "price": "NaN",
        "quantity": "0.12345678901234567890",
    }
    assert explained(workbench, "sales_data-0-4")["json"]["quantity"] == 1.5


def test_bytes_that_are_no_text_are_shown_in_hex(workbench: LakeReader) -> None:
    assert "ff fe 00" in text_of(explain_screen(explained(workbench, "sales_data-0-2")))


def test_a_tombstone_has_no_value_at_all(workbench: LakeReader) -> None:
    found = explained(workbench, "sales_data-0-3")
    assert (found["value_base64"], found["text"], found["bytes"]) == (None, None, 0)
    assert "(no value)" in text_of(explain_screen(found))


def test_an_unknown_id_suggests_the_nearest(workbench: LakeReader) -> None:
    with pytest.raises(UnknownRecord, match=r"did you mean .*sales_data-0-1"):
        explained(workbench, "sales_data-0-11")
