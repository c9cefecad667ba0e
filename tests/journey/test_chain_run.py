"""One command over a week of the simulated chain: every table of gold and every key figure is what its events make.

The figures are asked four times: of the events themselves (DuckDB, no code of the pipeline), of Spark over the lake, of
SQL in the local Snowflake, and of the measures of the Power BI model over the rows that its queries bring.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from ingestion.events import TOPICS
from ingestion.simulator.chain import ChainPlan
from ingestion.simulator.event_files import write_event_files
from ingestion.simulator.week import Week, chain_week
from lakehouse.contracts.kpis import Kpi, all_kpis
from lakehouse.rules.kpi_sql import spark_expression
from lakehouse.settings import Settings
from lakehouse.storage.delta_tables import lake_table, rows_of
from tests.journey.expected_events import expected_events
from tests.journey.expected_gold import SALES_TABLES, comparisons, rows_that_differ, stock_and_customers
from tests.journey.expected_kpis import EXPECTED_KPIS
from tests.journey.expected_sales import FCT_SALES_LINES
from tests.journey.gold_tables import differences, take_gold
from tests.warehouse.powerbi.dax_values import Tables, rows_of_the_model, same_number, values
from tests.warehouse.powerbi.tmdl_reader import read_model
from warehouse.connection import connect
from warehouse.render.kpis import snowflake_query
from warehouse.render.powerbi import MODEL
from warehouse.render.powerbi.measures import all_measures
from warehouse.render.powerbi.names import caption

pytestmark = [pytest.mark.stack, pytest.mark.long, pytest.mark.timeout(1800)]
FIRST_DAY = date(2026, 10, 19)
"""A Monday; on the last night of its week clocks go back."""
ROOT = Path(__file__).resolve().parents[2]
MODEL_FOLDER = ROOT / "warehouse/powerbi" / MODEL / "definition"
Figures = dict[tuple[Any, ...], Any]


@dataclass(frozen=True)
class Run:
    """A finished `retail run --once`: its answer, its lake and database, and what its events make."""

    answer: dict[str, Any]
    settings: Settings
    week: Week
    events: duckdb.DuckDBPyConnection


@pytest.fixture(scope="module", params=[7, 8, 9])
def run(
    request: pytest.FixtureRequest,
    stack: Settings,
    retail: Callable[..., CompletedProcess[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Run:
    """The command over the week of a seed."""
    seed: int = request.param
    week, folder = chain_week(ChainPlan(FIRST_DAY, seed)), tmp_path_factory.mktemp("week")
    database = f"WEEK_{seed}"
    done = retail(
        *("run", "--once", "--source", "simulate", "--seed", str(seed), "--start", f"{FIRST_DAY}", "--json"),
        prefix=f"week{seed}",
        RETAIL_SNOWFLAKE_DATABASE=database,
        RETAIL_MAX_DAYS_BACK="36500",
    )
    assert done.returncode == 0, done.stderr
    own = {"topic_prefix": f"week{seed}.", "lake_prefix": f"week{seed}", "snowflake_database": database}
    settings = stack.model_copy(update=own)
    write_event_files(week, folder)
    events = expected_events(folder, settings.default_currency, settings.default_zone)
    return Run(json.loads(done.stdout), settings, week, events)


def test_every_table_of_gold_is_what_the_events_make(run: Run) -> None:
    take_gold(run.events, run.settings, SALES_TABLES)
    sales = comparisons(run.settings, has_parts=False)
    found = {name: differences(run.events, expected, seen) for name, expected, seen in sales}
    for name, rows in stock_and_customers(run.events, run.settings).items():
        found[name] = rows_that_differ(run.settings, name, rows)
    assert not {name: told for name, told in found.items() if told}
    assert len(found) == 15


def test_the_ledger_counts_what_was_sent_broken_and_repeated(run: Run) -> None:
    sent, repeated, broken = traffic(run.week)
    ledger = run.answer["ledger"]
    assert min(repeated, broken) > 0
    assert (ledger["received"], ledger["duplicate"], ledger["quarantined"]) == (sent, repeated, broken)
    assert ledger["balanced"]


def test_every_key_figure_is_what_the_events_make_in_sql_spark_and_dax(run: Run, spark: SparkSession) -> None:
    by_events = figures_of_the_events(run)
    with connect(run.settings) as warehouse:
        by_sql = {kpi.id: figures(warehouse.rows(snowflake_query(kpi))) for kpi in all_kpis()}
        tables = rows_of_the_model(warehouse)
    by_spark = {kpi.id: figures_of_spark(spark, run.settings, kpi) for kpi in all_kpis()}
    assert by_events.keys() | {"failed_rule_share"} == by_sql.keys()
    told = differing(by_events, by_sql, "events and SQL") + differing(by_spark, by_sql, "Spark and SQL")
    told += differing(figures_of_dax(tables, by_sql), by_sql, "DAX and SQL")
    assert not told, "\n".join(told)
    assert all(any(found.values()) for name, found in by_sql.items() if name not in MAY_BE_NOTHING)


MAY_BE_NOTHING = ("failed_rule_share", "returning_customers", "returning_share")
"""One week lies in one month, so nobody comes back in a later one; no rule fails over sound events."""


def traffic(week: Week) -> tuple[int, int, int]:
    """Messages sent, sound ones that repeat an earlier one, broken ones."""
    sent = [message.event_id for message in week.messages if message.topic in TOPICS]
    broken = [event_id for event_id in sent if event_id in week.faults.corrupted]
    sound = len(sent) - len(broken)
    return len(sent), sound - len(set(sent) - set(broken)), len(broken)


def figures_of_the_events(run: Run) -> dict[str, Figures]:
    """Each figure by its grain, by the queries of expected_kpis."""
    made = stock_and_customers(run.events, run.settings)
    names = {"movements": "fct_inventory_movements", "days": "fct_inventory_daily", "now": "inventory_now",
             "rfm": "customer_rfm", "cohorts": "customer_cohorts"}  # fmt: skip
    for name, table in names.items():
        run.events.register(name, pa.Table.from_pandas(pd.DataFrame(made[table])))
    sent, repeated, broken = traffic(run.week)
    run.events.execute(f"CREATE OR REPLACE VIEW lines AS {FCT_SALES_LINES}")
    run.events.execute(
        f"CREATE OR REPLACE VIEW traffic AS SELECT {sent} AS sent, {repeated} AS repeated, {broken} AS broken"
    )
    return {
        name: {row[:-1]: row[-1] for row in run.events.execute(sql).fetchall()}
        for name, sql in EXPECTED_KPIS.items()
    }


def figures_of_spark(spark: SparkSession, settings: Settings, kpi: Kpi) -> Figures:
    table = rows_of(spark, lake_table(settings, kpi.layer, kpi.table))  # type: ignore[arg-type]
    found = table.groupBy(*kpi.grain).agg(F.expr(spark_expression(kpi)).alias("figure"))
    return {tuple(row)[:-1]: row[-1] for row in found.collect() if None not in tuple(row)[:-1]}


def figures_of_dax(tables: Tables, by_sql: dict[str, Figures]) -> dict[str, Figures]:
    """Each figure for the groups that SQL knows."""
    model, measures = read_model(MODEL_FOLDER), {measure.name: measure for measure in all_measures()}
    found: dict[str, Figures] = {}
    for kpi in all_kpis():
        measure = measures[caption(kpi.name)]
        for group in by_sql[kpi.id]:
            choice = {field: [value] for field, value in zip(measure.by, group, strict=True)}
            seen = values(model, tables, choice, [measure.name])[measure.name]
            found.setdefault(kpi.id, {})[group] = seen
    return found


def figures(rows: list[dict[str, Any]]) -> Figures:
    told = [tuple(row.values()) for row in rows]
    return {row[:-1]: row[-1] for row in told if None not in row[:-1]}


def differing(one: dict[str, Figures], other: dict[str, Figures], what: str) -> list[str]:
    """Where two ways to a figure do not agree. Sums and counts are equal; floats (DAX, DuckDB's quotients) nearly."""
    told = []
    for name, found in one.items():
        for group in found.keys() | other[name].keys():
            seen, expected = found.get(group), other[name].get(group)
            is_exact = isinstance(seen, Decimal | int)
            if not (seen == expected if is_exact else same_number(seen, expected)):
                told.append(f"{what} differ in {name}{list(group)}: {seen}, {expected}")
    return told
