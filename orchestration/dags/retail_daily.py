"""## Once a day: what is made of the whole history

| task | does | turns red when |
|---|---|---|
| `refresh_stock` | movements, days and present state of the stock; done by the stream where it holds the lake | the lake is away (after retries) |
| `analyse_customers` | RFM segments, cohorts by month, basket pairs, of customers who gave consent | as above |
| `quality_gate` | judges what changed, writes the Data Docs | a rule is broken |
| `load_to_snowflake`, `verify` | publish it and compare, as every hour | a gate is closed, or a figure differs |
| `certify_tills` | `retail reconcile`: what Kafka holds against every layer, and what tills say of themselves | a record or a receipt is missing: it is named; never retried |
| `data_docs` | the summary page over gates, ledger, reconciliation and quarantine, published beside the Data Docs | the lake cannot be read |

Red publishes nothing of what it concerns, and a red till holds nothing else up. **To recover** mend the cause and clear
the red task with its downstream; repeating a task changes nothing where nothing has changed.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import CronDataIntervalTimetable, chain, dag

from lakehouse.settings import load_settings
from orchestration.airflow.alerts import deadline
from orchestration.airflow.tasks import task_of, tasks_of
from orchestration.plan import CUSTOMERS, DOCS, GATE, LOAD, STOCK, TILLS, VERIFY


@dag(
    schedule=CronDataIntervalTimetable("30 4 * * *", timezone="UTC"),  # after the upkeep of the night
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,  # the tables tell of the whole history: one late run makes up for all
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=6),
    deadline=deadline("retail_daily", timedelta(days=1), minutes=120),
    doc_md=__doc__,
    tags=["retail"],
)
def retail_daily() -> None:
    """Make, judge, publish; tills and pages beside it."""
    settings = load_settings()
    gate = task_of(GATE, settings, retries=0)
    chain(task_of(STOCK, settings), task_of(CUSTOMERS, settings), gate)
    chain(gate, *tasks_of(LOAD, settings), task_of(VERIFY, settings))
    chain(gate, [task_of(TILLS, settings, retries=0), task_of(DOCS, settings)])


retail_daily()
