"""Requests to the holder of a lake: worked off in steps, answered, and gone on with after a death. Real S3."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lakehouse.settings import Settings
from lakehouse.storage.lease import Lease
from lakehouse.storage.objects import s3_client
from lakehouse.storage.requests import Request, Verbs, ask, open_requests, read_request, serve

pytestmark = pytest.mark.stack


@pytest.fixture
def walked() -> list[str]:
    """Steps in the order in which they were made."""
    return []


@pytest.fixture
def verbs(walked: list[str]) -> Verbs:
    """One verb with three steps that note themselves; its argument `breaks` names one that fails."""

    def step(name: str, breaks: str) -> Callable[[], str]:
        def walk() -> str:
            if name == breaks:
                raise ValueError(f"{name} is broken")
            walked.append(name)
            return "done"

        return walk

    return {
        "walk": lambda given: {name: step(name, given.get("breaks", "")) for name in ("one", "two", "three")}
    }


def answer(settings: Settings, request_id: str) -> Request:
    found = read_request(s3_client(settings), settings, request_id)
    assert found is not None
    return found


def test_requests_are_worked_off_oldest_first_and_answered(
    stack_settings: Settings, verbs: Verbs, walked: list[str]
) -> None:
    for name in ("b", "a"):
        ask(stack_settings, name, "walk", {})
    with Lease(stack_settings, "stream") as lease:
        serve(stack_settings, lease, verbs, print)
        serve(stack_settings, lease, verbs, print)
    assert walked == ["one", "two", "three"] * 2
    assert [answer(stack_settings, name).state for name in ("a", "b")] == ["done", "done"]
    assert answer(stack_settings, "b").ended_at < answer(stack_settings, "a").ended_at
    assert open_requests(s3_client(stack_settings), stack_settings) == []


def test_a_request_that_fails_is_answered_and_the_next_one_is_worked_off(
    stack_settings: Settings, verbs: Verbs
) -> None:
    ask(stack_settings, "bad", "walk", {"breaks": "two"})
    ask(stack_settings, "good", "walk", {})
    with Lease(stack_settings, "stream") as lease:
        serve(stack_settings, lease, verbs, print)
    told = answer(stack_settings, "bad")
    assert (told.state, told.exit_code) == ("failed", 1)
    assert "two is broken" in told.message
    assert answer(stack_settings, "good").state == "done"


def test_asked_again_a_failed_request_goes_on_with_the_steps_that_are_left(
    stack_settings: Settings, verbs: Verbs, walked: list[str]
) -> None:
    with Lease(stack_settings, "stream") as lease:
        ask(stack_settings, "r", "walk", {"breaks": "two"})
        serve(stack_settings, lease, verbs, print)
        ask(stack_settings, "r", "walk", {})
        serve(stack_settings, lease, verbs, print)
        ask(stack_settings, "r", "walk", {})
        serve(stack_settings, lease, verbs, print)
    assert walked == ["one", "two", "three"]
    assert answer(stack_settings, "r").state == "done"


def test_an_unknown_verb_is_answered_too(stack_settings: Settings, verbs: Verbs) -> None:
    ask(stack_settings, "odd", "dance", {})
    with Lease(stack_settings, "stream") as lease:
        serve(stack_settings, lease, verbs, print)
    assert answer(stack_settings, "odd").state == "failed"
