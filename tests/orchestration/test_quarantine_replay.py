"""Replay says before it sends what would not work, sends once, and is simply given again."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from ingestion.events import Message
from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import LakeReader
from lakehouse.storage.replays import Replay
from orchestration import quarantine, quarantine_replay
from orchestration.quarantine import Choice, UnknownRecord
from orchestration.quarantine_replay import CorrectionError, Plan, replay
from orchestration.quarantine_screens import replay_screen
from tests.orchestration.conftest import Rows, refused

pytestmark = pytest.mark.check

Write = Callable[[str, Rows], None]


@pytest.fixture
def sent(lake: LakeReader, write: Write, monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    """What would have gone to Kafka; the broker's part has tests of its own."""
    messages: list[Message] = []

    def on_their_way(_settings: Settings, _ends: object) -> list[Replay]:
        return [
            Replay(message.event_id, "", ("sales_data", 0, 100 + number))
            for number, message in enumerate(messages)
        ]

    def send(_settings: Settings, given: list[Message], _progress: object) -> int:
        messages.extend(given)
        return len(given)

    for module in (quarantine, quarantine_replay):
        monkeypatch.setattr(module, "lake_reader", lambda _settings: lake)
        monkeypatch.setattr(module, "replays_on_their_way", on_their_way)
    monkeypatch.setattr(quarantine_replay, "send_again", send)
    write(
        "silver.quarantine",
        [
            refused(3, b'{"id":3,"price":"0.12345"}', "price_digits"),
            refused(1, b'{"id":1,"price":"x"}', "price_digits"),
            refused(2, b'{"id":2', "json_object"),
            refused(9, b"{}", "shape_known", topic="other_topic"),
        ],
    )
    return messages


def go(settings: Settings, choice: Choice, **plan: object) -> dict[str, object]:
    return replay(settings, Plan(choice, **plan), lambda _done, _total: None)  # type: ignore[arg-type]


def ids(*offsets: int) -> Choice:
    return Choice(tuple(f"sales_data-0-{offset}" for offset in offsets))


def test_a_patch_goes_to_all_chosen_records_the_oldest_first(
    settings: Settings, sent: list[Message], tmp_path: Path
) -> None:
    patch = tmp_path / "fix.json"
    patch.write_text('{"price":"1.00"}')
    found = go(settings, Choice(rule="price_digits"), path=patch)
    assert (found["chosen"], found["sent"]) == (2, 2)
    assert [message.value for message in sent] == [b'{"id":1,"price":"1.00"}', b'{"id":3,"price":"1.00"}']


def test_given_again_it_sends_only_what_was_not_sent(settings: Settings, sent: list[Message]) -> None:
    go(settings, ids(1))
    found = go(settings, ids(1, 2, 3))
    assert found["sent"] == 2
    assert found["replayed_before"] == [
        {
            "quarantine_id": "sales_data-0-1",
            "state": "waiting",
            "replays": 1,
            "patch_sha256": "",
            "refused_as": None,
        }
    ]
    assert go(settings, ids(1, 2, 3))["sent"] == 0
    assert go(settings, ids(1), is_again=True)["sent"] == 1
    assert len(sent) == 4


def test_one_record_that_cannot_be_patched_stops_all_before_anything_is_sent(
    settings: Settings, sent: list[Message], tmp_path: Path
) -> None:
    patch = tmp_path / "fix.json"
    patch.write_text('{"id":4}')
    with pytest.raises(
        CorrectionError, match=r"1 of 3 records .* sales_data-0-2: it is no JSON .* --replace"
    ):
        go(settings, ids(1, 2, 3), path=patch)
    assert sent == []


def test_a_folder_holds_a_correction_per_record_and_chooses_them(
    settings: Settings, sent: list[Message], tmp_path: Path
) -> None:
    (tmp_path / "sales_data-0-2.json").write_bytes(b'{"id":22}')
    (tmp_path / "sales_data-0-3").write_bytes(b"\xff")
    (tmp_path / ".DS_Store").write_bytes(b"?")
    assert go(settings, Choice(), kind="replace", path=tmp_path)["sent"] == 2
    assert [message.value for message in sent] == [b'{"id":22}', b"\xff"]
    with pytest.raises(CorrectionError, match=r"1 of 1 records have no file .*sales_data-0-1\.json"):
        go(settings, ids(1), kind="replace", path=tmp_path)


@pytest.mark.parametrize(
    "case",
    [
        (Choice(), "patch", b"{}", "which records"),
        (ids(1, 3), "replace", b"{}", "is one value, 2 records are chosen"),
        (ids(1), "patch", b"{", "expected a JSON Merge Patch"),
        (ids(1), "patch", b"[1]", "is no JSON object and would replace the whole value"),
        (ids(1), "patch", None, "no such file or folder"),
        (Choice(topic="other_topic"), "patch", b"{}", "other_topic, which has no contract"),
    ],
)
def test_what_does_not_fit_is_told_before_anything_is_sent(
    settings: Settings, sent: list[Message], tmp_path: Path, case: tuple[Choice, str, bytes | None, str]
) -> None:
    choice, kind, content, message = case
    path = tmp_path / "given"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CorrectionError, match=message):
        go(settings, choice, kind=kind, path=path)
    assert sent == []


def test_an_id_that_is_not_there_suggests_the_nearest(settings: Settings, sent: list[Message]) -> None:
    with pytest.raises(UnknownRecord, match="did you mean"):
        go(settings, ids(11))
    assert sent == []


def test_a_dry_run_shows_the_new_value_and_sends_nothing(
    settings: Settings, sent: list[Message], tmp_path: Path
) -> None:
    patch = tmp_path / "fix.json"
    patch.write_text('{"price":2}')
    found = go(settings, ids(1), path=patch, is_dry=True)
    assert sent == []
    json.dumps(found)
    console = Console(width=100, file=io.StringIO())
    with console.capture() as shown:
        console.print(replay_screen(found))
    assert '{"id":1,"price":2}' in shown.get()
    assert "would be sent; nothing was" in shown.get()
