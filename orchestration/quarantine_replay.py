"""`retail quarantine replay`: refused records, corrected or as they are, go back to their topic.

A record is sent once: what was sent before, be it in a table or still in Kafka, is left out. So a replay that was
interrupted is simply given again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import pyarrow.compute as pc  # type: ignore[import-untyped]

from infra.local.secrets_file import with_secrets
from ingestion.events import Message
from ingestion.merge_patch import NotPatchable, read_json
from ingestion.requeue import Correction, RefusedRecord, replays_on_their_way, requeued, send_again
from lakehouse.contracts import contract_names
from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import LakeReader, lake_reader
from lakehouse.storage.replays import Outcome, judged_ends, landed_replays, outcomes
from orchestration.quarantine import Choice, Json, matching

Progress = Callable[[int, int], None]
_CHOSEN_BY = ("quarantine_id", "received_at", "topic", "partition", "offset", "rule_ids")
_SENT = ("quarantine_id", "key", "value", "headers")
_SHOWN_FAULTS = 5


class CorrectionError(ValueError):
    """The records to replay or their corrections do not fit; nothing was sent."""


@dataclass(frozen=True)
class Plan:
    """What to replay: ``path`` is the file of the correction, or a folder with a file per record named by its id
    (with or without a suffix); without one records go as they are. ``is_again``: also those replayed before."""

    choice: Choice
    kind: Literal["patch", "replace"] = "patch"
    path: Path | None = None
    is_again: bool = False
    is_dry: bool = False


def replay(settings: Settings, plan: Plan, progress: Progress) -> Json:
    """Send the chosen records again, oldest first, and say what was sent and what was left out.

    Raises UnknownRecord or CorrectionError before anything is sent; BrokerUnreachable or DeliveryError.
    """
    settings = with_secrets(settings)
    plan = _with_choice(plan)
    lake = lake_reader(settings)
    chosen = _chosen(lake, plan.choice)
    before = _replayed(settings, lake, chosen) if chosen else {}
    todo = [row for row in chosen if plan.is_again or row["quarantine_id"] not in before]
    corrections = _corrections(plan, [row["quarantine_id"] for row in todo])
    messages = requeued_all([_record(settings, row) for row in todo], corrections)
    sent = 0
    if messages and not plan.is_dry:
        sent = send_again(settings, messages, lambda done: progress(done, len(messages)))
    left_out = (
        [] if plan.is_again else [row["quarantine_id"] for row in chosen if row["quarantine_id"] in before]
    )
    return {
        "chosen": len(chosen),
        "sent": sent,
        "dry_run": plan.is_dry,
        "replayed_before": [{"quarantine_id": each, **asdict(before[each])} for each in left_out],
        "records": [_told(message, corrections.get(message.event_id), plan.is_dry) for message in messages],
    }


def requeued_all(records: Sequence[RefusedRecord], corrections: Mapping[str, Correction]) -> list[Message]:
    """The messages of all records, or CorrectionError that names those that cannot be patched."""
    messages, faults = [], []
    for record in records:
        try:
            messages.append(requeued(record, corrections.get(record.quarantine_id)))
        except NotPatchable as error:
            faults.append(f"{record.quarantine_id}: {error}")
    if faults:
        shown = "; ".join(faults[:_SHOWN_FAULTS])
        more = f"; and {len(faults) - _SHOWN_FAULTS} more" if len(faults) > _SHOWN_FAULTS else ""
        raise CorrectionError(
            f"{len(faults)} of {len(records)} records cannot be patched: {shown}{more}. A patch needs a JSON object "
            "to apply to: give their whole value with --replace. Nothing was sent"
        )
    return messages


def _with_choice(plan: Plan) -> Plan:
    """A folder of corrections chooses its records where nothing else does; nothing at all is refused."""
    if not plan.choice.is_everything:
        return plan
    if plan.path is not None and plan.path.is_dir():
        ids = tuple(sorted(_files(plan.path)))
        if ids:
            return replace(plan, choice=replace(plan.choice, ids=ids))
    raise CorrectionError(
        "which records? Give ids, --rule, --topic, --since or --until, or a folder with a correction for each record"
    )


def _chosen(lake: LakeReader, choice: Choice) -> list[Json]:
    rows = lake.rows("silver", "quarantine", _CHOSEN_BY)
    chosen = matching([] if rows is None else rows.to_pylist(), choice)
    # Bytes are read of the chosen ones only: a refused value may have megabytes.
    where = pc.field("quarantine_id").isin([row["quarantine_id"] for row in chosen])
    found = lake.rows("silver", "quarantine", _SENT, where)
    sent = {row["quarantine_id"]: row for row in (found.to_pylist() if found is not None else ())}
    return [row | sent[row["quarantine_id"]] for row in chosen]


def _replayed(settings: Settings, lake: LakeReader, rows: Sequence[Json]) -> Mapping[str, Outcome]:
    replays = landed_replays(lake, min(row["received_at"] for row in rows))
    return outcomes(lake, [*replays, *replays_on_their_way(settings, judged_ends(lake))])


def _record(settings: Settings, row: Json) -> RefusedRecord:
    topics = {settings.topic(name): name for name in contract_names("topics")}
    if row["topic"] not in topics:
        raise CorrectionError(
            f"{row['quarantine_id']} came from topic {row['topic']}, which has no contract here; there are "
            f"{', '.join(topics)} (RETAIL_TOPIC_PREFIX). Nothing was sent"
        )
    return RefusedRecord(
        quarantine_id=row["quarantine_id"],
        topic=topics[row["topic"]],
        key=row["key"],
        value=row["value"],
        headers=tuple((header["key"], header["value"]) for header in row["headers"] or ()),
        received_at=row["received_at"],
    )


def _corrections(plan: Plan, ids: Sequence[str]) -> dict[str, Correction]:
    """The correction of each record. Raises CorrectionError when one is missing, ambiguous or no JSON."""
    if plan.path is None:
        return {}
    if not plan.path.exists():
        raise CorrectionError(f"--{plan.kind} {plan.path}: no such file or folder")
    if not plan.path.is_dir():
        if plan.kind == "replace" and len(ids) > 1:
            raise CorrectionError(
                f"--replace {plan.path} is one value, {len(ids)} records are chosen: choose one, or give a folder "
                "with a file per record named by its id. Nothing was sent"
            )
        return dict.fromkeys(ids, _correction(plan.kind, plan.path))
    files = _files(plan.path)
    absent = [each for each in ids if each not in files]
    if absent:
        raise CorrectionError(
            f"{len(absent)} of {len(ids)} records have no file in {plan.path}, the first is {absent[0]}: expected "
            f"{plan.path / absent[0]}.json. Nothing was sent"
        )
    return {each: _correction(plan.kind, files[each]) for each in ids}


def _files(folder: Path) -> dict[str, Path]:
    """Files of the folder by the id that their name gives: ``<ID>.json`` or ``<ID>``."""
    files = [each for each in folder.iterdir() if each.is_file() and not each.name.startswith(".")]
    return {each.name.removesuffix(".json"): each for each in files}


def _correction(kind: Literal["patch", "replace"], path: Path) -> Correction:
    content = path.read_bytes()
    if kind == "patch":
        try:
            is_object = isinstance(read_json(content), dict)
        except NotPatchable as error:
            raise CorrectionError(
                f"--patch {path}: {error}; expected a JSON Merge Patch (RFC 7396)"
            ) from error
        if not is_object:
            raise CorrectionError(
                f"--patch {path} is no JSON object and would replace the whole value; if that is meant, use --replace"
            )
    return Correction(kind, content)


def _told(message: Message, correction: Correction | None, with_value: bool) -> Json:
    text = (message.value or b"").decode(errors="backslashreplace") if with_value else None
    return {
        "quarantine_id": message.event_id,
        "topic": message.topic,
        "correction": correction.kind if correction else None,
        "patch_sha256": correction.sha256 if correction else None,
        "bytes": len(message.value or b""),
        "text": text,
    }
