"""Great Expectations over tables: what changed since the last check, or the whole; opens and closes their gates.

``spark-submit --py-files dist/retail.zip quality/jobs/check_table.py [TABLE…] [--whole]`` beside a live writer or
without one. The one application calls ``check`` in its own session after ``--trigger once --check``.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from pyspark.sql import SparkSession

from lakehouse.contracts import ContractError, contract_names, load_contract
from lakehouse.schema.spark_ddl import columns_ddl
from lakehouse.settings import Settings, load_settings
from lakehouse.storage.delta_tables import ensure_tables, lake_table
from lakehouse.storage.gates import Gate, closed_gates, latest_gates
from lakehouse.storage.job_errors import run_job
from lakehouse.storage.lake_reader import LakeReader, lake_reader, lease_holder
from lakehouse.storage.lease import CHECKER, Holder, Lease
from lakehouse.storage.session import spark_session
from lakehouse.storage.versions import Versions, changed_dates, settled_versions
from quality.data_docs import Page
from quality.docs_site import write_pages
from quality.judge import Judge, RuleNotAsked
from quality.quality_results import Check, Verdict, carried, gate_row, result_rows, told
from quality.scope import WHOLE, Scope, scope_of
from quality.suites import TableRules, rules_of
from quality.views import Views, tables_at

_AT_ONCE = 2
LAYERS = ("bronze", "silver", "gold", "ops")


@dataclass(frozen=True)
class _Round:
    """One run of the checker: its tables are looked at in the state of the same moment."""

    id: str
    at: dt.datetime
    lake: LakeReader
    gates: dict[str, Gate]
    versions: Versions
    is_whole: bool


class GateClosed(RuntimeError):
    """A table broke a rule of severity error; the message names tables and rules."""


def check(
    spark: SparkSession,
    settings: Settings,
    names: Sequence[str] = (),
    *,
    is_whole: bool = False,
    is_settled: bool = False,
) -> list[dict[str, Any]]:
    """Check these tables (``layer.table``; none = all that exist), write verdicts and pages.

    ``is_settled``: the caller holds the lease of the lake and writes nothing meanwhile; else, while somebody
    writes, the tables are read as the last finished batch left them.
    Returns one JSON object per table (quality.quality_results.told). Raises ContractError for an unknown name,
    LeaseHeld while another checker is at work.
    """
    rules = [rules_of(load_contract(*name.split(".", 1))) for name in names or all_tables()]
    with Lease(settings, "check_table", CHECKER) as lease:
        ensure_tables(spark, [lake_table(settings, "ops", name) for name in ("quality_results", "gates")])
        writer = None if is_settled else lease_holder(settings)
        this = _round(settings, rules, is_whole, writer)
        views = Views(spark, tables_at(spark, settings, this.versions))
        outcomes = _judged(views, this, rules)
        views.drop()
        lease.check()
        pages = [each for each in outcomes if isinstance(each, Page)]
        _write(spark, settings, [page.verdict for page in pages], this.gates)
        index = write_pages(settings, this.id, this.at, pages)
        print(json.dumps({"event": "pages", "path": str(index)}), flush=True)
    for each in outcomes:
        if isinstance(each, RuleNotAsked):  # it hides no other verdict
            raise each
    return [
        told(each.verdict) if isinstance(each, Page) else each
        for each in outcomes
        if isinstance(each, Page | dict)
    ]


def all_tables() -> list[str]:
    """Every table that has a contract and is judged."""
    return [f"{layer}.{name}" for layer in LAYERS for name in contract_names(layer)]


def _round(settings: Settings, rules: Sequence[TableRules], is_whole: bool, writer: Holder | None) -> _Round:
    now, lake = dt.datetime.now(dt.UTC), lake_reader(settings)
    names = {name for each in rules for name in (each.table_name, *each.sources)}
    versions = settled_versions(lake, sorted(names), now, writer)
    check_id = f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    return _Round(check_id, now, lake, latest_gates(lake), versions, is_whole)


def _judged(
    views: Views, this: _Round, rules: Sequence[TableRules]
) -> list[Page | dict[str, Any] | RuleNotAsked]:
    """The outcome of each table, two at a time: most of a verdict is planning, in Python and in the driver.

    A table that is not made yet is left out: there is nothing to publish either.
    """
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="judge") as pool:
        return list(
            pool.map(
                lambda each: _outcome(Judge(views), this, each),
                [each for each in rules if each.table_name in this.versions],
            )
        )


def _outcome(judge: Judge, this: _Round, rules: TableRules) -> Page | dict[str, Any] | RuleNotAsked:
    """The page of a table, the verdict that stands because nothing changed, or why nothing is known."""
    started, name = time.monotonic(), rules.table_name
    scope = WHOLE if this.is_whole else _scope(this, rules)
    if scope is None:
        _report(carried(this.gates[name]), started)
        return carried(this.gates[name])
    own = {source: this.versions[source] for source in (name, *rules.sources) if source in this.versions}
    try:
        verdict, result = judge.verdict(Check(this.id, this.at, rules, own, scope))
    except RuleNotAsked as error:
        return error
    _report(told(verdict), started)
    return Page(verdict, result)


def _scope(this: _Round, rules: TableRules) -> Scope | None:
    gate = this.gates.get(rules.table_name)
    if gate is None or gate.rules_id != rules.id:
        return WHOLE
    seen = {rules.table_name: gate.table_version, **gate.source_versions}
    changed = {
        name: changed_dates(this.lake, name, seen.get(name), this.versions[name])
        for name in (rules.table_name, *rules.sources)
        if name in this.versions
    }
    return scope_of(gate, rules.id, rules.table_name, changed)


def _write(
    spark: SparkSession, settings: Settings, verdicts: Sequence[Verdict], before: Mapping[str, Gate]
) -> None:
    """Results first: a gate that stands has its reasons."""
    results = [row for verdict in verdicts for row in result_rows(verdict)]
    gates = [gate_row(verdict, before.get(verdict.check.table_name)) for verdict in verdicts]
    for name, rows in (("quality_results", results), ("gates", gates)) if verdicts else ():
        table = lake_table(settings, "ops", name)
        frame = spark.createDataFrame(rows, columns_ddl(table.contract.table.columns)).coalesce(1)
        frame.write.format("delta").mode("append").save(table.path)


def _report(found: dict[str, Any], started: float) -> None:
    """One line of JSON per table, for the command that started us."""
    print(
        json.dumps({"event": "verdict", **found, "seconds": round(time.monotonic() - started, 3)}), flush=True
    )


def main() -> None:
    """Run the job."""
    parser = argparse.ArgumentParser(
        "check_table", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tables", nargs="*", metavar="TABLE", help="layer.table; none = all")
    parser.add_argument("--whole", action="store_true", help="the whole tables, not only what changed")
    parser.add_argument(
        "--progress-file", default="", help="accepted as every job does; this one reports by lines"
    )
    parser.add_argument("--gate", action="store_true", help="exit 1 while a gate is closed")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.tables if name not in all_tables()]
    if unknown:
        raise ContractError(f"no table {', '.join(unknown)}; tables are {', '.join(all_tables())}")
    settings = load_settings()
    check(spark_session(settings, "retail check_table"), settings, arguments.tables, is_whole=arguments.whole)
    if arguments.gate and (closed := closed_gates(lake_reader(settings))):
        raise GateClosed(
            f"{'; '.join(map(str, closed))}. Nothing is published and the warehouse keeps what it shows: mend the "
            "rows, then clear this task; `retail check` shows examples of them"
        )


if __name__ == "__main__":
    run_job(main)
