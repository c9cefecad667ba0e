"""A run takes the simulated chain, Complete Journey or a file; anything else is answered with what is possible."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from ingestion.events import SALES_DATA
from ingestion.journey_files import JOURNEY
from ingestion.replay import Event, UnknownSourceError
from orchestration.sources import (
    SIMULATE,
    Source,
    find_source,
    journey_messages,
    live_commands,
    paced_messages,
)

pytestmark = pytest.mark.check


@pytest.mark.parametrize("name", ["nothing", "sales.json", "missing.csv.gz"])
def test_an_unknown_source_is_answered_with_what_is_possible(name: str) -> None:
    with pytest.raises(
        UnknownSourceError,
        match=r"expected simulate, complete-journey, or an existing file that ends in \.csv, \.csv\.gz",
    ):
        find_source(name, 1, None, (None, None))


def test_a_file_is_taken_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "Sales.CSV"
    path.touch()
    assert find_source(str(path), 1, 5, (2.0, None)) == Source(path, 1, 5, 2.0, None)
    assert find_source(SIMULATE, 7, None, (None, 3.0)) == Source(SIMULATE, 7, None, None, 3.0)


def test_the_live_chain_is_slow_enough_to_watch_and_has_bad_days() -> None:
    (command,) = live_commands(Source(SIMULATE, seed=9))
    text = " ".join(command)
    assert "--seed 9 --shape chain --rate 50.0 --unit lines" in text
    assert "--late 0.02 --duplicates 0.02 --broken 0.005" in text
    assert "--limit" not in text


def test_the_live_journey_happens_today_and_the_chain_sells_beside_it_for_stock_and_tills() -> None:
    journey, chain = (" ".join(command) for command in live_commands(Source(JOURNEY, limit=3)))
    assert journey.endswith("replay complete-journey --limit 3 --today --rate 50.0")
    assert "--shape chain --rate 10.0" in chain
    assert "--limit" not in chain


def test_a_live_file_is_replayed_with_its_limit_and_speed(tmp_path: Path) -> None:
    (command,) = live_commands(Source(tmp_path / "a.csv", limit=3, speed=60.0))
    assert " ".join(command).endswith("a.csv --limit 3 --speed 60.0")


def test_a_journey_by_rate_waits_for_its_lines() -> None:
    started = time.monotonic()
    messages = list(journey_messages(Source(JOURNEY, limit=6, rate=40.0)))
    assert time.monotonic() - started >= 10 / 40  # the sixth basket comes after ten lines
    assert next(m.event_id for m in messages if m.topic == SALES_DATA) == "cj:31198570044"


def test_events_are_sent_at_a_multiple_of_their_own_time() -> None:
    def event(second: int) -> Event:
        at = datetime(2011, 1, 1, 10, 0, second, tzinfo=UTC).isoformat()
        movement = {
            "schema_version": 1,
            "event_id": str(second),
            "movement_id": str(second),
            "occurred_at": at,
        }
        return cast("Event", movement)

    started = time.monotonic()
    messages = list(paced_messages([event(0), event(2)], "a.csv", speed=20.0))
    assert time.monotonic() - started >= 0.1
    assert [message.event_id for message in messages] == ["0", "2"]
