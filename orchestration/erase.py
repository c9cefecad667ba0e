"""`retail erase`: a customer taken out of Kafka's future, the lake, the warehouse and this machine, with a certificate.

The order is the point: first nobody is written any more (tombstone, suppression), then tables are rewritten, then the
warehouse is refreshed, and only then are the old files removed, which it would otherwise miss. At the end every file
is read once more. The same command again goes on, or erases what has come since.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from infra.local.errors import StackError
from infra.local.kafka_broker import data_folder
from infra.local.secrets_file import with_secrets
from ingestion.person_in_kafka import (
    gone_from_kafka_at,
    records_naming,
    segments_naming,
    send_tombstone,
)
from ingestion.topics import ensure_topics
from lakehouse.rules.person import Person, person
from lakehouse.rules.pseudonym import ERASED, suppression_hash
from lakehouse.settings import Settings, SettingsError
from lakehouse.storage.known_person import known_person
from lakehouse.storage.lake_reader import lake_reader
from lakehouse.storage.objects import s3_client
from lakehouse.storage.person_scan import Scan, scan_files, scan_lake
from lakehouse.storage.requests import PRIVATE, Request, ask, read_request
from orchestration.asked import finished
from orchestration.spark_job import servers_away
from orchestration.warehouse import published
from warehouse.erased import leave_lost_copies, named_in_warehouse, redact_objects

Tell = Callable[[str], None]
Json = dict[str, Any]
Finish = Callable[[Settings, Request, Tell], Request]
_HOME_FOLDERS = ("logs", "run", "checkpoints", "warehouse", "data_docs", "reports")


class NotErased(RuntimeError):
    """A file still names the customer; the message says which, and never what stands there."""


class NotYet(RuntimeError):
    """Kafka may hold the customer until a later date."""


class PublishHeldBack(RuntimeError):
    """A closed gate keeps the warehouse from seeing the rewritten tables, so their old files cannot go."""


@dataclass(frozen=True)
class _Erasure:
    """One erasure under way."""

    settings: Settings
    person: Person
    tell: Tell
    finish: Finish

    @property
    def id(self) -> str:
        """Erasure id, of the hash that is kept."""
        return suppression_hash(self.person.pseudonym)[:16]

    def ask(self, verb: str, arguments: dict[str, str]) -> Request:
        """Have the holder of the lake do the work, or do it; returns the request as it ended."""
        name = f"{verb}-{self.id}"
        ended = self.finish(
            self.settings, ask(self.settings, name, verb, arguments, is_again=True), self.tell
        )
        for step, said in ended.done.items():
            self.tell(f"{verb} {step}: {said}")
        return ended


def erase(
    settings: Settings, customer_id: str, also: Sequence[str], tell: Tell, finish: Finish | None = None
) -> Json:
    """Erase the customer and return the certificate. ``also``: more texts that name them and no master data tell.

    Raises NotErased (the certificate is written before), PublishHeldBack, RequestFailed, LakeUnreachable,
    BrokerUnreachable.
    """
    work = _begun(settings, customer_id, also, tell, finish)
    before = scan_lake(work.settings, work.person)
    tell(f"{sum(before.searched.values()):,} files read, {len(before.found)} columns name the customer")
    ensure_topics(work.settings, ("customers",))
    send_tombstone(work.settings, customer_id)
    tables = ",".join(sorted({each.table for each in before.found if each.table}))
    rewritten = work.ask("erase", {PRIVATE: work.person.as_json(), "tables": tables})
    _publish(work)
    logs = sorted({each.table for each in before.found if "/_delta_log/" in each.file})
    removed = work.ask("erase_files", {"tables": tables, "logs": ",".join(logs)})
    redact_objects(work.settings, work.person, before, tell)
    leave_lost_copies(work.settings)
    done = {"rewritten": dict(rewritten.done), "removed": dict(removed.done), "found_before": _shown(before)}
    return _certified(work, "CERTIFIED", done, len(before.found))


def close(
    settings: Settings, customer_id: str, also: Sequence[str], tell: Tell, finish: Finish | None = None
) -> Json:
    """Look once more when Kafka has let go, and close the erasure. Raises NotYet, NotErased, SettingsError."""
    work = _begun(settings, customer_id, also, tell, finish)
    expires_at = _expires_at(work)
    now = dt.datetime.now(dt.UTC)
    if now < expires_at:
        raise NotYet(f"Kafka may hold the customer until {expires_at:%F %T}Z; close the erasure after that")
    held = {**records_naming(work.settings, work.person), **dict.fromkeys(_segments(work), 1)}
    if held:
        send_tombstone(work.settings)
        raise NotYet(
            f"Kafka still holds the customer in {', '.join(held)}: a topic without new records keeps its newest file. A record that names nobody "
            "was sent, so that the broker closes it; give the same command again when it has cleaned the topic"
        )
    return _certified(work, "CLOSED", {}, 0)


def _begun(
    settings: Settings, customer_id: str, also: Sequence[str], tell: Tell, finish: Finish | None
) -> _Erasure:
    settings = with_secrets(settings)
    if not customer_id.strip() or customer_id == ERASED:
        raise SettingsError(f"expected the id of a customer, seen {customer_id!r}")
    away = servers_away(settings)
    if away:
        raise StackError(away)
    lake = lake_reader(settings)
    known = known_person(lake, settings, customer_id, also)
    work = _Erasure(settings, known, tell, finish or finished)
    # An erasure that stopped half way has told its request what silver does not hold any more.
    before = read_request(s3_client(settings), settings, f"erase-{work.id}")
    if before is not None and PRIVATE in before.arguments:
        told = Person.of_json(before.arguments[PRIVATE])
        both = person(
            customer_id, known.pseudonym, (*known.sought, *told.sought), (*known.shared, *told.shared)
        )
        work = _Erasure(settings, both, tell, work.finish)
    if work.person.shared:
        tell(f"not looked for, because others bear the same: {', '.join(work.person.shared)}")
    return work


def _publish(work: _Erasure) -> None:
    """Let the warehouse see the new files, before the old ones go."""
    if work.settings.warehouse == "off" and not work.settings.snowflake_account:
        return
    found = published(work.settings, work.tell)
    if found.is_held_back:
        gates = "; ".join(map(str, found.closed))
        raise PublishHeldBack(
            f"the tables are rewritten, but their old files stay: the warehouse still reads them, and a gate is closed "
            f"({gates}). Mend the table, `retail check`, then the same command again"
        )


def _certified(work: _Erasure, state: str, done: Json, found_before: int) -> Json:
    settings, now = work.settings, dt.datetime.now(dt.UTC)
    after = scan_lake(settings, work.person) + scan_files(settings.home, _HOME_FOLDERS, work.person)
    named = named_in_warehouse(settings, work.person)
    records = records_naming(settings, work.person)
    segments = _segments(work)
    expires_at = gone_from_kafka_at(settings, now) if state == "CERTIFIED" else now
    is_clean = not after.found and not named
    key = f"erasures/{work.id}-{now:%Y%m%dT%H%M%SZ}.json"
    certificate = {
        "erasure_id": work.id,
        "state": state if is_clean else "FOUND",
        "noted_at": now.isoformat(),
        "searched_for": sorted({each.kind for each in work.person.sought}),
        "not_searched_for": {"shared with other customers": list(work.person.shared)},
        "searched_files": after.searched,
        **done,
        "found_after": _shown(after),
        "found_in_warehouse": named,
        "kafka": {
            "records": records,
            "segments": segments,
            "expires_at": expires_at.isoformat(),
            "closed_by": None if state == "CLOSED" else "retail erase CUSTOMER_ID --close, after that date",
        },
        "export": "the files for Snowpipe carry no customer",
        "certificate": f"s3://{settings.bucket}/{settings.lake_key}{key}",
    }
    _keep(settings, key, certificate)
    row = {
        "erasure_id": work.id,
        "noted_at": now.isoformat(),
        "state": certificate["state"],
        "suppression_hash": suppression_hash(work.person.pseudonym),
        "searched_kinds": certificate["searched_for"],
        "searched_file_count": sum(after.searched.values()),
        "found_before_count": found_before,
        "found_after_count": len(after.found) + len(named),
        "kafka_record_count": sum(records.values()),
        "kafka_expires_at": expires_at.isoformat(),
        "certificate": certificate["certificate"],
    }
    work.ask("note_erasure", {"row": json.dumps(row)})
    if not is_clean:
        places = [f"{each['file']} {each['column']}".strip() for each in _shown(after)]
        raise NotErased(
            f"the customer is still named in {'; '.join([*places, *named])}. Certificate: "
            f"{certificate['certificate']}. The same command again erases what has come since; a file that no job of ours "
            "writes must be removed by hand"
        )
    return certificate


def _segments(work: _Erasure) -> list[str]:
    """Files of the broker of this machine, if it is ours, that hold the customer."""
    if work.settings.kafka_bootstrap:
        return []
    return segments_naming(data_folder(work.settings.home / "kafka"), work.settings, work.person)


def _keep(settings: Settings, key: str, certificate: Json) -> None:
    text = json.dumps(certificate, indent=2)
    s3_client(settings).put_object(
        Bucket=settings.bucket,
        Key=f"{settings.lake_key}{key}",
        Body=text.encode(),
        ContentType="application/json",
    )
    path = Path(settings.home, key)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _expires_at(work: _Erasure) -> dt.datetime:
    rows = lake_reader(work.settings).rows("ops", "erasures", ("erasure_id", "noted_at", "kafka_expires_at"))
    own = [row for row in ([] if rows is None else rows.to_pylist()) if row["erasure_id"] == work.id]
    told = [row for row in sorted(own, key=lambda row: row["noted_at"]) if row["kafka_expires_at"]]
    if not told:
        raise SettingsError("this customer was not erased here; `retail erase CUSTOMER_ID` comes first")
    found: dt.datetime = told[-1]["kafka_expires_at"]
    return found


def _shown(scan: Scan) -> list[Json]:
    return [asdict(each) for each in scan.found]
