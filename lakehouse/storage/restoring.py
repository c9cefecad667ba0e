"""A table as it was before somebody spoiled it: Delta's RESTORE where that breaks no promise, and refused where it would.

A commit of a batch is one of several that belong together. Taken back in one table alone, its records would be counted
and in no table, and the stream has passed them. So only commits of other hands are taken back; days of facts and hours
are made again from silver afterwards, so there batches do no harm.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from delta.tables import DeltaTable
from pyspark.sql import SparkSession

from lakehouse.settings import Settings
from lakehouse.storage.crash_points import reached
from lakehouse.storage.customer_tables import TABLES as ANALYSED
from lakehouse.storage.delta_tables import LakeTable, append_only, lake_table
from lakehouse.storage.lake_reader import LakeReader, lake_reader
from lakehouse.storage.rebuild import rebuild_day
from lakehouse.storage.requests import Arguments, Steps
from lakehouse.storage.stock import TABLES as STOCKED
from lakehouse.storage.versions import changed_dates

BY_DAY = ("gold.fct_sales_lines", "gold.fct_receipts", "gold.agg_sales_hourly")
"""Tables whose days are made again from silver after they were restored."""
_MADE_ANEW = {
    **{f"gold.{name}": "retail process --layer stock" for name in STOCKED},
    **{f"gold.{name}": "retail process --layer customers" for name in ANALYSED},
}
_OTHERS_WRITE = ("ops.gates", "ops.quality_results", "ops.freshness", "ops.erasures")
_REBUILD = 'rebuild silver and gold from bronze (docs/runbook.md, "Rebuild from bronze")'


class CannotRestore(ValueError):
    """The table cannot be restored to that version; the message says why and what to do instead."""


@dataclass(frozen=True)
class Commit:
    """One version of a table. ``at``: UTC; ``is_of_batch``: it is one of several commits of a batch of a query;
    ``restored_to``: it restored that version."""

    version: int
    at: dt.datetime
    is_of_batch: bool
    restored_to: int | None = None


def target_version(commits: Sequence[Commit], given: Mapping[str, str]) -> int:
    """The version that ``version`` or ``to`` (ISO 8601 with offset) names; ``commits``: newest first.

    Raises CannotRestore.
    """
    if "version" in given:
        target = int(given["version"])
    else:
        at = dt.datetime.fromisoformat(given["to"])
        target = next((each.version for each in commits if each.at <= at), -1)
        if target < 0:
            raise CannotRestore(f"the log begins after {at:%F %T}Z; expected a later time")
    if target not in {each.version for each in commits}:
        raise CannotRestore(
            f"the log holds versions {commits[-1].version} to {commits[0].version}, not {target}"
        )
    if target == commits[0].version:
        raise CannotRestore(f"version {target} is the newest one: nothing is to be taken back")
    return target


def check_restorable(
    name: str, commits: Iterable[Commit], target: int, erased_at: dt.datetime | None
) -> None:
    """Raise CannotRestore where the version would break what other tables promise.

    ``erased_at``: when a customer was erased last.
    """
    undone = [each for each in commits if each.version > target]
    batches = sum(each.is_of_batch for each in undone)
    then = next((each.at for each in commits if each.version == target), None)
    if name in _OTHERS_WRITE:
        raise CannotRestore(
            f"{name} has a writer of its own and is never restored; a new check or look corrects it"
        )
    if name in _MADE_ANEW:
        raise CannotRestore(f"{name} is made from other tables: `{_MADE_ANEW[name]}` makes it again")
    if erased_at is not None and then is not None and then < erased_at:
        raise CannotRestore(
            f"a customer was erased at {erased_at:%F %T}Z; an older version would bring them back. {_REBUILD[0].upper()}"
            f"{_REBUILD[1:]}"
        )
    if batches and name not in BY_DAY:
        raise CannotRestore(
            f"{batches} commits of batches came after version {target} of {name}; their records would be in no table and "
            f"never be read again. Expected a version after the last batch. Take back only what came after it, or {_REBUILD}"
        )


def restore_steps(
    spark: SparkSession, settings: Settings, arguments: Arguments, forget: Callable[[], None]
) -> Steps:
    """Restore ``table`` to ``version`` or ``to``, then make the days that differ again. Raises CannotRestore."""
    lake = lake_reader(settings)
    layer, _, name = arguments["table"].partition(".")
    table = lake_table(settings, layer, name)  # type: ignore[arg-type]
    opened = lake.table(layer, name)
    if opened is None:
        raise CannotRestore(f"there is no table {table.name} in this lake")
    commits = [_commit(each) for each in opened.history()]
    target = target_version(commits, arguments)
    check_restorable(table.name, commits, target, _erased_at(lake))
    # Where this goes on after a crash, the days are those that differed before the restore.
    restored = [each.version - 1 for each in commits if each.restored_to == target]
    days = set[dt.date]()
    for newest in [opened.version(), *restored[:1]] if table.name in BY_DAY else []:
        differing = changed_dates(lake, table.name, target, newest)
        if differing is None:
            raise CannotRestore(
                f"the log of version {target} is gone, so the days to make again are not known"
            )
        days |= differing
    return {
        f"{table.name} to version {target}": partial(_restore, spark, table, target, forget),
        **{day.isoformat(): partial(rebuild_day, spark, settings, day) for day in sorted(days)},
    }


def _restore(spark: SparkSession, table: LakeTable, target: int, forget: Callable[[], None]) -> str:
    is_appended = table.contract.layer == "bronze"
    if is_appended:
        spark.sql(append_only(table, is_on=False))
    try:
        told = DeltaTable.forPath(spark, table.path).restoreToVersion(target).first()
    finally:
        if is_appended:
            spark.sql(append_only(table, is_on=True))
    forget()
    reached(f"after:restored.{table.name}")
    assert told is not None, "RESTORE tells what it did"
    return f"{told['num_restored_files']} files restored, {told['num_removed_files']} taken out"


def _commit(told: Mapping[str, Any]) -> Commit:
    mark = told.get("userMetadata") or ""
    is_of_batch = mark.startswith("{") and "batch" in json.loads(mark)
    at = dt.datetime.fromtimestamp(told["timestamp"] / 1000, dt.UTC)
    version: Any = (told.get("operationParameters") or {}).get("version")
    is_restore = told.get("operation") == "RESTORE" and version is not None
    return Commit(int(told["version"]), at, is_of_batch, int(version) if is_restore else None)


def _erased_at(lake: LakeReader) -> dt.datetime | None:
    rows = lake.rows("ops", "erasures", ("noted_at", "state"))
    begun = [row["noted_at"] for row in ([] if rows is None else rows.to_pylist()) if row["state"] == "BEGUN"]
    return max(begun, default=None)
