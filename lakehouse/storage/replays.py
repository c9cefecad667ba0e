"""What became of refused records that were sent again: read from bronze, silver, quarantine and ledger.

A replayed record carries the id of the refused one in a header, and bronze keeps headers for ever. So the state
of a refused record is derived; nobody writes it, and no second writer touches a table.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from lakehouse.contracts import contract_names, load_contract
from lakehouse.rules.replayed import PATCH_SHA256, REPLAY_OF
from lakehouse.storage.lake_reader import LakeReader

State = Literal["open", "waiting", "accepted", "duplicate", "refused again"]
Place = tuple[str, int, int]
"""Topic, partition, offset."""

Attempts = dict[str, list[tuple[State, "Replay"]]]
"""Quarantine id -> its own replays, in the order of Kafka."""

_COLUMNS = ("topic", "partition", "offset", "headers")


@dataclass(frozen=True)
class Replay:
    """One record that replays the refused record ``replay_of``; ``place`` is where it stands itself."""

    replay_of: str
    patch_sha256: str
    place: Place

    @property
    def own_id(self) -> str:
        """Its quarantine id, should it be refused again."""
        return "-".join(map(str, self.place))


@dataclass(frozen=True)
class Outcome:
    """What became of a refused record. ``replays``: how often it was sent; ``refused_as``: quarantine id of its
    last replay if that was refused, else null; ``patch_sha256`` of the replay that decided the state."""

    state: State
    replays: int
    patch_sha256: str | None
    refused_as: str | None


OPEN = Outcome("open", 0, None, None)


def replay_of_headers(headers: Iterable[tuple[str, bytes | None]], place: Place) -> Replay | None:
    """The replay that these headers tell of, if they do."""
    found = {name: (value or b"").decode(errors="replace") for name, value in headers}
    return Replay(found[REPLAY_OF], found.get(PATCH_SHA256, ""), place) if REPLAY_OF in found else None


def landed_replays(lake: LakeReader, since: dt.datetime | None) -> list[Replay]:
    """Replays in bronze that arrived at ``since`` or later (no replay is older than what it replays)."""
    where = None if since is None else pc.field("received_at") >= since
    found: list[Replay] = []
    for name in contract_names("bronze"):
        table = lake.table("bronze", name)
        if table is not None:
            scanner = lake.dataset(table).scanner(columns=list(_COLUMNS), filter=where)
            for batch in scanner.to_batches():
                found.extend(_replays(batch))
    return found


def outcomes(lake: LakeReader, replays: Iterable[Replay]) -> dict[str, Outcome]:
    """Quarantine id -> what became of it, for every refused record that was replayed.

    A replay is accepted if silver holds its place, refused if quarantine does, waiting as long as the ledger has
    not come to it, and else a duplicate: its content was accepted before.
    """
    by_place = {replay.place: replay for replay in replays}
    if not by_place:
        return {}
    refused = _places(lake, "quarantine", by_place)
    accepted = {place for name in _silver_tables() for place in _places(lake, name, by_place)}
    ends = judged_ends(lake)
    by_record: Attempts = {}
    for place, replay in sorted(by_place.items(), key=lambda item: item[0]):
        state: State = "duplicate"
        if place in accepted:
            state = "accepted"
        elif place in refused:
            state = "refused again"
        elif place[2] >= ends.get(place[:2], 0):
            state = "waiting"
        by_record.setdefault(replay.replay_of, []).append((state, replay))
    return {record: _outcome(record, by_record, frozenset()) for record in by_record}


def judged_ends(lake: LakeReader) -> Mapping[tuple[str, int], int]:
    """Offset after the last one that the ledger accounts for, by topic and partition."""
    rows = lake.rows("ops", "ledger", ("topic", "partition", "last_offset"))
    ends: dict[tuple[str, int], int] = {}
    for row in rows.to_pylist() if rows is not None else ():
        key = (row["topic"], row["partition"])
        ends[key] = max(ends.get(key, 0), row["last_offset"] + 1)
    return ends


def _outcome(record: str, by_record: Attempts, passed: frozenset[str]) -> Outcome:
    """Once accepted it stays so, be it as a replay of a refused replay; else the last attempt decides.

    ``passed``: records on the way here. A topic that was made again gives ids a second time, and then a record
    may seem to replay itself.
    """
    found = []
    for state, replay in by_record[record]:
        own = Outcome(state, 1, replay.patch_sha256, replay.own_id if state == "refused again" else None)
        if own.refused_as in by_record.keys() - passed - {record}:
            later = _outcome(replay.own_id, by_record, passed | {record})
            own = dataclasses.replace(later, replays=1 + later.replays)
        found.append(own)
    decisive = next((each for each in found if each.state == "accepted"), found[-1])
    return dataclasses.replace(decisive, replays=sum(each.replays for each in found))


def _silver_tables() -> list[str]:
    """Silver tables whose rows are accepted records."""
    return [name for name in contract_names("silver") if load_contract("silver", name).judged_by]


def _replays(batch: pa.RecordBatch) -> list[Replay]:
    headers = batch.column("headers")
    keys = headers.flatten().field("key")
    rows = pc.list_parent_indices(headers).filter(pc.equal(keys, REPLAY_OF))
    found = []
    for row in batch.take(pc.unique(rows)).to_pylist():
        pairs = [(header["key"], header["value"]) for header in row["headers"]]
        replay = replay_of_headers(pairs, (row["topic"], row["partition"], row["offset"]))
        assert replay is not None, "the row was chosen for this header"
        found.append(replay)
    return found


def _places(lake: LakeReader, table: str, wanted: Mapping[Place, Any]) -> set[Place]:
    """Those of the wanted places that the silver table holds."""
    offsets = sorted({place[2] for place in wanted})
    rows = lake.rows("silver", table, ("topic", "partition", "offset"), pc.field("offset").isin(offsets))
    found = set() if rows is None else {tuple(row.values()) for row in rows.to_pylist()}
    return found & wanted.keys()
