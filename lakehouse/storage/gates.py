"""The gates of the tables as the checker left them, read without a JVM. While one is closed nothing is published."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from lakehouse.contracts import load_contract
from lakehouse.storage.lake_reader import LakeReader


@dataclass(frozen=True)
class Gate:
    """The newest verdict on a table: a row of ops.gates.

    ``scope_dates``: the business dates that were checked, None when the table was checked whole.
    """

    table_name: str
    is_open: bool
    rule_ids: tuple[str, ...]
    warning_ids: tuple[str, ...]
    rule_count: int
    since_at: dt.datetime
    checked_at: dt.datetime
    table_version: int
    source_versions: Mapping[str, int]
    is_whole: bool
    scope_dates: tuple[dt.date, ...] | None
    rules_id: str

    def __str__(self) -> str:
        if self.is_open:
            return f"{self.table_name}: open since {self.since_at:%F %T}Z"
        rules = ", ".join(self.rule_ids)
        return f"{self.table_name}: closed since {self.since_at:%F %T}Z by {rules} (version {self.table_version})"


def latest_gates(lake: LakeReader) -> dict[str, Gate]:
    """The newest gate of each table that was ever checked, by ``layer.table``."""
    rows = lake.rows("ops", "gates", load_contract("ops", "gates").table.column_names)
    found = [] if rows is None else rows.to_pylist()
    newest = sorted(found, key=lambda row: (row["checked_at"], row["check_id"]))
    return {row["table_name"]: _gate(row) for row in newest}


def closed_gates(lake: LakeReader) -> list[Gate]:
    """Gates that are closed now, by table; empty means that all that was checked may be published."""
    return sorted(
        (gate for gate in latest_gates(lake).values() if not gate.is_open), key=lambda gate: gate.table_name
    )


def _gate(row: Mapping[str, object]) -> Gate:
    values = {name: row[name] for name in Gate.__dataclass_fields__}
    dates = row["scope_dates"]
    values["scope_dates"] = None if dates is None else tuple(dates)  # type: ignore[arg-type]
    values["rule_ids"] = tuple(row["rule_ids"])  # type: ignore[arg-type]
    values["warning_ids"] = tuple(row["warning_ids"])  # type: ignore[arg-type]
    sources: list[dict[str, object]] = row["source_versions"]  # type: ignore[assignment]
    values["source_versions"] = {str(each["table_name"]): each["version"] for each in sources}
    return Gate(**values)  # type: ignore[arg-type]
