"""What a person sees of a summary, a status, a diagnosis: rich tables. Pure: values in, renderable out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from infra.local.doctor import Finding
from orchestration.summary import OUTCOMES

Json = dict[str, Any]
_MIB = 1 << 20


def table(*columns: str, title: str = "", right: Sequence[str] = ()) -> Table:
    """An empty table in the house's look; columns named in ``right`` hold numbers."""
    made = Table(
        title=title or None, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False
    )
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return made


def layers_table(layers: Mapping[str, Mapping[str, int | None] | None]) -> Table:
    """Rows per layer and table."""
    made = table("layer", "table", "rows", title="Lake", right=("rows",))
    for layer, tables in layers.items():
        for number, (name, rows) in enumerate((tables or {}).items()):
            made.add_row(layer if number == 0 else "", name, "not made yet" if rows is None else f"{rows:,}")
    return made


def ledger_line(ledger: Json, writer: str | None = None) -> Text:
    """``received 10 = 8 accepted + 1 duplicate + 1 quarantined, balanced``. While a writer is at work bronze may
    be ahead of the ledger by the batch that it writes."""
    parts = " + ".join(f"{ledger[name]:,} {name}" for name in OUTCOMES)
    verdict = ("balanced", "green") if ledger["balanced"] else ("NOT BALANCED", "bold red")
    if writer and not ledger["balanced"]:
        verdict = ("not balanced yet: a batch is being written", "yellow")
    return Text.assemble(
        f"Ledger  {ledger['received']:,} received = {parts}; {ledger['lines']:,} lines; ", verdict
    )


def summary_screen(found: Json) -> RenderableType:
    """The figures of `retail run --once`."""
    totals, quality = found["totals"], found["quality"]
    names = ("sales_lines", "receipts", "units", "net_value", "customers")
    headings = [name.replace("_", " ") for name in names]
    sold = table(*headings, title="Gold, without voided lines", right=headings)
    sold.add_row(
        *(str(totals[name]) if isinstance(totals[name], str) else f"{totals[name]:,}" for name in names)
    )
    return Group(
        layers_table(found["layers"]),
        sold,
        ledger_line(found["ledger"]),
        Text(
            f"Quality {quality['checked']} rules checked, in the stream and over the tables; {quality['failed']} broken"
        ),
        Text(f"{found['seconds']:.1f} s"),
    )


def status_screen(found: Json, with_tables: bool = False) -> RenderableType:
    """One screen of `retail status`: alive, fresh, balanced, refused, gates, next. ``with_tables``: rows of each too."""
    parts: list[RenderableType] = [_alive_line(found), _servers_line(found["servers"])]
    if found["layers"] is not None:
        parts.append(_layers_summary(found["layers"], found["freshness"] or {}))
    if found["ledger"] is not None:
        parts.append(ledger_line(found["ledger"], found["writer"]))
    if found["waiting"] is not None:
        parts.append(Text(f"Kafka   {found['waiting']:,} records wait for a batch"))
    if found["layers"] is not None:
        parts.append(_refused_line(found["quarantine"] or {}))
    if found["gates"] is not None:
        parts.append(_gates_line(found["gates"]))
    if "lake_error" in found:
        parts.append(Text(found["lake_error"], style="red"))
    parts.append(Text("Next    " + "\n        ".join(found["next"]), style="bold"))
    if with_tables and found["layers"] is not None:
        parts.append(layers_table(found["layers"]))
    return Group(*parts)


def _alive_line(found: Json) -> Text:
    alive = Text("Alive   ")
    alive.append("yes", "green") if found["writer"] else alive.append("no", "yellow")
    alive.append(f"  {found['writer'] or 'nobody writes the lake'}")
    if found["last_batch"] is not None:
        alive.append("\n" + batch_text(found["last_batch"]))
    return alive


def _servers_line(servers: Sequence[Json]) -> Text:
    line, styles = Text("Servers "), {"up": "green", "starting": "yellow", "down": "bold red"}
    for number, row in enumerate(servers):
        line.append(", " if number else "").append(f"{row['name']} ").append(
            row["state"], styles[row["state"]]
        )
        if row["restarts"]:
            line.append(f" (restarted {row['restarts']} times)")
    used = sum(row["rss"] or 0 for row in servers)
    return line.append(f"; {used // _MIB:,} MiB") if used else line


def _layers_summary(layers: Mapping[str, Mapping[str, int | None]], fresh: Json) -> Table:
    """Tables made, rows, and how old the newest sale is, one line a layer."""
    made = table("layer", "tables", "rows", "newest sale", "till to layer", right=("rows",))
    for layer, counts in layers.items():
        known = [rows for rows in counts.values() if rows is not None]
        tables = f"{len(known)} of {len(counts)}" if known else "not made yet"
        seen = fresh.get(layer)
        newest = f"{age(seen['age_seconds'])} ago" if seen else ""
        newest += " (canary)" if seen and seen["is_canary"] else ""
        made.add_row(layer, tables, f"{sum(known):,}", newest, age(seen["lag_seconds"]) if seen else "")
    return made


def _refused_line(rules: Mapping[str, int], most: int = 4) -> Text:
    if not rules:
        return Text("Refused nothing in quarantine")
    told = ", ".join(f"{rule} {count:,}" for rule, count in list(rules.items())[:most])
    return Text(f"Refused {told}" + (f" and {len(rules) - most} rules more" if len(rules) > most else ""))


def _gates_line(gates: Json) -> Text:
    if not gates["checked"]:
        return Text("Gates   no table was checked yet (`retail check`)")
    if not gates["closed"]:
        return Text(f"Gates   all {gates['checked']} open")
    names = ", ".join(gate["table"] for gate in gates["closed"])
    return Text.assemble("Gates   ", (f"CLOSED: {names}", "bold red"), f"; {gates['checked']} tables checked")


def batch_text(batch: Json) -> str:
    """The last batch: number, age, records, freshness from till to gold."""
    told = f"Batch   {batch['batch_id']}, {age(batch['age_seconds'])} ago: {batch['received']:,} records in {batch['seconds']} s"
    if "freshness_p50" in batch:
        told += f"; till to gold p50 {batch['freshness_p50']} s, p95 {batch['freshness_p95']} s"
    return told


def age(seconds: float) -> str:
    """``42 s``, ``7 min``, ``3 h`` or ``2 days``."""
    for unit, size, most in (("s", 1, 120), ("min", 60, 7200), ("h", 3600, 172_800)):
        if seconds < most:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86_400:.0f} days"


def doctor_screen(findings: Sequence[Finding]) -> RenderableType:
    """What was examined; a failed point comes with what was expected and its remedy."""
    made = table("", "examined", "seen")
    for finding in findings:
        seen = Text(finding.seen)
        if not finding.ok:
            seen.append(f"\nexpected {finding.expected}\n", style="yellow")
            seen.append(f"remedy: {finding.remedy}", style="bold")
        made.add_row(Text("ok", "green") if finding.ok else Text("FAILED", "bold red"), finding.name, seen)
    return made
