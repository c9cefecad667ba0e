"""Writes the changes of gold.fct_sales_lines as parquet files for Snowpipe: append-only, never rewritten.

A file holds the changes of a range of versions and is named after it, so where the export stands can be read
from its names, and a crash leaves either no file or a whole one. Two exporters at the same time would at worst
hand over a change twice under the same change_version, which the merge in Snowflake takes once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import pyarrow as pa  # type: ignore[import-untyped]

from lakehouse.settings import Settings
from lakehouse.storage.crash_points import reached
from lakehouse.storage.delta_commits import Commit, DataFile
from lakehouse.storage.lake_reader import LakeReader, lake_reader
from lakehouse.storage.objects import s3_client
from warehouse.export.export_names import ExportName, change_version
from warehouse.export.line_changes import export_schema, line_changes
from warehouse.export.position import newest_export, note, put_file
from warehouse.export.source_rows import SOURCE, new_commits, rows_of_files

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# Snowpipe likes files of 100 to 250 MB; a line takes some 40 bytes.
ROWS_PER_FILE = 2_000_000


@dataclass(frozen=True)
class Exported:
    """What one call wrote: files, changes of lines in them, and the version that the export stands at now."""

    files: int
    changes: int
    version: int


@dataclass(frozen=True)
class Step:
    """Files of one commit whose rows are compared with one another."""

    version: int
    added: tuple[DataFile, ...]
    removed: tuple[DataFile, ...]

    @property
    def rows(self) -> int:
        """Rows that the files bring, as the log says."""
        return sum(ROWS_PER_FILE if file.rows is None else file.rows for file in self.added)


def export_sales(settings: Settings, lake: LakeReader | None = None) -> Exported:
    """Export all versions that were not exported yet. Repeating it writes nothing.

    Raises ExportError when data files of a version were removed before their rows were exported.
    """
    table = (lake or lake_reader(settings)).table(*SOURCE)
    if table is None:
        return Exported(0, 0, -1)
    client = s3_client(settings)
    start = next_export(newest_export(client, settings), str(table.metadata().id).replace("-", "")[:8])
    files, changes, last = 0, 0, start.last
    for commits in ranges(new_commits(client, settings, table, start.last)):
        first, last = commits[0].version, commits[-1].version
        parts = list(cut(commits))
        for number, steps in enumerate(parts, start=1):
            rows = _changes(client, settings, steps, start.generation)
            name = ExportName(start.generation, start.table_id, first, last, number, len(parts))
            reached(f"before:export.{last}")
            put_file(client, settings, name, rows)
            files, changes = files + 1, changes + rows.num_rows
        reached(f"after:export.{last}")
        note(client, settings, ExportName(start.generation, start.table_id, last, last))
    return Exported(files, changes, last)


def next_export(newest: ExportName | None, table_id: str) -> ExportName:
    """Where to go on: behind the newest export of this table, or before the first version of a new one."""
    if newest is None:
        return ExportName(0, table_id, -1, -1)
    if newest.table_id != table_id:
        return ExportName(newest.generation + 1, table_id, -1, -1)
    return newest


def ranges(commits: Iterable[Commit]) -> Iterator[list[Commit]]:
    """Neighbouring commits that fit one file together; a commit larger than a file stands alone."""
    group: list[Commit] = []
    rows = 0
    for commit in commits:
        size = sum(step.rows for step in steps_of(commit))
        if group and rows + size > ROWS_PER_FILE:
            yield group
            group, rows = [], 0
        group.append(commit)
        rows += size
    if group:
        yield group


def cut(commits: list[Commit]) -> Iterator[list[Step]]:
    """Steps of the commits, in their order, parted so that no part is larger than a file need be."""
    before, numbered = 0, []
    for step in (step for commit in commits for step in steps_of(commit)):
        before += step.rows
        numbered.append(((before - 1) // ROWS_PER_FILE, step))
    for _, group in groupby(numbered, key=lambda pair: pair[0]):
        yield [step for _, step in group]


def steps_of(commit: Commit) -> list[Step]:
    """Where rows were taken too, all files must be compared at once; new files stand each for itself."""
    if commit.removed:
        return [Step(commit.version, commit.added, commit.removed)]
    return [Step(commit.version, (file,), ()) for file in commit.added]


def _changes(client: S3Client, settings: Settings, steps: list[Step], generation: int) -> pa.Table:
    tables = [export_schema().empty_table()]
    for step in steps:
        added = rows_of_files(client, settings, step.added)
        removed = rows_of_files(client, settings, step.removed) if step.removed else None
        tables.append(line_changes(added, removed, change_version(generation, step.version)))
    return pa.concat_tables(tables)
