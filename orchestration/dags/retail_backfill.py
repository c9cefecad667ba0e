"""## Backfill: gold of past business days made anew from silver

Trigger it with `from` and `to` (both included), or with `topic`, `partition`, `from_offset` and `to_offset` for the
days that those records belong to. Days are replaced one at a time; `pause_seconds` between two of them leaves the
stream its turn, so its freshness stays within the SLA. Where the stream holds the lake it does the work itself,
between two batches; else this job does. Repeating a backfill changes no figure.

| task | does |
|---|---|
| `rebuild_days` | facts and hours of each day from silver; a killed run goes on with the days that are left |
| `quality_gate` | judges what changed |
| `load_to_snowflake`, `verify` | publish it and compare, as every hour |

**To recover** clear the red task: finished days are not made again.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import Param, chain, dag

from lakehouse.settings import load_settings
from orchestration.airflow.tasks import spark_task, task_of, tasks_of
from orchestration.plan import GATE, LOAD, TEND, VERIFY

_DAY = {"type": ["null", "string"], "format": "date"}
_NUMBER = {"type": ["null", "integer"], "minimum": 0}
_RANGE = ("from", "to", "topic", "partition", "from_offset", "to_offset", "pause_seconds")


@dag(
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=24),
    doc_md=__doc__,
    tags=["retail"],
    params={
        "from": Param(None, description="first business day", **_DAY),
        "to": Param(None, description="last business day", **_DAY),
        "topic": Param(None, type=["null", "string"], description="instead of days: records of this topic"),
        "partition": Param(None, description="its partition", **_NUMBER),
        "from_offset": Param(None, description="first offset", **_NUMBER),
        "to_offset": Param(None, description="last offset", **_NUMBER),
        "pause_seconds": Param(2, type="number", minimum=0, description="rest between two days"),
    },
)
def retail_backfill() -> None:
    """Rebuild, judge, publish, compare."""
    settings = load_settings()
    # An empty value counts as absent, so that one command serves both kinds of range.
    given = [
        f"--{name.replace('_', '-')}={{{{ '' if params['{name}'] is none else params['{name}'] }}}}"
        for name in _RANGE
    ]
    chain(
        spark_task("rebuild_days", TEND, ("rebuild", "--request", "rebuild-{{ run_id }}", *given), settings),
        task_of(GATE, settings, retries=0),
        *tasks_of(LOAD, settings),
        task_of(VERIFY, settings),
    )


retail_backfill()
