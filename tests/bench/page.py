"""Renders docs/bench.md with its plots from docs/evidence/bench*.json: ``python -m tests.bench.page``.

Every number on the page comes from those files. What was not measured is said to be missing, and every missed budget is
named with by how much.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.bench.evidence import FOLDER, ROOT
from tests.bench.plots import draw
from tests.bench.verdicts import MISSING, Evidence, verdicts

_PLOTS = "images"
BOUNDS = "bench_bounds.md"
"""Beside the evidence, written by hand if at all: the profile that says what bounds a missed budget."""
_HEAD = """# How fast, and as fast next year

`make bench` measures with small sizes, `make bench-full` with full ones; both end by writing this page from
`docs/evidence/bench*.json` (`make bench-page` does only that). Do not edit it. Rates were measured in one run, in turn
and more than once: compare what stands in one table, not across machines.
"""
_RIVALS = """
- *Tutorial pipeline, same results*: Spark in batches, csv on S3, as tutorials work, made to leave what the house leaves: raw
  records, refused ones with a reason, cleaned lines (`dropDuplicates` on the id), receipts, lines, hours, products, stores
  and counts; each step reads the csv of the step before.
- *Tutorial pipeline, lines and hours only*: the shorter form that most tutorials stop at: `from_json`, `dropDuplicates`, csv
  to S3; then the csv is read and sums per hour are written. No raw records, rules, quarantine, counts, receipts, members.
  Neither form has transactions or conflicts of content, and both read the whole topic again in each run.
- *confluent-kafka + delta-rs*: Python without Spark; raw records, exactly typed lines, one line per id within a chunk and
  against the table, sums per hour added up in the table, all as Delta on S3. It refuses what does not fit its type, and
  drops it. It has no ledger, no named rules, no quarantine, no conflicts of content, no receipts or dimensions, and a
  chunk that is repeated after a crash in its middle lands its raw records twice.
- *Ours* does what README says: raw records, every rule, ledger, receipts, lines, hours and dimensions, each exactly once.

