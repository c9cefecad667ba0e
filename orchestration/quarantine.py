"""The workbench of refused records: which there are, what became of them, and why one was refused. Reads only."""

from __future__ import annotations

import base64
import datetime as dt
import difflib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow.compute as pc  # type: ignore[import-untyped]

from infra.local.secrets_file import with_secrets
from ingestion.broker import BrokerUnreachable
from ingestion.requeue import replays_on_their_way
from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import LakeReader, lake_reader
from lakehouse.storage.replays import OPEN, Outcome, judged_ends, landed_replays, outcomes

Json = dict[str, Any]
Rows = list[Json]

_LISTED = ("quarantine_id", "received_at", "topic", "partition", "offset", "rule_ids", "event_id")


class UnknownRecord(ValueError):
    """There is no such record in quarantine, or no such rule or topic; the message says what there is."""


@dataclass(frozen=True)
class Choice:
    """Which refused records are meant: by id, rule, topic, and time of arrival from ``since`` to before ``until``
    (UTC). What is not given chooses all; ``is_open``: only those never replayed."""

    ids: tuple[str, ...] = ()
    rule: str | None = None
    topic: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    is_open: bool = False

    @property
    def is_everything(self) -> bool:
        """Whether nothing was said about which records."""
        return not (self.ids or self.rule or self.topic or self.since or self.until)


def quarantined(settings: Settings, choice: Choice, limit: int) -> Json:
    """``records``: refused records, the newest first, at most ``limit``, each with its ``replay``; ``matching``,
    ``all`` and ``states`` (of the matching ones) count them. ``kafka`` is null, or says why replays that no batch
    has taken yet are not seen.

    Raises UnknownRecord for an id, rule or topic that does not occur, with those that do.
    """
    settings = with_secrets(settings)
    lake = lake_reader(settings)
    rows = lake.rows("silver", "quarantine", _LISTED)
    found: Rows = [] if rows is None else rows.to_pylist()
    became: Mapping[str, Outcome] = {}
    unseen = None
    if found:
        became, unseen = _became(settings, lake, min(row["received_at"] for row in found))
    chosen = matching(found, choice)
    if choice.is_open:
        chosen = [row for row in chosen if row["quarantine_id"] not in became]
    states = Counter(became.get(row["quarantine_id"], OPEN).state for row in chosen)
    records = [
        {
            **row,
            "received_at": row["received_at"].isoformat(),
            "replay": asdict(became.get(row["quarantine_id"], OPEN)),
        }
        for row in reversed(chosen[-limit:])
    ]
    return {
        "all": len(found),
        "matching": len(chosen),
        "states": dict(states),
        "records": records,
        "kafka": unseen,
    }


def matching(rows: Sequence[Json], choice: Choice) -> Rows:
    """The chosen rows, the oldest first. Raises UnknownRecord."""
    known = {
        "--rule": (choice.rule, {name for row in rows for name in row["rule_ids"]}),
        "--topic": (choice.topic, {row["topic"] for row in rows}),
    }
    for option, (wanted, names) in known.items():
        if wanted is not None and wanted not in names:
            there = ", ".join(sorted(names)) or "nothing"
            raise UnknownRecord(f"{option} {wanted}: nothing was refused for it; there is {there}")
    ids = {row["quarantine_id"] for row in rows}
    absent = [quarantine_id for quarantine_id in choice.ids if quarantine_id not in ids]
    if absent:
        raise UnknownRecord(_unknown(ids, absent[0]))
    chosen = [row for row in rows if _is_meant(row, choice)]
    return sorted(chosen, key=lambda row: (row["received_at"], row["topic"], row["partition"], row["offset"]))


def explain(settings: Settings, quarantine_id: str) -> Json:
    """As ``explained``, and with ``replay``: what became of the record."""
    settings = with_secrets(settings)
    lake = lake_reader(settings)
    found = explained(lake, quarantine_id)
    became, unseen = _became(settings, lake, dt.datetime.fromisoformat(found["received_at"]))
    return {**found, "replay": asdict(became.get(quarantine_id, OPEN)), "kafka": unseen}


def explained(lake: LakeReader, quarantine_id: str) -> Json:
    """One refused record: rules with what was expected and seen, bytes, JSON, coordinates, contract version.

    ``text`` is null for bytes that are not UTF-8, ``json`` for text that is no JSON.
    """
    where = pc.field("quarantine_id") == quarantine_id
    names = (*_LISTED, "key", "value", "headers", "reasons", "contract_version", "checkpoint_id", "batch_id")
    rows = lake.rows("silver", "quarantine", names, where)
    if rows is None or not rows.num_rows:
        known = lake.rows("silver", "quarantine", ("quarantine_id",))
        raise UnknownRecord(_unknown(known["quarantine_id"].to_pylist() if known else (), quarantine_id))
    row: Json = rows.slice(0, 1).to_pylist()[0]
    value: bytes | None = row.pop("value")
    key: bytes | None = row.pop("key")
    text = _text(value)
    return {
        **row,
        "received_at": row["received_at"].isoformat(),
        "rules": [_reason(reason) for reason in row.pop("reasons") or ()],
        "key": _text(key),
        "headers": {header["key"]: _text(header["value"]) for header in row["headers"] or ()},
        "bytes": len(value or b""),
        "value_base64": None if value is None else base64.b64encode(value).decode(),
        "text": text,
        "json": _json(text),
    }


def _became(
    settings: Settings, lake: LakeReader, since: dt.datetime
) -> tuple[Mapping[str, Outcome], str | None]:
    """What became of refused records, and why Kafka could not be asked, if it could not."""
    unseen = None
    replays = landed_replays(lake, since)
    try:
        replays += replays_on_their_way(settings, judged_ends(lake))
    except BrokerUnreachable as error:
        unseen = f"replays that no batch has taken yet are not seen: {error}"
    return outcomes(lake, replays), unseen


def _is_meant(row: Json, choice: Choice) -> bool:
    return (
        (not choice.ids or row["quarantine_id"] in choice.ids)
        and (choice.rule is None or choice.rule in row["rule_ids"])
        and (choice.topic is None or choice.topic == row["topic"])
        and (choice.since is None or row["received_at"] >= choice.since)
        and (choice.until is None or row["received_at"] < choice.until)
    )


def _reason(text: str) -> Json:
    """``rule: expected …; seen …`` in its parts."""
    rule, _, told = text.partition(": expected ")
    expected, _, seen = told.partition("; seen ")
    return {"rule": rule, "expected": expected, "seen": seen}


def _text(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _json(text: str | None) -> Any:
    try:
        return json.loads(text, parse_float=_number, parse_constant=str) if text else None
    except (ValueError, RecursionError):
        return None


def _number(text: str) -> float | str:
    """The number where a float shows it digit for digit; else its text, which hides nothing."""
    number = float(text)
    return number if repr(number) == text else text


def _unknown(ids: Sequence[str] | set[str], quarantine_id: str) -> str:
    near = difflib.get_close_matches(quarantine_id, ids, n=3)
    hint = (
        f"did you mean {' or '.join(near)}?" if near else f"there are {len(ids):,}: `retail quarantine list`"
    )
    return f"no record {quarantine_id} in quarantine; {hint}"
