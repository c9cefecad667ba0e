"""Does Snowflake show what the lake published? Rows and control totals of both sides, at the same Delta version.

A live stream publishes while this looks, so each side is read between two looks at the version, and again if that
has moved. The Snowpipe lane is late by nature: it is asked until it has caught up or the patience is over.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TypeVar

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from deltalake import DeltaTable

from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import LakeReader
from lakehouse.storage.objects import s3_client
from warehouse.connection import Warehouse
from warehouse.export.position import newest_export
from warehouse.publications import published_versions
from warehouse.render.snowflake_names import exact_identifier, identifier

Tell = Callable[[str], None]
T = TypeVar("T")
_FACT = ("gold", "fct_sales_lines")
_PIPE = '"LANDING"."SALES_LINES_PIPE"'
_LOOK_SECONDS = 1.0
_TRIES = 20  # a version that moves that often between two looks is moved by a stream that never rests


class StillMoving(RuntimeError):
    """Snowflake's picture changes faster than it can be compared; worth retrying."""

    exit_code = 3


@dataclass(frozen=True)
class Totals:
    """Sale lines that are not voided, of one currency: their number, units and net amount ex tax."""

    lines: int
    units: Decimal
    net_amount: Decimal


ByCurrency = dict[str, Totals]


@dataclass(frozen=True)
class Verified:
    """Rows by table as both sides have them, ``totals`` of the sales fact, and what differs; empty = good."""

    tables: dict[str, int]
    totals: ByCurrency
    pipe: dict[str, object]
    differences: tuple[str, ...]


def verify(settings: Settings, warehouse: Warehouse, lake: LakeReader, tell: Tell) -> Verified:
    """Compare what Snowflake shows with the lake. Raises WarehouseUnreachable, LakeUnreachable, StatementFailed."""
    warehouse.run(f"USE DATABASE {exact_identifier(settings.snowflake_database)}")
    shown = published_versions(warehouse)
    if _FACT not in shown:
        return Verified({}, {}, {}, ("nothing is published yet: run `retail warehouse refresh`",))
    tables, differences = _tables(warehouse, lake, shown)
    version, in_lake, in_gold = _fact(warehouse, lake)
    differences += _compared(f"GOLD.FCT_SALES_LINES at version {version}", in_lake, in_gold)
    pipe, lagging = _pipe(settings, warehouse, lake, tell)
    return Verified(tables, in_gold, pipe, (*differences, *lagging))


def _tables(
    warehouse: Warehouse, lake: LakeReader, shown: Mapping[tuple[str, str], int]
) -> tuple[dict[str, int], list[str]]:
    """Rows of every published gold table, with the differences."""
    rows, differences = {}, []
    for layer, name in sorted(shown):
        if layer != "gold":
            continue
        source = f'SELECT COUNT(*) AS "ROWS" FROM "GOLD".{identifier(name)}'
        version, seen = _settled(warehouse, (layer, name), partial(warehouse.rows, source))
        found = int(seen[0]["ROWS"])
        expected = _opened(lake, layer, name, version).count()
        rows[f"{layer}.{name}"] = found
        if found != expected:
            differences.append(
                f"GOLD.{name.upper()} shows {found:,} rows, version {version} has {expected:,}: refresh it "
                "(`retail warehouse refresh --all`)"
            )
    return rows, differences


def _fact(warehouse: Warehouse, lake: LakeReader) -> tuple[int, ByCurrency, ByCurrency]:
    """Control totals of the sales fact, in the lake and in Snowflake, at the version that Snowflake shows."""
    source = '"GOLD"."FCT_SALES_LINES" WHERE NOT "IS_VOID"'
    version, found = _settled(warehouse, _FACT, partial(_totals, warehouse, source))
    return version, _lake_totals(lake, version), found


def _settled(warehouse: Warehouse, table: tuple[str, str], look: Callable[[], T]) -> tuple[int, T]:
    """What ``look`` sees, and the version that Snowflake shows before and after it."""
    for _ in range(_TRIES):
        version, found = published_versions(warehouse)[table], look()
        if published_versions(warehouse)[table] == version:
            return version, found
    raise StillMoving(
        f"{'.'.join(table)} was refreshed during each of {_TRIES} looks; refresh it less often, then try again"
    )


