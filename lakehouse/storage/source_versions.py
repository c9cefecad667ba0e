"""From which versions of its sources a table was made: noted in the commit that wrote it, so that both are one act.

The note is the commit's userMetadata, ``{"sources": {"layer.table": version}}``. Commits without one (OPTIMIZE) are
passed over.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from lakehouse.settings import Settings
from lakehouse.storage.delta_tables import lake_table
from lakehouse.storage.lake_reader import LakeReader
from lakehouse.storage.versions import Versions

# Between two commits with a note there is upkeep only, a few commits at most.
_COMMITS_LOOKED_AT = 30


@dataclass(frozen=True)
class Noted:
    """Versions of its sources that a table was last made from, and when (UTC instant)."""

    versions: Versions
    at: dt.datetime


def newest_versions(lake: LakeReader, names: Iterable[str]) -> Versions:
    """The newest version of each table (``layer.table``) that exists; no write may be under way meanwhile."""
    opened = {name: lake.table(*name.split(".", 1)) for name in names}
    return {name: table.version() for name, table in opened.items() if table is not None}


def noted(lake: LakeReader, name: str) -> Noted | None:
    """What the newest note of the table says; None for a table that was never made from any source."""
    told = newest_told(lake, name, "sources")
    if told is None:
        return None
    sources, at = told
    return Noted({str(source): int(version) for source, version in sources.items()}, at)


def newest_told(lake: LakeReader, name: str, key: str) -> tuple[Any, dt.datetime] | None:
    """What the newest commit of the table whose userMetadata has the key says under it, and when (UTC)."""
    table = lake.table(*name.split(".", 1))
    for commit in [] if table is None else table.history(_COMMITS_LOOKED_AT):
        text = commit.get("userMetadata") or ""
        said = json.loads(text).get(key) if text.startswith("{") else None
        if said is not None:
            return said, dt.datetime.fromtimestamp(commit["timestamp"] / 1000, dt.UTC)
    return None


def note(versions: Versions) -> str:
    """What the commit of a table made from these versions carries."""
    return json.dumps({"sources": versions}, sort_keys=True)


def rows_at(spark: SparkSession, settings: Settings, name: str, version: int) -> DataFrame:
    """The rows of a table (``layer.table``) at that version: the same however often they are read."""
    layer, _, table = name.partition(".")
    path = lake_table(settings, layer, table).path  # type: ignore[arg-type]
    return spark.read.format("delta").option("versionAsOf", version).load(path)
