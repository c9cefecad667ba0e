"""Steps of the plan as tasks. A DAG file says the order; this says how a task runs, waits and gives up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import Asset, BaseOperator

from lakehouse.settings import Settings
from orchestration.airflow.alerts import task_failed
from orchestration.airflow.house_command import HouseCommand
from orchestration.airflow.retries import OnlyTransport
from orchestration.plan import LOAD, SPARK_POOL, UP_TO, Job, Step

SPARK_CONNECTION = "spark_default"
LAYERS = ("bronze", "silver", "gold")
# A run that was started by hand without an interval reaches up to the moment it runs.
INTERVAL_END = "{{ dag_run.data_interval_end.isoformat() if dag_run.data_interval_end else 'now' }}"
_COPY_OPTIONS = (
    "MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE "
    "INCLUDE_METADATA = (FILE_NAME = METADATA$FILENAME, FILE_ROW_NUMBER = METADATA$FILE_ROW_NUMBER, "
    "LOADED_AT = METADATA$START_SCAN_TIME) "
    "ON_ERROR = ABORT_STATEMENT"
)
_ROOT = Path(__file__).resolve().parents[2]
_LONGEST_WAIT = timedelta(minutes=15)


def task_of(step: Step, settings: Settings, **given: Any) -> BaseOperator:
    """The task of a step of the plan; ``given`` goes to its operator and wins."""
    arguments = [INTERVAL_END if each == UP_TO else each for each in step.arguments]
    if step.job is not None:
        return spark_task(step.name, step.job, arguments, settings, **given)
    return retail_task(step.name, (*step.verb, *arguments), settings, **given)


def tasks_of(step: Step, settings: Settings, **given: Any) -> list[BaseOperator]:
    """The step's task, and the COPY behind the release of the export where Snowpipe is switched off."""
    own = [task_of(step, settings, **given)]
    return [*own, copy_task(settings)] if step is LOAD and settings.snowflake_load == "copy" else own


def copy_task(settings: Settings) -> BaseOperator:
    """COPY of exported sale lines by the connection ``snowflake_default``: Snowflake loads each file name once."""
    # Only where it is wanted: the Snowflake provider takes seconds to import.
    from airflow.providers.snowflake.transfers.copy_into_snowflake import (  # noqa: PLC0415
        CopyFromExternalStageToSnowflakeOperator,
    )

    return CopyFromExternalStageToSnowflakeOperator(
        task_id="copy_sales_lines",
        database=settings.snowflake_database,
        schema="LANDING",
        table="SALES_LINES",
        stage="LANDING.EXPORT_STAGE",
        prefix="sales_lines/",
        file_format="(FORMAT_NAME = 'LANDING.PARQUET_LOGICAL')",
        copy_options=_COPY_OPTIONS,
        session_parameters={"TIMEZONE": "UTC"},
        execution_timeout=timedelta(minutes=30),
        doc_md="`COPY INTO LANDING.SALES_LINES` from the export stage, in place of the pipe",
        **_patience(settings),
    )


def spark_task(
    name: str, job: Job, arguments: Sequence[str], settings: Settings, **given: Any
) -> SparkSubmitOperator:
    """A Spark job by spark-submit; the master is the connection's, where the jars lie is spark-defaults.conf's."""
    options: dict[str, Any] = {
        "conn_id": SPARK_CONNECTION,
        "application": str(_ROOT / job.script),
        "application_args": list(arguments),
        "py_files": str(_ROOT / "dist" / "retail.zip"),
        "name": f"retail-{name}",
        "spark_binary": program("spark-submit", settings),
        "driver_memory": settings.spark_driver_memory,
        "executor_memory": settings.spark_executor_memory,
        "executor_cores": settings.spark_executor_cores,
        "num_executors": settings.spark_executors,
        "pool": SPARK_POOL,
        "execution_timeout": timedelta(seconds=settings.catch_up_seconds) + timedelta(hours=1),
        "doc_md": f"`{job.script} {' '.join(arguments)}`",
    }
    return SparkSubmitOperator(task_id=name, **{**_patience(settings), **options, **given})


def retail_task(name: str, verb: Sequence[str], settings: Settings, **given: Any) -> HouseCommand:
    """A verb of the `retail` command."""
    command = [program("retail", settings), *verb]
    options = {"execution_timeout": timedelta(minutes=30), "doc_md": f"`retail {' '.join(verb)}`"}
    return HouseCommand(task_id=name, command=command, **{**_patience(settings), **options, **given})


def script_task(name: str, job: Job, settings: Settings, **given: Any) -> HouseCommand:
    """A job that needs no Spark, by the lakehouse's own Python."""
    command = [program("python", settings), str(_ROOT / job.script)]
    options = {"execution_timeout": timedelta(minutes=5), "doc_md": f"`{job.script}`"}
    return HouseCommand(task_id=name, command=command, **{**_patience(settings), **options, **given})


def layer_assets(settings: Settings) -> list[Asset]:
    """The layers of the lake; whoever is scheduled by one of them runs after the gate, for the gate's task owns them.

    Each is named by its address: Airflow refuses a task whose asset bears a name that it knows with another address.
    """
    places = (f"s3://{settings.bucket}/{settings.lake_key}{layer}" for layer in LAYERS)
    return [Asset(name=place, uri=place, group="retail") for place in places]


def program(name: str, settings: Settings) -> str:
    """A program of the lakehouse's environment."""
    return str(Path(settings.lakehouse_bin or _ROOT / ".venv" / "bin") / name)


def _patience(settings: Settings) -> dict[str, Any]:
    """Retries with back-off for what may go away by itself, and an alert when a task gives up."""
    return {
        "owner": "retail",
        "retries": settings.airflow_retries,
        "retry_delay": timedelta(seconds=settings.airflow_retry_seconds),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": _LONGEST_WAIT,
        "retry_policy": OnlyTransport(),
        "on_failure_callback": task_failed,
    }
