"""Follows the logs of the sales tables, and keeps ops.freshness. The observer is its only writer: it uses delta-rs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa  # type: ignore[import-untyped]
from deltalake import DeltaTable, Schema, write_deltalake

from lakehouse.contracts import load_contract
from lakehouse.schema.arrow_schema import arrow_schema
from lakehouse.settings import Settings
from lakehouse.storage.delta_commits import Commit, CommitsGone, commits_after
from lakehouse.storage.lake_reader import LakeReader
from lakehouse.storage.objects import s3_client
from quality.freshness import SALES_TABLES, Arrival, Newest, Row, arrival, freshness, minute_of, newest_of

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# How far back the first look goes: some minutes of a stream with a batch a second.
_FIRST_COMMITS = 120
_REMEMBERED = dt.timedelta(minutes=30)
_MOST_FILES = 240
_KEPT_HOURS = 168
CONTRACT = load_contract("ops", "freshness")
SCHEMA = arrow_schema(CONTRACT.table.columns)


@dataclass
class FreshnessLog:
    """What was seen of one lake. ``latest``: the newest arrival by layer, real sales before canaries' age.

    ``first_commits``: how far back the first look goes; each costs a request.
    """

    settings: Settings
    lake: LakeReader
    first_commits: int = _FIRST_COMMITS
    latest: dict[str, Arrival] = field(default_factory=dict)
    _versions: dict[str, int] = field(default_factory=dict)
    _batches: dict[tuple[str, int], Newest] = field(default_factory=dict)
    _arrivals: list[Arrival] = field(default_factory=list)
    _known: dict[str, dt.datetime] | None = None
    _client: S3Client | None = None

    def look(self) -> None:
        """Take in what was committed since the last look. Raises LakeUnreachable."""
        commits = {layer: list(self._news(layer, name)) for layer, name in SALES_TABLES.items()}
        for commit in commits["silver"]:
            newest = newest_of(commit)
            if newest is not None and commit.batch is not None:
                self._batches[commit.batch] = newest
        for layer, found in commits.items():
            for commit in found:
                # Bronze cannot tell when a sale was sent; the same batch of silver can.
                newest = self._batches.get(commit.batch) if layer == "bronze" and commit.batch else None
                came = arrival(layer, commit, newest)
                if came is not None:
                    self._arrivals.append(came)
                    self.latest[layer] = came
        for batch in list(self._batches)[:-_FIRST_COMMITS]:
            del self._batches[batch]

    def keep(self, now: dt.datetime) -> list[Row]:
        """Write the minutes that are over; returns their rows. Raises LakeUnreachable."""
        if self._known is None:
            self._known = _known_minutes(self.lake)
        rows = freshness(self._arrivals, self._known, now)
        if rows:
            self._write(rows)
            self._known |= {row["layer"]: row["minute_at"] for row in rows}
        self._arrivals = [
            each for each in self._arrivals if each.committed_at >= minute_of(now - _REMEMBERED)
        ]
        return rows

    def _news(self, layer: str, name: str) -> Iterator[Commit]:
        table = self.lake.table(layer, name)
        if table is None:
            return
        self._client = self._client or s3_client(self.settings)
        since = self._versions.get(layer, max(-1, table.version() - self.first_commits))
        try:
            for commit in commits_after(
                self._client, self.settings.bucket, f"{self.settings.lake_key}{layer}/{name}", since
            ):
                self._versions[layer] = commit.version
                yield commit
        except CommitsGone:  # the table was made again, or nobody looked for a month
            self._versions[layer] = table.version()

    def _write(self, rows: list[Row]) -> None:
        path = f"{self.lake.root}/ops/{CONTRACT.name}"
        options = self.lake.storage_options
        ensure_table(path, options)
        write_deltalake(
            path, pa.Table.from_pylist(rows, schema=SCHEMA), mode="append", storage_options=options
        )
        table = DeltaTable(path, storage_options=options)
        if len(table.file_uris()) > _MOST_FILES:
            table.optimize.compact()
            table.vacuum(_KEPT_HOURS, dry_run=False)


def ensure_table(path: str, storage_options: Mapping[str, str]) -> None:
    """Make ops.freshness as its contract says, unless it is there."""
    if DeltaTable.is_deltatable(path, dict(storage_options)):
        return
    columns = zip(SCHEMA, CONTRACT.table.columns, strict=True)
    typed = pa.schema([each.with_nullable(not column.required) for each, column in columns])
    DeltaTable.create(
        path,
        Schema.from_arrow(typed),
        mode="ignore",
        description=f"{CONTRACT.description} Grain: {CONTRACT.table.grain}. Contract {CONTRACT.version}.",
        storage_options=dict(storage_options),
    )


def _known_minutes(lake: LakeReader) -> dict[str, dt.datetime]:
    rows = lake.rows("ops", CONTRACT.name, ("layer", "minute_at"))
    known: dict[str, dt.datetime] = {}
    for row in [] if rows is None else rows.to_pylist():
        known[row["layer"]] = max(row["minute_at"], known.get(row["layer"], row["minute_at"]))
    return known
