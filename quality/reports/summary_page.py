"""The summary page as HTML. Pure: findings in, text out; it loads nothing from elsewhere and follows light or dark."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from quality.examples import fields_of

Json = dict[str, Any]

_TEMPLATE = "summary_page.html.jinja"


@dataclass(frozen=True)
class Occasion:
    """What the page is made for and what it cannot read from the lake itself; absent parts are None.

    ``lake``: its address; ``command`` that made it; ``totals`` and ``layers`` as in the figures of a run;
    ``reconcile`` as `retail reconcile --json`, else why not; ``states``: what became of quarantine; ``last_batch``:
    a sentence on the last batch.
    """

    lake: str
    command: str = ""
    totals: Mapping[str, Any] | None = None
    layers: Mapping[str, Any] | None = None
    reconcile: Mapping[str, Any] | None = None
    reconcile_note: str = "nobody asked for it."
    states: Mapping[str, int] | None = None
    last_batch: str = ""


def summary_page(report: Json, occasion: Occasion, docs_link: str | None) -> str:
    """The page. ``report`` as quality.reports.run_report.run_report gives it; ``docs_link`` leads to Data Docs."""
    stores = report["quarantine"]["stores"]
    states = sorted((occasion.states or {}).items())
    page = {
        **report,
        **vars(occasion),
        "occasion": occasion.command,
        "states": ", ".join(f"{count:,} {state}" for state, count in states),
        "docs_link": docs_link,
        "tiles": tiles(report, occasion),
        "verdict": verdict(report, occasion),
        "heat_top": max((count for row in stores for count in row["by_day"]), default=1),
    }
    return _environment().get_template(_TEMPLATE).render(page=page)


def verdict(report: Json, occasion: Occasion) -> Json:
    """One line for the head of the page: the worst that was found, and its mood (good, warn, bad)."""
    gates = report["gates"] or ()
    closed = [gate["table_name"] for gate in gates if not gate["is_open"]]
    told = f"{len(closed)} {'gate is' if len(closed) == 1 else 'gates are'} closed: {', '.join(closed[:3])}"
    differs = occasion.reconcile is not None and not occasion.reconcile["agrees"]
    findings = (
        (differs, "bad", "Layers differ"),
        (not all(row["is_balanced"] for row in report["ledger"]), "bad", "The ledger does not balance"),
        (bool(closed), "bad", told),
        (not report["ledger"], "warn", "Nothing was received yet"),
        (not gates, "warn", "Balanced; tables not checked yet"),
        (any(gate["warning_ids"] for gate in gates), "warn", "All gates are open, with warnings"),
        (True, "good", "All gates are open"),
    )
    return next({"mood": mood, "title": title} for applies, mood, title in findings if applies)


def tiles(report: Json, occasion: Occasion) -> list[Json]:
    """The figures at the head of the page: name, value, note, mood."""
    received = sum(row["received"] for row in report["ledger"])
    refused = sum(row["quarantined"] for row in report["ledger"])
    balanced = all(row["is_balanced"] for row in report["ledger"])
    share = f"{refused / received:.2%} of them refused" if received else "none yet"
    made = [_tile("records received", f"{received:,}", share, "good" if balanced else "bad")]
    gates = report["gates"]
    if gates is None:
        made.append(_tile("gates", "–", "not checked yet", "warn"))
    else:
        count = sum(gate["is_open"] for gate in gates)
        note = f"{sum(len(gate['rule_ids']) for gate in gates)} rules failed"
        made.append(
            _tile("gates open", f"{count} of {len(gates)}", note, "good" if count == len(gates) else "bad")
        )
    if occasion.reconcile is not None:
        count = len(occasion.reconcile["differences"])
        made.append(_tile("reconciliation", f"{count:,} differences" if count else "agrees",
                          "Kafka's offsets to gold", "bad" if count else "good"))  # fmt: skip
    still_open = (occasion.states or {}).get("open")
    if still_open is not None:
        made.append(
            _tile("quarantine open", f"{still_open:,}", "never replayed", "warn" if still_open else "good")
        )
    if occasion.totals is not None:
        note = f"{occasion.totals['sales_lines']:,} lines of {occasion.totals['receipts']:,} receipts"
        made.append(_tile("net sales", _grouped(occasion.totals["net_value"]), note, ""))
    newest = min((row["age"] for row in report["freshness"] if row["age"] is not None), default=None)
    gold = next(row["age"] for row in report["freshness"] if row["layer"] == "gold")
    if newest is not None:
        made.append(_tile("newest in gold", "nothing" if gold is None else span(gold) + " old",
                          f"newest anywhere {span(newest)}", ""))  # fmt: skip
    return made


def span(seconds: float) -> str:
    """``42 s``, ``7 min``, ``3 h`` or ``2 days``."""
    for unit, size, most in (("s", 1, 120), ("min", 60, 7200), ("h", 3600, 172_800)):
        if seconds < most:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86_400:.0f} days"


def _grouped(decimal_text: str) -> str:
    """An amount with its thousands set apart, to the penny."""
    whole, _, fraction = decimal_text.partition(".")
    return f"{int(whole):,}.{fraction[:2]:0<2}"


def _tile(name: str, value: str, note: str, mood: str) -> Json:
    return {"name": name, "value": value, "note": note, "mood": mood}


def _environment() -> Environment:
    """What is shown comes from records of strangers: everything is escaped, and a missing name is an error."""
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    made.filters["moment"] = lambda at: f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}"
    made.filters["instant"] = lambda at: f"{dt.datetime.fromtimestamp(at, dt.UTC):%d %b %H:%M} UTC"
    made.filters["count"] = lambda number: f"{number:,}"
    made.filters["span"] = span
    made.filters["fields"] = fields_of
    return made
