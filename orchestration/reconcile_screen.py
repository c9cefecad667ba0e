"""What a person sees of a reconciliation. Pure: values in, renderable out."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from orchestration.screens import table

Json = dict[str, Any]

_SHOWN = 20
_COUNTS = ("received", "accepted", "duplicate", "quarantined", "gaps")


def reconcile_screen(found: Json) -> RenderableType:
    """Partitions, sums that must agree, differences, verdict."""
    return Group(*_partitions(found["partitions"]), _chain(found["chain"]), *_verdict(found))


def _partitions(rows: list[Json]) -> list[RenderableType]:
    """A table for each query: its partitions with the offsets and counts that its batches took."""
    tables: list[RenderableType] = []
    for query in sorted({row["query"] for row in rows}):
        own = [row for row in rows if row["query"] == query]
        title = f"Ledger of query {query}, {max(row['batches'] for row in own):,} batches"
        made = table("partition", "offsets", *_COUNTS, title=title, right=("offsets", *_COUNTS))
        made.columns[0].no_wrap = made.columns[1].no_wrap = True
        for row in own:
            counts = (f"{row[name]:,}" for name in _COUNTS)
            offsets = f"{row['first_offset']}–{row['last_offset']}"
            made.add_row(f"{row['topic']}/{row['partition']}", offsets, *counts)
        tables.append(made)
    return tables


def _chain(rows: list[Json]) -> RenderableType:
    made = table("", "", "", "", title="Layer against layer", right=("", ""))
    for row in rows:
        made.add_row(
            Text("ok", "green") if row["agrees"] else Text("DIFFERS", "bold red"),
            f"{row['left_value']:,} {row['left_name']}",
            "=" if row["agrees"] else "≠",
            f"{row['right_value']:,} {row['right_name']}",
        )
    return made


def _verdict(found: Json) -> list[RenderableType]:
    told: list[RenderableType] = [Text(each["message"], "red") for each in found["differences"][:_SHOWN]]
    more = len(found["differences"]) - _SHOWN
    if more > 0:
        told.append(Text(f"and {more:,} more differences (--json lists all)", "red"))
    told += _tills(found["tills"])
    if found["in_flight"]:
        batch = found["in_flight"]["batch_id"]
        told.append(
            Text(f"{found['writer']} writes: compared up to the batch before {batch}, which may be in flight")
        )
    if not found["with_gold"]:
        told.append(Text("gold was left out: a job of its own is writing it"))
    told.append(Text(f"{found['waiting']:,} offsets on the broker wait for a batch"))
    if found["agrees"]:
        told.append(Text("everything agrees", "bold green"))
    else:
        hint = (
            ""
            if found["writer"]
            else "; nobody writes the lake, so `retail process` first: it completes a batch that was interrupted"
        )
        told.append(Text(f"{len(found['differences']):,} differences{hint}", "bold red"))
    return told


def _tills(sessions: list[Json]) -> list[RenderableType]:
    """Till sessions that differ from their receipts."""
    told: list[RenderableType] = [Text(each["message"], "yellow") for each in sessions[:_SHOWN]]
    if len(sessions) > _SHOWN:
        told.append(Text(f"and {len(sessions) - _SHOWN:,} more till sessions (--json lists all)", "yellow"))
    return told
