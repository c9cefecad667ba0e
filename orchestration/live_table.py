"""What `retail run` shows: the live table, and the plain line where stdout is no terminal. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from infra.local.processes import ChildRecord
from orchestration.job_log import Event
from orchestration.live_numbers import Numbers, outcomes_text

_SHOWN_MESSAGES = 4
_STYLES = {"up": "green", "done": "green", "starting": "yellow", "waiting": "yellow", "failed": "red"}
_NET_NAMES = {"receipts": "silver", "fct_sales_lines": "facts", "agg_sales_hourly": "hours"}


@dataclass(frozen=True)
class View:
    """Everything that one picture shows. ``batches`` are those of the last minute; ``now`` is seconds since 1970."""

    now: float
    seconds: float
    numbers: Numbers = field(default_factory=Numbers)
    batches: Sequence[Event] = ()
    writer: str = ""
    children: Sequence[ChildRecord] = ()
    messages: Sequence[str] = ()
    dashboard: str = ""


def freshness(batches: Sequence[Event]) -> tuple[float, float] | None:
    """Seconds from till to gold: median of the batches' p50 and the worst of their p95; None without sales."""
    timed = [batch for batch in batches if "freshness_p50" in batch]
    if not timed:
        return None
    return median(batch["freshness_p50"] for batch in timed), max(batch["freshness_p95"] for batch in timed)


def live_table(view: View) -> RenderableType:
    """The picture."""
    sides = Table.grid(padding=(0, 3))
    sides.add_row(_layers(view, ("bronze", "silver")), _layers(view, ("gold",)))
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="bold")
    for name, text in _facts(view):
        facts.add_row(name, text)
    messages = Text("\n".join(view.messages[-_SHOWN_MESSAGES:]), style="dim")
    title = f"retail run · {view.seconds:.0f} s · Ctrl-C stops it, the servers stay up"
    return Panel(
        Group(sides, "", facts, *([Text(""), messages] if view.messages else [])),
        title=title,
        box=box.ROUNDED,
    )


def plain_line(view: View) -> str:
    """The same in one line for logs and pipes."""
    fresh = freshness(view.batches)
    rows = view.numbers.rows
    parts = [f"{view.seconds:.0f} s"]
    for layer, table in (("bronze", "sales_data"), ("silver", "receipts"), ("gold", "fct_sales_lines")):
        parts.append(f"{layer}.{table} {rows.get(layer, {}).get(table) or 0:,}")
    parts.append(outcomes_text(view.numbers.ledger))
    parts += [f"net {line}" for line in _net_lines(view.numbers)]
    if fresh:
        parts.append(f"freshness p50 {fresh[0]:.1f} s p95 {fresh[1]:.1f} s")
    return " | ".join(parts)


def _layers(view: View, layers: Sequence[str]) -> Table:
    made = Table(box=None, pad_edge=False, show_header=False)
    made.add_column(min_width=20)
    made.add_column(justify="right", min_width=11)
    for layer in layers:
        made.add_row(Text(layer, style="bold cyan"), Text("rows", style="dim"))
        for name, rows in view.numbers.rows.get(layer, {}).items():
            made.add_row(name, "–" if rows is None else f"{rows:,}")
    return made


def _facts(view: View) -> list[tuple[str, Text]]:
    fresh = freshness(view.batches)
    timed = (
        f"p50 {fresh[0]:.1f} s, p95 {fresh[1]:.1f} s from till to gold, last minute"
        if fresh
        else "no sale yet"
    )
    if view.batches:
        last = view.batches[-1]
        timed += (
            f"; batch {last['batch_id']} {max(0.0, view.now - last['at']):.0f} s ago, {last['seconds']:.1f} s"
        )
    ledger = view.numbers.ledger
    told = Text(outcomes_text(ledger))
    ahead = sum(rows or 0 for rows in view.numbers.rows.get("bronze", {}).values()) - ledger.get(
        "received", 0
    )
    if ahead > 0:
        told.append(f", {ahead:,} more being written", style="dim")
    if ledger.get("quarantined"):
        told.append("  (retail quarantine list)", style="yellow")
    nets = _net_lines(view.numbers) or ["nothing sold yet"]
    children = Text()
    for child in view.children:
        children.append(f"{child.name} ")
        children.append(child.state, style=_STYLES[child.state])
        children.append(f" (restarted {child.restarts} times)  " if child.restarts else "  ")
    return [
        ("net sales", Text("\n".join(nets))),
        ("ledger", told),
        ("freshness", Text(timed)),
        ("writer", Text(view.writer or "nobody yet")),
        ("processes", children),
        *([("dashboard", Text(view.dashboard))] if view.dashboard else []),
    ]


def _net_lines(numbers: Numbers) -> list[str]:
    """``GBP silver 10.00 · facts 10.00 · hours 10.00`` for each currency."""
    currencies = sorted({code for sums in numbers.net.values() for code in sums})
    return [
        f"{code} "
        + " · ".join(
            f"{_NET_NAMES[name]} {sums[code]:,.2f}" for name, sums in numbers.net.items() if code in sums
        )
        for code in currencies
    ]
