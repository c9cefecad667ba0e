"""Till sessions of gold, made again for each day on which a report or a receipt of a reported session came."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.gold.fct_till_sessions import fct_till_sessions
from lakehouse.settings import Settings
from lakehouse.storage.batches import Batch, date_in, overwrite
from lakehouse.storage.crash_points import reached
from lakehouse.storage.delta_tables import is_empty, lake_table
from lakehouse.storage.few_rows import rows_of_days

# Most dates remembered; beyond, all are forgotten and read again.
_MOST_DATES = 1_000


@dataclass
class KnownSessions:
    """By business date: the till sessions whose Z-report has come. Read from silver when a batch first touches the date."""

    _dates: dict[dt.date, set[str]] = field(default_factory=dict)

    def touched(
        self,
        spark: SparkSession,
        settings: Settings,
        came: tuple[DataFrame | None, Collection[dt.date]],
        reports: DataFrame | None,
    ) -> set[dt.date]:
        """Business dates whose sessions a batch changes. ``came``: its receipts and their dates; ``reports``: its Z-reports."""
        receipts, dates = came
        told = _sessions(reports) if reports is not None else []
        self._learn(spark, settings, dates)
        for date, session in told:
            if date in self._dates:
                self._dates[date].add(session)
        found = {date for date, _ in told}
        reported = {session: date for date in dates for session in self._dates[date]}
        if receipts is not None and reported:
            found |= {reported[session] for _, session in _sessions(receipts) if session in reported}
        return found

    def _learn(self, spark: SparkSession, settings: Settings, dates: Iterable[dt.date]) -> None:
        if len(self._dates) > _MOST_DATES:
            self._dates.clear()
        missing = sorted(set(dates) - self._dates.keys())
        if missing:
            table = lake_table(settings, "silver", "till_sessions")
            self._dates |= {date: set() for date in missing}
            if is_empty(table):
                return
            for date, session in _sessions(rows_of_days(spark, table, missing)):
                self._dates[date].add(session)


def write_till_sessions(
    spark: SparkSession, settings: Settings, dates: Collection[dt.date], batch: Batch
) -> None:
    """Make gold.fct_till_sessions of these business dates again; repeating it changes nothing.

    A receipt of a session may carry the day before or after the session's own.
    """
    near = sorted({date + dt.timedelta(days) for date in dates for days in (-1, 0, 1)})
    rows = fct_till_sessions(
        rows_of_days(spark, lake_table(settings, "silver", "till_sessions"), dates),
        rows_of_days(spark, lake_table(settings, "silver", "receipts"), near),
    )
    table = lake_table(settings, "gold", "fct_till_sessions")
    overwrite(rows.coalesce(1), table, date_in(sorted(dates)), batch)
    reached(f"after:{table.name}")


def _sessions(rows: DataFrame) -> list[tuple[dt.date, str]]:
    found = (
        rows.where(F.col("till_session_id").isNotNull()).select("business_date", "till_session_id").distinct()
    )
    return [(row[0], row[1]) for row in found.collect()]
