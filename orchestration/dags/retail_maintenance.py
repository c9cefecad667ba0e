"""## Upkeep of the lake, every night

| task | does | turns red when |
|---|---|---|
| `maintain_lake` | what contracts let go of (old bytes of bronze and quarantine, old export files), OPTIMIZE and VACUUM of every table, one at a time; done by the stream between two batches where it holds the lake, else by this job. Delta and Spark clean their logs and checkpoints as they go | a table cannot be compacted, or the stream does not answer (after retries) |
| `audit` | every rule over the whole of every table, not only what changed: gold equals what silver and its own lines add up to, an id stands once under all dates; prunes old Data Docs | a rule is broken; the gate closes and nothing is published until it is mended |
| `audit_gold` | gold as it grew against gold made at once: facts and hours from silver month by month, stock and customers from their sources | a table differs: it is named with its days, and with the remedy |

VACUUM keeps what left a table less than `RETAIL_RETENTION_HOURS` ago (a week): Snowflake goes on reading the files of
its last refresh. While a gate is closed, and a day longer, it takes no file of gold, ops or quarantine. **To recover** clear the red task: the same request goes on with the tables that are left.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import CronDataIntervalTimetable, chain, dag

from lakehouse.settings import load_settings
from orchestration.airflow.alerts import deadline
from orchestration.airflow.tasks import spark_task
from orchestration.plan import AUDIT, CHECK, TEND

REQUEST = "maintain-{{ ts_nodash if dag_run.logical_date else run_id }}"


@dag(
    schedule=CronDataIntervalTimetable("30 2 * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=6),
    deadline=deadline("retail_maintenance", timedelta(days=1), minutes=180),
    doc_md=__doc__,
    tags=["retail"],
)
def retail_maintenance() -> None:
    """Tidy first: both audits then read fewer files."""
    settings = load_settings()
    maintained = spark_task("maintain_lake", TEND, ("maintain", "--request", REQUEST), settings)
    chain(
        maintained,
        spark_task("audit", CHECK, ("--whole", "--gate"), settings, retries=0),
    )
    chain(maintained, spark_task("audit_gold", AUDIT, (), settings))


retail_maintenance()
