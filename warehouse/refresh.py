"""Publishes the lake: gates first, then REFRESH of what changed, then the export that the pipe loads.

While a gate is closed nothing is published and Snowflake keeps what it shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from lakehouse.settings import Settings
from lakehouse.storage.crash_points import reached
from lakehouse.storage.gates import Gate, closed_gates
from lakehouse.storage.lake_reader import LakeReader
from warehouse.connection import Warehouse
from warehouse.export.export_sales import Exported, export_sales
from warehouse.publications import published_versions
from warehouse.render.lake_tables import LakeTable
from warehouse.render.snowflake_names import exact_identifier, identifier
from warehouse.render.sql_files import lake_tables

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Published:
    """``refreshed``: Delta version by table; ``unchanged`` and ``absent`` were left alone; ``closed`` stopped it all."""

    refreshed: dict[str, int]
    unchanged: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    exported: Exported | None = None
    closed: tuple[Gate, ...] = ()

    @property
    def is_held_back(self) -> bool:
        """Whether a closed gate kept everything as it was."""
        return bool(self.closed)


def publish(
    settings: Settings, warehouse: Warehouse, lake: LakeReader, tell: Tell, everything: bool = False
) -> Published:
    """Publish what changed since the last time, or ``everything``; repeating it changes nothing."""
    found = refresh(settings, warehouse, lake, tell, everything)
    if found.is_held_back:
        return found
    exported = export_sales(settings, lake)
    tell(f"exported {exported.changes:,} changes of sale lines in {exported.files} files")
    return replace(found, exported=exported)


def refresh(
    settings: Settings, warehouse: Warehouse, lake: LakeReader, tell: Tell, everything: bool = False
) -> Published:
    """The gates, and the tables over the lake without the export."""
    closed = tuple(closed_gates(lake))
    if closed:
        return Published({}, closed=closed)
    # Versions are read before the files are listed: what is committed meanwhile is refreshed again next time.
    versions = [(table, _version(lake, table)) for table in lake_tables()]
    warehouse.run(f"USE DATABASE {exact_identifier(settings.snowflake_database)}")
    shown = {} if everything else published_versions(warehouse)
    refreshed: dict[str, int] = {}
    for table, version in versions:
        if version is not None and shown.get((table.contract.layer, table.name)) != version:
            tell(f"refresh {table.title}, version {version}")
            _refresh(settings, warehouse, table, version)
            refreshed[table.title] = version
    standing = {table.title for table, version in versions if version is not None}
    unchanged = tuple(sorted(standing - refreshed.keys()))
    absent = tuple(sorted({table.title for table, _ in versions} - standing))
    return Published(refreshed, unchanged, absent)


def refresh_statement(settings: Settings, table: LakeTable) -> str:
    """The statement that makes Snowflake look at the table's files again."""
    if settings.snowflake_lake_tables == "iceberg":
        return f'ALTER ICEBERG TABLE "LANDING".{identifier(table.source + "_ICEBERG")} REFRESH'
    return f'ALTER EXTERNAL TABLE "LANDING".{identifier(table.source)} REFRESH'


def _refresh(settings: Settings, warehouse: Warehouse, table: LakeTable, version: int) -> None:
    warehouse.run(refresh_statement(settings, table))
    reached(f"after:refresh.{table.source}")
    warehouse.run(
        'INSERT INTO "OPS"."PUBLICATIONS" ("LAYER", "TABLE_NAME", "DELTA_VERSION", "PUBLISHED_AT") '
        "SELECT %s, %s, %s, CONVERT_TIMEZONE('UTC', CURRENT_TIMESTAMP())::TIMESTAMP_NTZ(6)",
        (table.contract.layer, table.name, version),
    )


def _version(lake: LakeReader, table: LakeTable) -> int | None:
    found = lake.table(table.contract.layer, table.name)
    return None if found is None else int(found.version())
