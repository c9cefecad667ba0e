"""Packed events are those of a dictionary."""

from __future__ import annotations

import random
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse.storage import accepted_events
from lakehouse.storage.accepted_events import AcceptedEvents

pytestmark = pytest.mark.check
_INT64 = st.integers(-(2**63), 2**63 - 1)


@given(
    st.lists(st.dictionaries(st.text(max_size=6), _INT64, max_size=40), max_size=8),
    st.lists(st.text(max_size=6)),
)
def test_what_was_added_is_found_and_nothing_else(parts: list[dict[str, int]], others: list[str]) -> None:
    events, kept = AcceptedEvents(), dict[str, int]()
    for part in parts:
        news = {event_id: content for event_id, content in part.items() if event_id not in kept}
        events.add(list(news), list(news.values()))
        kept |= news
    asked = list({*kept, *others})
    assert len(events) == len(kept)
    assert events.find(asked) == {each: kept[each] for each in asked if each in kept}


def test_ids_that_meet_in_one_hash_are_told_apart_by_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    both = accepted_events._hashes

    def meeting(event_ids: list[str]) -> tuple[object, object]:
        first, second = both(event_ids)
        return first * 0, second

    monkeypatch.setattr(accepted_events, "_hashes", meeting)
    events = AcceptedEvents()
    events.add(["a", "b"], [1, 2])
    assert events.find(["a", "b", "c"]) == {"a": 1, "b": 2}


def test_a_hundred_thousand_events_take_24_bytes_each_in_few_runs() -> None:
    events, rng = AcceptedEvents(), random.Random(1)
    for batch in range(200):
        events.add([f"{batch}-{number}" for number in range(500)], [rng.getrandbits(60) for _ in range(500)])
    held = sum(sys.getsizeof(array) for run in events._runs for array in (run.ids, run.checks, run.contents))
    assert len(events) == 100_000
    assert len(events._runs) <= 9
    assert held < 25 * len(events)