All must arrive at the same accepted lines, the same net amount and the same hours, or the run fails.
"""
_GROWTH = """
Two lakes take in the same increments in turn. Their pasts are made, not streamed: one real day through the house's own
chain, written again for the days before it into silver, facts and hours, a file a date and table. *Dense*: a date holds as
many lines as an increment, which falls on the newest date. *Sparse*: a date holds a tenth of that and the increment is
spread over the newest ten, so most of it comes late and restates days.
"""
_FRESHNESS = """
Receipts of plain shops at a steady rate into the one application and the publisher; the second half counts. In a table:
when the batch's commit stands in its log; in SQL: when the count of SALES.SALES_NOW has reached it.
"""
_SOAK = "\nReceipts of plain shops at a steady rate into the one application; the thirds begin after the warm-up.\n"
_BACKLOG = """
So many lines wait in the topic, tills go on selling, the application starts. The true age of a batch's events is the time
at which it was done less the broker's own time stamps, read from the topic.
"""
_DASHBOARD = "\nFirst useful paint and refresh in a real browser, over gold in a local warehouse.\n"


def _bench(found: dict[str, Any]) -> str:
    by_name: dict[str, list[dict[str, Any]]] = {}
    for row in found["measurements"]:
        by_name.setdefault(row["measured"], []).append(row)
    rows = []
    for name, all_rounds in by_name.items():
        warm = [row for row in all_rounds if row["round"]]
        each = sorted(row["rate"] for row in warm)
        seconds = ", ".join(str(row["seconds"]) for row in warm)
        cold = all_rounds[0]["seconds"]
        rows.append(
            [name, f"{round(statistics.median(each)):,}", f"{each[0]:,} to {each[-1]:,}", seconds, cold]
        )
    records = found.get("records", found["lines"])
    head = ["measured", "records/s, median", "lowest to highest", "seconds of each round", "warm-up"]
    return f"{records:,} plain lines in the topic.\n\n" + _table(head, rows)


def _growth(found: dict[str, Any]) -> str:
    rows = [
        [case["density"], f"{r['history']:,}", r["round"] or "0 (warm-up)", r["batch_seconds"], r["seconds"]]
        for case in found["cases"]
        for r in case["increments"]
    ]
    made = [
        f"- dates {case['density']}, {h['history']:,} lines: made in {h['made_in_seconds']} s, "
        f"{h['files']['silver.receipts']:,} files of silver.receipts"
        for case in found["cases"]
        for h in case["histories"]
    ]
    head = ["dates", "history", "increment", "seconds of the batch", "of the whole run"]
    return f"{found['increment']:,} lines an increment.\n\n" + "\n".join(made) + "\n\n" + _table(head, rows)


def _freshness(found: dict[str, Any]) -> str:
    rows = [[place, row["p50"], row["p95"], row["budget_p95"]] for place, row in found["places"].items()]
    told = f"{found['rate']:,} lines a second, {found['receipts_looked_at']:,} receipts looked at, "
    return (
        told
        + f"application {found['memory_mib']:,} MiB.\n\n"
        + _table(["place", "p50 s", "p95 s", "budget p95"], rows)
    )


def _soak(found: dict[str, Any]) -> str:
    rows: list[list[object]] = [["batch p95, s", found["batch_p95"]["first"], found["batch_p95"]["last"], ""]]
    rows += [
        [f"memory of {n}, MiB", r["first"], r["last"], f"most {r['most']}"]
        for n, r in found["memory_mib"].items()
    ]
    rows += [
        [f"most files of {n}", r["most_in_first"], r["most_in_last"], f"at the end {r['end']}"]
        for n, r in found["files"].items()
    ]
    told = (
        f"{found['rate']:g} lines a second for {found['minutes']:g} minutes: {found['lines']:,} lines sent, "
    )
    told += f"{found['received']:,} of {found['events']:,} receipts received.\n\n"
    return told + _table(["what", "first third", "last third", ""], rows)


def _backlog(found: dict[str, Any]) -> str:
    drain, memory = found["drain"], found["memory_most_mib"]
    most = ", ".join(f"{name} {size:g} MiB" for name, size in memory.items())
    told = (
        f"{found['waiting']['lines']:,} lines waited and {found['rate']:g} a second came: drained in {drain['seconds']:g} s "
        f"({drain['lines_per_second']:,} lines/s; {drain['seconds_with_the_start_of_the_driver']:g} s with the start of the "
        f"driver). {found['received']:,} of {found['sent']:,} receipts received. Ages were reported too young by at most "
        f"{found['reported_too_young_by']:g} s and "
        f"too old by at most {found['reported_too_old_by']:g} s (a receipt waits in the till's queue before the broker has it). "
        f"Most memory: {most}.\n\n"
    )
    names = ("batch_id", "received", "seconds", "reported_p50", "true_p50", "reported_p95", "true_p95")
    return told + _table(
        [name.replace("_", " ") for name in names], [[b[n] for n in names] for b in found["batches"][:8]]
    )


def _dashboard(found: dict[str, Any]) -> str:
    names = ("page", "what", "cold", "median", "worst", "goal")
    return f"{found['lines']:,} lines.\n\n" + _table(
        list(names), [[row[n] for n in names] for row in found["seconds"]]
    )


_SECTIONS: dict[str, tuple[str, str, Callable[[dict[str, Any]], str]]] = {
    "bench": ("Rates, side by side on the same records", _RIVALS, _bench),
    "bench_freshness": ("Freshness", _FRESHNESS, _freshness),
    "bench_growth": ("Growth", _GROWTH, _growth),
    "bench_soak": ("Soak", _SOAK, _soak),
    "bench_backlog": ("Backlog", _BACKLOG, _backlog),
    "bench_dashboard": ("Dashboard", _DASHBOARD, _dashboard),
}


def evidence_in(folder: Path) -> dict[str, dict[str, Any]]:
    """What the benches wrote there, by name."""
    paths = {name: folder / f"{name}.json" for name in _SECTIONS}
    return {
        name: json.loads(path.read_text(encoding="utf-8")) for name, path in paths.items() if path.exists()
    }


def rendered(evidence: Evidence, bounds: str = "") -> str:
    """The page. ``bounds``: what was found to bound what is missed, in Markdown."""
    rows = [[v.what, v.measured, *v.limits, v.words] for v in verdicts(evidence)]
    table = _table(["what", "measured (lowest to highest)", "floor", "budget", ""], rows)
    elsewhere = "Not measured by the bench: memory of the whole local stack, time to the first live number, recovery after a kill."
    parts = [_HEAD, "## Budgets\n", table, elsewhere + "\n"]
    if bounds:
        parts += ["## What bounds what is missed\n", bounds.strip() + "\n"]
    for name, (title, told, render) in _SECTIONS.items():
        parts.append(f"## {title}\n{told}")
        found = evidence.get(name)
        if found is None:
            parts.append(f"{MISSING.capitalize()}: there is no `docs/evidence/{name}.json`.\n")
            continue
        parts += [f"![{title}]({_PLOTS}/{name}.svg)\n", render(found), _where(name, found)]
    return "\n".join(parts)


def _where(name: str, found: dict[str, Any]) -> str:
    machine = found.get("machine", {"cores": found.get("cores")})
    versions = ", ".join(f"{n} {v}" for n, v in machine.get("versions", {}).items()) or "versions not noted"
    cpu = machine.get("processor") or "processor not noted"
    load = found.get("load_average_at_end")
    dirty = " with uncommitted changes" if found.get("has_uncommitted_changes") else ""
    return (
        f"[{name}.json](evidence/{name}.json): {found['at']}, commit {found['commit'][:12]}{dirty}; {machine['cores']} "
        f"cores, {cpu}, {machine.get('memory_gib', '?')} GiB, {machine.get('system', 'system not noted')}; {versions}; load "
        f"at the end {'not noted' if load is None else round(load, 1)}.\n"
    )


def _table(head: list[str], rows: Sequence[Sequence[object]]) -> str:
    lines: list[Sequence[object]] = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines) + "\n"


def main() -> None:
    """Write the page and its plots."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--evidence", type=Path, default=FOLDER, help="folder of bench*.json")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="where bench.md and images/ go")
    given = parser.parse_args()
    evidence = evidence_in(given.evidence)
    bounds = given.evidence / BOUNDS
    for name, found in evidence.items():
        draw(name, found, given.docs / _PLOTS)
    text = rendered(evidence, bounds.read_text(encoding="utf-8") if bounds.exists() else "")
    (given.docs / "bench.md").write_text(text, encoding="utf-8")
    for each in verdicts(evidence):
        print(f"{each.what}: {each.measured}; {each.words.replace('*', '')}")


if __name__ == "__main__":
    main()
