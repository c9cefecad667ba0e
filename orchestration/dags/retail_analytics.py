"""## Retail analytics, every hour: from Kafka to what Snowflake shows

| task | does | turns red when |
|---|---|---|
| `process_data` | brings gold up to the end of the interval: drains Kafka, or waits until the continuous stream has passed that time | Kafka, the lake or the stream is away (after retries), or the stream is behind: the lag is named |
| `quality_gate` | Great Expectations over what changed; opens and closes gates, writes Data Docs | a table breaks a rule: tables and rules are named; never retried |
| `load_to_snowflake` | REFRESH of external tables, release of the export to Snowpipe | a gate is closed, or Snowflake refuses |
| `verify` | rows and control totals of lake, gold and SALES, once Snowpipe has loaded | a penny differs: both figures are named |

Red keeps the last good state served: nothing is published before the gate. **To recover**, mend the cause and clear
the red task with its downstream; each task may run again at any time and changes nothing the second time.
Without an interval (triggered by hand) a run reaches up to now.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import CronDataIntervalTimetable, chain, dag

from lakehouse.settings import load_settings
from orchestration.airflow.alerts import deadline
from orchestration.airflow.tasks import layer_assets, tasks_of
from orchestration.plan import GATE, WALK


@dag(
    schedule=CronDataIntervalTimetable("@hourly", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,  # gold up to now holds the hours before: one late run makes up for all
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=3),
    deadline=deadline("retail_analytics", timedelta(hours=1), minutes=45),
    default_args={
        "priority_weight": 10
    },  # the hour goes before what is done once a day, where both wait for Spark
    doc_md=__doc__,
    tags=["retail"],
)
def retail_analytics() -> None:
    """The round of orchestration.plan.WALK, with the gate as owner of the layers' assets."""
    settings = load_settings()
    own = {GATE.name: {"retries": 0, "outlets": layer_assets(settings)}}
    steps = [task for step in WALK for task in tasks_of(step, settings, **own.get(step.name, {}))]
    chain(EmptyOperator(task_id="start"), *steps, EmptyOperator(task_id="end"))


retail_analytics()
