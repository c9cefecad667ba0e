"""Our settings as Airflow's: its environment, its connections, its Spark defaults. Thinks only.

Names of variables: airflow.apache.org, "Configuration Reference" and "Managing Connections" (3.x).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from lakehouse.settings import Settings

ADMIN = "admin"
PARTS = ("scheduler", "dag-processor", "triggerer", "api-server")
"""The processes of Airflow; api-server last, for its page shows the others."""


def airflow_home(settings: Settings) -> Path:
    """Folder of Airflow's own files: database, logs, password."""
    return settings.home / "airflow"


def passwords_path(settings: Settings) -> Path:
    """Where the password of Airflow's page stands."""
    return airflow_home(settings) / "passwords.json"


def secrets_path(settings: Settings) -> Path:
    """Where the keys stand that Airflow's processes trust one another by."""
    return airflow_home(settings) / "secrets.json"


def spark_conf_dir(settings: Settings) -> Path:
    """Where Spark finds spark-defaults.conf when Airflow starts a job."""
    return airflow_home(settings) / "spark"


def ports(settings: Settings) -> tuple[tuple[int, str], ...]:
    """The ports that Airflow takes, and what for: page and API, logs of tasks, logs of triggers."""
    first = settings.airflow_port
    return (first, "Airflow"), (first + 1, "Airflow's task logs"), (first + 2, "Airflow's trigger logs")


def airflow_environment(settings: Settings, root: Path, programs: Path) -> dict[str, str]:
    """Variables that make Airflow ours, to be laid over the environment of a Spark job. Holds secrets.

    ``root``: the checkout, which DAG files import from; ``programs``: bin folder of Airflow's environment.
    """
    home, port = airflow_home(settings), settings.airflow_port
    options = {
        "CORE__DAGS_FOLDER": str(root / "orchestration" / "dags"),
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": "4",
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": str(settings.airflow_paused),
        "CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{ADMIN}:admin",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords_path(settings)),
        "DATABASE__SQL_ALCHEMY_CONN": settings.airflow_database.get_secret_value()
        or f"sqlite:///{home / 'airflow.db'}?timeout=60",  # its processes wait for one another, seconds on a busy machine
        "USAGE_DATA_COLLECTION__ENABLED": "False",
        "API__HOST": "127.0.0.1",
        "API__PORT": str(port),
        "API__WORKERS": "1",
        "API__BASE_URL": f"http://127.0.0.1:{port}",
        "LOGGING__WORKER_LOG_SERVER_PORT": str(port + 1),
        "LOGGING__TRIGGER_LOG_SERVER_PORT": str(port + 2),
    }
    return {
        "AIRFLOW_HOME": str(home),
        **{f"AIRFLOW__{name}": value for name, value in options.items()},
        **connections(settings),
        "SPARK_CONF_DIR": str(spark_conf_dir(settings)),
        "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
    }


def connections(settings: Settings) -> dict[str, str]:
    """The connections as variables: they stand in no database. Snowflake's only where an account is named."""
    found: dict[str, Mapping[str, object]] = {
        "SPARK_DEFAULT": {"conn_type": "spark", "host": settings.spark_master}
    }
    if settings.snowflake_account:
        extra = {
            "account": settings.snowflake_account,
            "warehouse": settings.snowflake_warehouse,
            "database": settings.snowflake_database,
            "role": settings.snowflake_role,
            "private_key_file": settings.snowflake_private_key_path,
        }
        found["SNOWFLAKE_DEFAULT"] = {
            "conn_type": "snowflake",
            "login": settings.snowflake_user,
            "password": settings.snowflake_private_key_passphrase.get_secret_value(),
            "extra": {name: value for name, value in extra.items() if value},
        }
    return {f"AIRFLOW_CONN_{name}": json.dumps(value) for name, value in found.items()}


def spark_defaults(conf: Mapping[str, str]) -> str:
    """Text of a spark-defaults.conf."""
    return "".join(f"{name} {value}\n" for name, value in sorted(conf.items()))
