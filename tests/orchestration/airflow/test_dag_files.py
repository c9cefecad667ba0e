"""The DAG files as Airflow reads them: whole, in the plan's order, without Spark, servers or a network."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from orchestration.plan import WALK
from tests.orchestration.airflow.conftest import in_airflow

# Reads the folder with every socket forbidden and no subprocess allowed, then tells what it saw.
LOOK = """
import json, socket, subprocess, sys
from airflow.dag_processing.dagbag import DagBag

def refused(*arguments, **named):
    raise AssertionError(f"parsing a DAG file opened a connection or started a process: {arguments}")

socket.socket.connect = socket.create_connection = subprocess.Popen.__init__ = refused
before = set(sys.modules)
bag = DagBag()

def told(dag):
    tasks = {
        task.task_id: {
            "after": sorted(task.upstream_task_ids), "retries": task.retries, "pool": task.pool,
            "policy": type(task.retry_policy).__name__, "outlets": [each.uri for each in task.outlets],
            "minutes": task.execution_timeout and task.execution_timeout.total_seconds() / 60,
            "alerts": len(task.on_failure_callback or ()), "doc": task.doc_md or "",
            "command": [*getattr(task, "command", ())] or [getattr(task, "application", ""), *getattr(task, "application_args", ())],
        }
        for task in dag.tasks
    }
    return {
        "tasks": tasks, "catchup": dag.catchup, "active": dag.max_active_runs, "doc": dag.doc_md or "",
        "timetable": type(dag.timetable).__name__, "paused": dag.is_paused_upon_creation,
        "deadline": bool(dag.deadline), "timeout": dag.dagrun_timeout and dag.dagrun_timeout.total_seconds(),
    }

ours = {name.partition(".")[0] for name in sys.modules if name.startswith(("orchestration.", "lakehouse.", "infra.", "ingestion."))}
print("SEEN" + json.dumps({
    "errors": {str(path): text for path, text in bag.import_errors.items()},
    "dags": {name: told(dag) for name, dag in bag.dags.items()},
    "spark": sorted({name.partition(".")[0] for name in sys.modules} & {"pyspark", "delta", "boto3", "confluent_kafka"}),
    "house": sorted(name for name in sys.modules if name.startswith(("lakehouse.", "infra.", "ingestion.", "quality.", "warehouse."))),
}))
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    done = in_airflow(LOOK, tmp_path_factory.mktemp("parse"))
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.rpartition("SEEN")[2])
    return found


def test_every_dag_file_is_read_without_an_error_a_connection_or_a_process(seen: dict[str, Any]) -> None:
    assert seen["errors"] == {}
    files = (Path(__file__).resolve().parents[3] / "orchestration" / "dags").glob("retail_*.py")
    assert sorted(seen["dags"]) == sorted(path.stem for path in files)


def test_reading_dag_files_loads_no_spark_and_of_the_house_only_the_settings(seen: dict[str, Any]) -> None:
    assert seen["spark"] == []
    assert seen["house"] == ["lakehouse.settings"]


def test_the_round_has_the_order_of_the_plan(seen: dict[str, Any]) -> None:
    tasks = seen["dags"]["retail_analytics"]["tasks"]
    order = ["start", *(step.name for step in WALK), "end"]
    after = {name: [before] for before, name in itertools.pairwise(order)}
    assert {name: task["after"] for name, task in tasks.items()} == {"start": [], **after}


def test_the_round_is_hourly_with_an_interval_and_one_late_run_makes_up_for_all(seen: dict[str, Any]) -> None:
    dag = seen["dags"]["retail_analytics"]
    assert dag["timetable"] == "CronDataIntervalTimetable"
    assert (dag["catchup"], dag["active"]) == (False, 1)
    assert dag["deadline"]


