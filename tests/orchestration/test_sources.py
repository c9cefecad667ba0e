"""A run takes a simulated shop or a file; anything else is answered with what is possible."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from ingestion.replay import Event, UnknownSourceError
from orchestration.sources import SIMULATE, Source, find_source, live_command, paced_messages

pytestmark = pytest.mark.check


@pytest.mark.parametrize("name", ["nothing", "sales.json", "missing.csv.gz"])
def test_an_unknown_source_is_answered_with_what_is_possible(name: str) -> None:
    with pytest.raises(
        UnknownSourceError, match=r"expected simulate, or an existing file that ends in \.csv, \.csv\.gz"
    ):
        find_source(name, 1, None, (None, None))


def test_a_file_is_taken_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "Sales.CSV"
    path.touch()
    assert find_source(str(path), 1, 5, (2.0, None)) == Source(path, 1, 5, 2.0, None)
    assert find_source(SIMULATE, 7, None, (None, 3.0)) == Source(None, 7, None, None, 3.0)


def test_the_live_shop_is_mixed_slow_enough_to_watch_and_has_bad_days() -> None:
    text = " ".join(live_command(Source(None, seed=9)))
    assert "--seed 9 --shape mixed --rate 50.0 --unit lines" in text
    assert "--late 0.02 --duplicates 0.02 --broken 0.005" in text
    assert "--limit" not in text


def test_a_live_file_is_replayed_with_its_limit_and_speed(tmp_path: Path) -> None:
    text = " ".join(live_command(Source(tmp_path / "a.csv", limit=3, speed=60.0)))
    assert text.endswith("a.csv --limit 3 --speed 60.0")


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
