"""The workbench of refused records: which there are, and why one was refused. Reads only."""

from __future__ import annotations

import base64
import difflib
import json
from typing import Any

import pyarrow.compute as pc  # type: ignore[import-untyped]
from rich.console import Group, RenderableType
from rich.syntax import Syntax
from rich.text import Text

from infra.local.secrets_file import with_secrets
from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import LakeReader, lake_reader
from orchestration.screens import table

Json = dict[str, Any]

_LISTED = ("quarantine_id", "received_at", "topic", "partition", "offset", "rule_ids", "event_id")
_SHOWN_BYTES = 512


class UnknownRecord(ValueError):
    """There is no such record in quarantine, or no such rule or topic; the message says what there is."""


def quarantined(settings: Settings, rule: str | None, topic: str | None, limit: int) -> Json:
    """``records``: refused records, the newest first, at most ``limit``; ``matching`` and ``all`` count them.

    Raises UnknownRecord for a rule or topic that refused nothing, with those that did.
    """
    rows = lake_reader(with_secrets(settings)).rows("silver", "quarantine", _LISTED)
    found = (
        []
        if rows is None
        else rows.sort_by([("received_at", "descending"), ("offset", "descending")]).to_pylist()
    )
    rules = sorted({name for row in found for name in row["rule_ids"]})
    topics = sorted({row["topic"] for row in found})
    for option, wanted, known in (("--rule", rule, rules), ("--topic", topic, topics)):
        if wanted is not None and wanted not in known:
            raise UnknownRecord(
                f"{option} {wanted}: nothing was refused for it; there is {', '.join(known) or 'nothing'}"
            )
    chosen = [row for row in found if rule in (None, *row["rule_ids"]) and topic in (None, row["topic"])]
    records = [{**row, "received_at": row["received_at"].isoformat()} for row in chosen[:limit]]
    return {"all": len(found), "matching": len(chosen), "records": records}


def explain(settings: Settings, quarantine_id: str) -> Json:
    """One refused record: rules with what was expected and seen, bytes, JSON, coordinates, contract version."""
    return explained(lake_reader(with_secrets(settings)), quarantine_id)


def explained(lake: LakeReader, quarantine_id: str) -> Json:
    """As ``explain``. ``text`` is null for bytes that are not UTF-8, ``json`` for text that is no JSON."""
    where = pc.field("quarantine_id") == quarantine_id
    names = (*_LISTED, "key", "value", "headers", "reasons", "contract_version", "checkpoint_id", "batch_id")
    rows = lake.rows("silver", "quarantine", names, where)
    if rows is None or not rows.num_rows:
        raise UnknownRecord(_unknown(lake, quarantine_id))
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


def list_screen(found: Json) -> RenderableType:
    """The list for people."""
    made = table("id", "received (UTC)", "rules", "event", title="Quarantine")
    made.columns[0].no_wrap = made.columns[1].no_wrap = True
    for row in found["records"]:
        made.add_row(
            row["quarantine_id"], row["received_at"][:19], ", ".join(row["rule_ids"]), row["event_id"] or "–"
        )
    shown = f"{len(found['records']):,} of {found['matching']:,} shown, {found['all']:,} in all"
    return Group(
        made,
        Text(f"{shown}; `retail quarantine explain ID` says why" if found["all"] else "nothing was refused"),
    )


def explain_screen(found: Json) -> RenderableType:
    """The explanation for people."""
    rules = table("rule", "expected", "seen", title=f"{found['quarantine_id']} was refused")
    for rule in found["rules"]:
        rules.add_row(rule["rule"], rule["expected"], Text(rule["seen"]))
    facts = (
        f"topic {found['topic']}, partition {found['partition']}, offset {found['offset']}, received "
        f"{found['received_at']}\nkey {found['key'] or '–'}; headers {found['headers'] or '–'}; event "
        f"{found['event_id'] or '–'}\njudged by contract {found['contract_version']}, batch {found['batch_id']} of "
        f"checkpoint {found['checkpoint_id']}"
    )
    value = base64.b64decode(found["value_base64"] or "")
    parts: list[RenderableType] = [rules, Text(facts), Text(f"\n{found['bytes']:,} bytes", style="bold")]
    parts.append(Text(found["text"][:_SHOWN_BYTES] if found["text"] is not None else _hex(value)))
    if found["json"] is not None:
        parts += [
            Text("\nas JSON", style="bold"),
            Syntax(json.dumps(found["json"], indent=2), "json", background_color="default"),
        ]
    return Group(*parts)


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


def _hex(value: bytes) -> str:
    """Sixteen bytes a line, as `xxd` prints them."""
    shown = value[:_SHOWN_BYTES]
    lines = [
        f"{at:08x}  {shown[at : at + 16].hex(' '):<47}  "
        + "".join(chr(byte) if 32 <= byte < 127 else "." for byte in shown[at : at + 16])
        for at in range(0, len(shown), 16)
    ]
    more = [f"… {len(value) - len(shown):,} bytes more"] if len(value) > len(shown) else []
    return "\n".join(lines + more) or "(no value)"


def _unknown(lake: LakeReader, quarantine_id: str) -> str:
    rows = lake.rows("silver", "quarantine", ("quarantine_id",))
    ids = [] if rows is None else rows["quarantine_id"].to_pylist()
    near = difflib.get_close_matches(quarantine_id, ids, n=3)
    hint = (
        f"did you mean {' or '.join(near)}?" if near else f"there are {len(ids):,}: `retail quarantine list`"
    )
    return f"no record {quarantine_id} in quarantine; {hint}"
