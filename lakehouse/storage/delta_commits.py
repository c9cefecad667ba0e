"""What each commit of a Delta table added and removed, read from its log without a JVM.

Format: https://github.com/delta-io/delta/blob/master/PROTOCOL.md, "Delta Log Entries" and "Actions". Actions whose
``dataChange`` is false (OPTIMIZE) move rows between files and are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_COMMIT = re.compile(r"/_delta_log/(\d{20})\.json$")


class CommitsGone(RuntimeError):
    """Delta's log cleaning has removed commits that were not read yet."""


@dataclass(frozen=True)
class DataFile:
    """One parquet file: its key in the bucket and the values of its partition columns, as text.

    ``lowest`` and ``highest``: bounds of the columns that statistics are kept of, as JSON holds them.
    """

    key: str
    partition: Mapping[str, str | None]
    rows: int | None
    lowest: Mapping[str, Any] = field(default_factory=dict)
    highest: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Commit:
    """One version of a table: the files whose rows it brought and those whose rows it took.

    ``millis``: when it was committed, milliseconds since 1970 by the writer's clock, 0 if it does not say;
    ``batch``: checkpoint and batch id of the query that wrote it, if one of ours did.
    """

    version: int
    added: tuple[DataFile, ...]
    removed: tuple[DataFile, ...]
    millis: int = 0
    batch: tuple[str, int] | None = None


def commits_after(client: S3Client, bucket: str, table_key: str, version: int) -> Iterator[Commit]:
    """Commits newer than ``version`` (-1: all), oldest first. Raises CommitsGone when one is missing."""
    expected = version + 1
    pages = client.get_paginator("list_objects_v2").paginate(
        Bucket=bucket,
        Prefix=f"{table_key}/_delta_log/",
        StartAfter=f"{table_key}/_delta_log/{version:020d}.json",
    )
    for page in pages:
        for entry in page.get("Contents", []):
            named = _COMMIT.search(entry["Key"])
            if not named or int(named[1]) < expected:
                continue
            if int(named[1]) != expected:
                raise CommitsGone(f"{table_key}: commit {expected} is gone, the oldest is {int(named[1])}")
            text = client.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read().decode()
            yield parsed_commit(expected, table_key, text)
            expected += 1


def parsed_commit(version: int, table_key: str, text: str) -> Commit:
    """The commit whose file holds ``text``, one action a line."""
    actions = [json.loads(line) for line in text.splitlines() if line.strip()]
    none: dict[str, Any] = {}
    info = next((action["commitInfo"] for action in actions if "commitInfo" in action), none)
    return Commit(
        version,
        added=_files(actions, "add", table_key),
        removed=_files(actions, "remove", table_key),
        millis=info.get("timestamp", 0),
        batch=_batch(info.get("userMetadata")),
    )


def _batch(mark: object) -> tuple[str, int] | None:
    """The batch that a commit's mark names (lakehouse.storage.batches)."""
    if not isinstance(mark, str) or not mark.startswith("{"):
        return None
    found = json.loads(mark)
    return (found["checkpoint"], found["batch"]) if {"checkpoint", "batch"} <= found.keys() else None


def _files(actions: list[dict[str, Any]], kind: str, table_key: str) -> tuple[DataFile, ...]:
    found = [action[kind] for action in actions if kind in action and action[kind]["dataChange"]]
    return tuple(_file(each, table_key) for each in found)


def _file(action: dict[str, Any], table_key: str) -> DataFile:
    stats = json.loads(action["stats"]) if action.get("stats") else {}
    return DataFile(
        f"{table_key}/{unquote(action['path'])}",
        action.get("partitionValues") or {},
        stats.get("numRecords"),
        stats.get("minValues", {}),
        stats.get("maxValues", {}),
    )