def test_once_a_day_customers_are_analysed_judged_and_published_and_a_red_till_stops_none_of_it(
    seen: dict[str, Any],
) -> None:
    dag = seen["dags"]["retail_daily"]
    assert {name: task["after"] for name, task in dag["tasks"].items()} == {
        "refresh_stock": [],
        "analyse_customers": ["refresh_stock"],
        "quality_gate": ["analyse_customers"],
        "load_to_snowflake": ["quality_gate"],
        "verify": ["load_to_snowflake"],
        "certify_tills": ["quality_gate"],
        "data_docs": ["quality_gate"],
    }
    assert dag["tasks"]["certify_tills"]["command"][-2:] == ["reconcile", "--json"]
    assert dag["tasks"]["analyse_customers"]["command"][0].endswith("lakehouse/jobs/analyse_customers.py")
    assert [name for name, task in dag["tasks"].items() if not task["retries"]] == [
        "quality_gate",
        "certify_tills",
    ]
    assert (dag["catchup"], dag["active"], dag["deadline"]) == (False, 1, True)


def test_the_gate_is_never_retried_and_owns_the_assets_so_that_consumers_run_after_it(
    seen: dict[str, Any],
) -> None:
    tasks = seen["dags"]["retail_analytics"]["tasks"]
    assert tasks["quality_gate"]["retries"] == 0
    assert [name for name, task in tasks.items() if task["outlets"]] == ["quality_gate"]
    assert tasks["quality_gate"]["outlets"] == [
        f"s3://lake/{layer}" for layer in ("bronze", "silver", "gold")
    ]


def test_what_could_not_reach_something_is_retried_and_every_task_ends_alerts_and_explains_itself(
    seen: dict[str, Any],
) -> None:
    for name, dag in seen["dags"].items():
        assert len(dag["doc"]) > 200, f"{name} does not say what it is for"
        assert dag["timeout"], f"a run of {name} may last for ever"
        working = {task: told for task, told in dag["tasks"].items() if task not in ("start", "end")}
        for task, told in working.items():
            assert told["policy"] == "OnlyTransport", f"{name}.{task} retries what fails again"
            assert told["minutes"], f"{name}.{task} may hang"
            assert told["alerts"] == 1, f"{name}.{task} fails in silence"
            assert told["doc"], f"{name}.{task} has no description"


COPY = """
from airflow.providers.snowflake.transfers import copy_into_snowflake
from airflow.dag_processing.dagbag import DagBag

class Hook:
    def __init__(self, **given): print("DATABASE", given["database"])
    def run(self, sql, **given): print("SEEN" + " ".join(sql.split()))

copy_into_snowflake.SnowflakeHook = Hook
dag = DagBag().dags["retail_analytics"]
task = dag.get_task("copy_sales_lines")
assert (task.upstream_task_ids, task.downstream_task_ids) == ({"load_to_snowflake"}, {"verify"})
task.execute({})
"""


def test_where_snowpipe_is_switched_off_a_copy_stands_between_export_and_verify(tmp_path: Path) -> None:
    done = in_airflow(COPY, tmp_path, RETAIL_SNOWFLAKE_LOAD="copy")
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.rpartition("SEEN")[2].partition("\n")[0] == (
        "COPY INTO LANDING.SALES_LINES FROM @LANDING.EXPORT_STAGE/sales_lines/ "
        "FILE_FORMAT=(FORMAT_NAME = 'LANDING.PARQUET_LOGICAL') MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE "
        "INCLUDE_METADATA = (FILE_NAME = METADATA$FILENAME, FILE_ROW_NUMBER = METADATA$FILE_ROW_NUMBER, "
        "LOADED_AT = METADATA$START_SCAN_TIME) ON_ERROR = ABORT_STATEMENT"
    )


def test_spark_applications_share_one_pool(seen: dict[str, Any]) -> None:
    spark = [
        task
        for dag in seen["dags"].values()
        for task in dag["tasks"].values()
        if task["command"][0].endswith(".py")
    ]
    assert spark
    assert {task["pool"] for task in spark} == {"retail_spark"}
