"""Refused records of the real file are corrected, sent again, and gold equals the control figures again."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from pathlib import Path

import pytest

from ingestion.corruption import CORRUPTIONS
from ingestion.faults import FaultPlan, inject
from ingestion.kafka_producer import EventSender
from ingestion.replay import file_messages, send_messages
from orchestration.quarantine import Choice, quarantined
from orchestration.quarantine_replay import CorrectionError, Plan, replay
from orchestration.reconcile import reconcile
from tests.journey.test_faults import expected_sales

pytestmark = pytest.mark.stack

EVERYTHING = Choice(topic=None, since=dt.datetime(2000, 1, 1, tzinfo=dt.UTC))
# What each kind of damage leaves whole enough to patch; anything else needs its whole value.
PATCHABLE = {"wrong_type", "missing_field", "absurd_quantity", "price_nan", "year_one", "megabytes",
             "unknown_version", "too_many_digits"}  # fmt: skip


def progress(done: int, total: int) -> None:
    assert done <= total


def sent_again(lake, plan: Plan) -> dict:
    return replay(lake.settings, plan, progress)


def states(lake) -> dict[str, int]:
    return dict(quarantined(lake.settings, EVERYTHING, 1)["states"])


def patch_of(broken: bytes, whole: bytes) -> dict:
    """The merge patch that turns one object into the other, arrays as a whole."""
    before, after = json.loads(broken), json.loads(whole)
    changed = {name: value for name, value in after.items() if before.get(name) != value}
    return changed | dict.fromkeys(before.keys() - after.keys())


def corrections(lake, clean: dict[str, bytes], damage: dict[str, str], folder: Path) -> tuple[Path, Path]:
    """A folder of patches and one of whole values, a file per refused record."""
    patches, values = folder / "patches", folder / "values"
    for each in (patches, values):
        each.mkdir(parents=True)
    for row in lake.rows("silver.quarantine").select("quarantine_id", "key", "value").collect():
        event_id = damage["key:" + bytes(row.key).decode()]
        if damage[event_id] in PATCHABLE:
            text = json.dumps(patch_of(bytes(row.value), clean[event_id]))
            (patches / f"{row.quarantine_id}.json").write_text(text, encoding="utf-8")
        else:
            (values / f"{row.quarantine_id}.json").write_bytes(clean[event_id])
    return patches, values


def check_corrected_replay(lake, file: Path, folder: Path, share: float) -> None:
    """Break a share of the file, walk, correct all of it through the workbench, walk, and hold gold to the file."""
    clean = file_messages(file, dt.datetime.now(dt.UTC))
    sent, record = inject(clean, FaultPlan(seed=5, corrupt=share, shuffle=True))
    send_messages(lake.settings, sent)
    lake.walk()
    assert set(record.corrupted.values()) == set(CORRUPTIONS)
    assert states(lake) == {"open": len(record.corrupted)}
    values = {message.event_id: message.value or b"" for message in clean}
    keys = {f"key:{(message.key or b'').decode()}": message.event_id for message in clean}
    patches, wholes = corrections(lake, values, {**record.corrupted, **keys}, folder)
    with pytest.raises(CorrectionError, match="cannot be patched"):
        sent_again(lake, Plan(EVERYTHING, "patch", next(patches.iterdir())))
    patched = sent_again(lake, Plan(Choice(), "patch", patches))
    replaced = sent_again(lake, Plan(Choice(), "replace", wholes))
    assert patched["sent"] + replaced["sent"] == len(record.corrupted)
    assert states(lake) == {"waiting": len(record.corrupted)}
    # Given again before the stream took them: nothing is sent twice.
    assert sent_again(lake, Plan(Choice(), "patch", patches))["sent"] == 0
    lake.walk()
    sales = [message.value for message in clean if message.topic == "sales_data"]
    assert lake.sales() == expected_sales([value for value in sales if value is not None])
    assert states(lake) == {"accepted": len(record.corrupted)}
    ledger = lake.ledger()
    assert (ledger["received"], ledger["accepted"]) == (len(sent) + len(record.corrupted), len(clean))
    assert (ledger["duplicate"], ledger["quarantined"]) == (0, len(record.corrupted))
    found = reconcile(lake.settings)
    assert [each["message"] for each in found["differences"]] == []
    assert found["waiting"] == 0


def test_a_corrupted_batch_of_the_real_file_is_corrected_and_gold_equals_the_whole_file(
    lake, uci_file, first_lines, tmp_path
):
    # Some two hundred records, of which each kind of damage gets two.
    check_corrected_replay(lake, first_lines(uci_file, 4_000), tmp_path / "corrections", 0.15)


@pytest.mark.long
def test_the_whole_real_file_corrupted_and_corrected_gives_its_control_figures(lake, uci_file, tmp_path):
    check_corrected_replay(lake, uci_file, tmp_path / "corrections", 0.01)


def line(number: int, days_ago: int, **changes: object) -> bytes:
    at = dt.datetime.now(dt.UTC) - dt.timedelta(days=days_ago)
    sale = {
        "id": number,
        "product": "P",
        "quantity": 1,
        "price": "2.50",
        "sales_time": f"{at:%Y-%m-%dT%H:%M:%SZ}",
    }
    return json.dumps(sale | changes).encode()


def test_a_replay_is_judged_anew_and_what_became_of_it_is_known(lake, tmp_path):
    with EventSender(lake.settings) as sender:
        sender.send_pairs("sales_data", [(b"one", line(1, 0, price="0.12345"))])
    lake.walk()
    (row,) = lake.rows("silver.quarantine").collect()
    chosen = Choice(ids=(row.quarantine_id,))
    # As it is: refused again, under an id of its own.
    assert sent_again(lake, Plan(chosen))["sent"] == 1
    lake.walk()
    assert states(lake) == {"refused again": 1, "open": 1}
    second = next(r.quarantine_id for r in lake.rows("silver.quarantine").collect() if r != row)
    # Patched: accepted; then both refused records are settled, and the first is not sent again unless asked for.
    patch = tmp_path / "patch.json"
    patch.write_text('{"price": 1.5}')
    assert sent_again(lake, Plan(Choice(ids=(second,)), "patch", patch))["sent"] == 1
    lake.walk()
    assert states(lake) == {"accepted": 2}
    left_out = sent_again(lake, Plan(chosen, "patch", patch))
    assert (left_out["sent"], left_out["replayed_before"][0]["state"]) == (0, "accepted")
    # The same patch once more is a counted duplicate.
    assert sent_again(lake, Plan(chosen, "patch", patch, is_again=True))["sent"] == 1
    lake.walk()
    assert lake.ledger()["duplicate"] == 1
    assert states(lake) == {"accepted": 2}
    headers = [
        Counter(header.key for header in r.headers or ()) for r in lake.rows("bronze.sales_data").collect()
    ]
    assert sum(each["replay_of"] for each in headers) == 3
    assert all(each["patch_sha256"] == each["first_received_at"] == each["replay_of"] for each in headers)
    assert reconcile(lake.settings)["agrees"]


def test_a_replayed_record_is_measured_by_the_window_of_dates_of_its_first_arrival(lake):
    today = dt.datetime.now(dt.UTC)
    first = (today - dt.timedelta(days=300)).isoformat().encode()
    replayed = [("replay_of", b"sales_data-0-0"), ("first_received_at", first)]
    cases = {
        # 600 days ago: refused on its own, inside the window of a record that came 300 days ago.
        1: (line(1, 600), []),
        2: (line(2, 600), replayed),
        # The header alone counts nothing.
        3: (line(3, 600), replayed[1:]),
        # Today was 300 days ahead when it came: refused then, and refused now.
        4: (line(4, 0), replayed),
        # A date before the window of its first arrival.
        5: (line(5, 800), replayed),
        # A time that is none, or lies in the future, moves nothing.
        6: (line(6, 0), [replayed[0], ("first_received_at", b"soon")]),
        7: (line(7, 10), [replayed[0], ("first_received_at", b"2999-01-01T00:00:00Z")]),
    }
    with EventSender(lake.settings) as sender:
        for value, headers in cases.values():
            sender._queue("sales_data", b"k", value, [*headers])
    lake.walk()
    accepted = {int(row.event_id.removeprefix("v1:")) for row in lake.rows("silver.receipts").collect()}
    assert accepted == {2, 6, 7}
    # Nobody refused sales_data-0-0 here, and reconciliation says so.
    named = {each["check"] for each in reconcile(lake.settings)["differences"]}
    assert named == {"replay_of_nothing"}
