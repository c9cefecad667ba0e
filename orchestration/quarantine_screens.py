"""What a person sees of refused records and their replays. Pure: values in, renderable out."""

from __future__ import annotations

import base64
import json
from typing import Any

from rich.console import Group, RenderableType
from rich.syntax import Syntax
from rich.text import Text

from orchestration.screens import table

Json = dict[str, Any]

_SHOWN_BYTES = 512
_SHOWN_RECORDS = 20


def list_screen(found: Json) -> RenderableType:
    """The list."""
    made = table("id", "received (UTC)", "rules", "event", "state", title="Quarantine")
    made.columns[0].no_wrap = made.columns[1].no_wrap = made.columns[4].no_wrap = True
    for row in found["records"]:
        made.add_row(
            row["quarantine_id"],
            row["received_at"][:19],
            ", ".join(row["rule_ids"]),
            row["event_id"] or "–",
            row["replay"]["state"],
        )
    if not found["all"]:
        return Text("nothing was refused")
    states = ", ".join(f"{count:,} {state}" for state, count in sorted(found["states"].items()))
    shown = f"{len(found['records']):,} of {found['matching']:,} shown, {found['all']:,} in all; {states or 'none chosen'}"
    parts: list[RenderableType] = [made, Text(f"{shown}; `retail quarantine explain ID` says why")]
    return Group(*parts, *_kafka(found))


def explain_screen(found: Json) -> RenderableType:
    """The explanation."""
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
    parts: list[RenderableType] = [rules, Text(facts), *_replayed(found.get("replay"))]
    parts.append(Text(f"\n{found['bytes']:,} bytes", style="bold"))
    parts.append(Text(found["text"][:_SHOWN_BYTES] if found["text"] is not None else _hex(value)))
    if found["json"] is not None:
        parts += [
            Text("\nas JSON", style="bold"),
            Syntax(json.dumps(found["json"], indent=2), "json", background_color="default"),
        ]
    return Group(*parts, *_kafka(found))


def replay_screen(found: Json) -> RenderableType:
    """What was sent again, or would be."""
    verb = "would be sent" if found["dry_run"] else "sent"
    made = table("id", "topic", "value", "bytes", title=f"Records {verb} again", right=("bytes",))
    made.columns[0].no_wrap = True
    for row in found["records"][:_SHOWN_RECORDS]:
        shown = "as it is" if row["correction"] is None else row["correction"]
        if row["text"] is not None:
            shown = f"{shown}: {row['text'][:_SHOWN_BYTES]}"
        made.add_row(row["quarantine_id"], row["topic"], Text(shown), f"{row['bytes']:,}")
    parts: list[RenderableType] = [made] if found["records"] else []
    rest = len(found["records"]) - _SHOWN_RECORDS
    if rest > 0:
        parts.append(Text(f"and {rest:,} more"))
    if found["replayed_before"]:
        shown = ", ".join(f"{row['quarantine_id']} ({_became(row)})" for row in found["replayed_before"][:5])
        count = len(found["replayed_before"])
        parts.append(
            Text(
                f"{count:,} left out, replayed before: {shown}{' …' if count > 5 else ''}; --again sends them"
            )
        )
    if found["dry_run"]:
        parts.append(Text(f"{len(found['records']):,} of {found['chosen']:,} would be sent; nothing was"))
    else:
        parts.append(Text(f"{found['sent']:,} of {found['chosen']:,} sent to Kafka"))
        if found["sent"]:
            parts.append(Text("`retail process` or a running `retail run` takes them; `retail quarantine list` "
                              "then says what became of them"))  # fmt: skip
    return Group(*parts)


def _replayed(replay: Json | None) -> list[Text]:
    if replay is None or not replay["replays"]:
        return []
    patch = replay["patch_sha256"]
    times = "once" if replay["replays"] == 1 else f"{replay['replays']} times"
    return [Text(f"replayed {times}: {_became(replay)}; patch {patch}")]


def _became(replay: Json) -> str:
    refused_as = replay["refused_as"]
    return f"{replay['state']} as {refused_as}" if refused_as else str(replay["state"])


def _kafka(found: Json) -> list[Text]:
    return [Text(found["kafka"], style="yellow")] if found.get("kafka") else []


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