def _pipe(
    settings: Settings, warehouse: Warehouse, lake: LakeReader, tell: Tell
) -> tuple[dict[str, object], list[str]]:
    """The Snowpipe lane: its state, and how far SALES.SALES_LINES is from what was exported."""
    deadline, client = time.monotonic() + settings.verify_seconds, s3_client(settings)
    while True:
        before = newest_export(client, settings)
        status = _pipe_status(warehouse)
        loaded = _totals(warehouse, '"SALES"."SALES_LINES" WHERE "OP" = \'U\'')
        expected = {} if before is None else _lake_totals(lake, before.last)
        faults = _compared("SALES.SALES_LINES", expected, loaded)
        wrong_lane = _wrong_lane(settings, str(status.get("executionState")))
        if wrong_lane:
            return status, [*faults, wrong_lane]
        if not faults and (settings.snowflake_load == "copy" or not status.get("pendingFileCount")):
            return status, []
        if time.monotonic() > deadline and newest_export(client, settings) == before:
            pending = f"{status.get('pendingFileCount')} files wait in the pipe after {settings.verify_seconds:.0f} s"
            return status, [
                *faults,
                f"{pending}; COPY_HISTORY of LANDING.SALES_LINES names files with a fault",
            ]
        tell(
            f"the pipe has {status.get('pendingFileCount')} files before it; {len(faults)} totals differ yet"
        )
        time.sleep(_LOOK_SECONDS)


def _wrong_lane(settings: Settings, state: str) -> str:
    """Why nobody, or two, would load the export; empty if exactly one does."""
    wanted = "RUNNING" if settings.snowflake_load == "pipe" else "PAUSED"
    if state == wanted:
        return ""
    paused = "FALSE" if wanted == "RUNNING" else "TRUE"
    return (
        f"pipe {_PIPE} is {state}, expected {wanted} with RETAIL_SNOWFLAKE_LOAD={settings.snowflake_load}: "
        f"ALTER PIPE {_PIPE} SET PIPE_EXECUTION_PAUSED = {paused}"
    )


def _compared(what: str, expected: ByCurrency, seen: ByCurrency) -> list[str]:
    return [
        f"{what}, {currency}: expected {expected.get(currency)}, seen {seen.get(currency)}"
        for currency in sorted(expected.keys() | seen.keys())
        if expected.get(currency) != seen.get(currency)
    ]


def _totals(warehouse: Warehouse, source: str) -> ByCurrency:
    """Totals of a table or view of ours; ``source`` is one of the constants above, never input."""
    rows = warehouse.rows(
        f'SELECT "CURRENCY", COUNT(*) AS "LINES", SUM("QUANTITY") AS "UNITS", SUM("NET_AMOUNT") AS "NET" '
        f'FROM {source} GROUP BY "CURRENCY"'
    )
    return {
        str(row["CURRENCY"]): Totals(int(row["LINES"]), Decimal(row["UNITS"]), Decimal(row["NET"]))
        for row in rows
    }


def _lake_totals(lake: LakeReader, version: int) -> ByCurrency:
    """Totals of a version of the sales fact, summed batch by batch: the table may be larger than memory."""
    found: ByCurrency = {}
    columns = ["currency", "quantity", "net_amount", "is_void"]
    dataset = lake.dataset(_opened(lake, *_FACT, version))
    for batch in dataset.to_batches(columns=columns):
        rows = pa.Table.from_batches([batch])
        kept = rows.filter(pc.invert(rows["is_void"]))
        sums = kept.group_by("currency").aggregate(
            [("quantity", "sum"), ("net_amount", "sum"), ("quantity", "count")]
        )
        for row in sums.to_pylist():
            known = found.get(row["currency"], Totals(0, Decimal(0), Decimal(0)))
            found[row["currency"]] = Totals(
                known.lines + row["quantity_count"],
                known.units + row["quantity_sum"],
                known.net_amount + row["net_amount_sum"],
            )
    return found


def _opened(lake: LakeReader, layer: str, name: str, version: int) -> DeltaTable:
    return DeltaTable(f"{lake.root}/{layer}/{name}", version=version, storage_options=lake.storage_options)


def _pipe_status(warehouse: Warehouse) -> dict[str, object]:
    rows = warehouse.rows('SELECT SYSTEM$PIPE_STATUS(%s) AS "STATUS"', (_PIPE.replace('"', ""),))
    found: dict[str, object] = json.loads(rows[0]["STATUS"])
    return found
