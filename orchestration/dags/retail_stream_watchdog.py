"""## Watchdog of the continuous stream, every five minutes

The stream (`retail run`, or the application on a cluster) runs outside Airflow: a scheduler restarts batches, a
supervisor keeps a stream alive. This DAG only looks: whether somebody streams into the lake, and whether a record
waits longer than `RETAIL_STREAM_LAG_SECONDS`. Red sends an alert; the next look that is green says that it is over.

It is **paused** when it appears: unpause it where a stream should live. Without a stream `retail_analytics` drains
Kafka by itself every hour, and nothing is missing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import CronDataIntervalTimetable, dag

from lakehouse.settings import load_settings
from orchestration.airflow.tasks import script_task
from orchestration.plan import WATCH


@dag(
    schedule=CronDataIntervalTimetable("*/5 * * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=True,
    dagrun_timeout=timedelta(minutes=5),
    doc_md=__doc__,
    tags=["retail"],
)
def retail_stream_watchdog() -> None:
    """One look; not repeated, for the next one comes in five minutes."""
    script_task("stream_is_alive", WATCH, load_settings(), retries=0)


retail_stream_watchdog()
