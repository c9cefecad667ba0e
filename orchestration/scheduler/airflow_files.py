"""What Airflow needs on disk before it starts: its database, a password, Spark's defaults, the zip of our code."""

from __future__ import annotations

import base64
import json
import secrets
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from infra.dist import TARGET, build
from infra.local.errors import StackError
from infra.local.files import write_atomically
from lakehouse.settings import Settings
from orchestration.plan import SPARK_POOL
from orchestration.scheduler.airflow_settings import (
    ADMIN,
    airflow_environment,
    airflow_home,
    passwords_path,
    secrets_path,
    spark_conf_dir,
    spark_defaults,
)
from orchestration.spark_submit import jar_conf, spark_environment

_ROOT = Path(__file__).resolve().parents[2]
_PROGRAMS = _ROOT / ".venv-airflow" / "bin"
_CLI_SECONDS = 300.0


def environment(settings: Settings) -> dict[str, str]:
    """The whole environment of Airflow's processes: that of a Spark job, with Airflow's own variables over it."""
    kept = _kept(
        secrets_path(settings), {"AIRFLOW__API_AUTH__JWT_SECRET": _key, "AIRFLOW__CORE__FERNET_KEY": _key}
    )
    return spark_environment(settings) | airflow_environment(settings, _ROOT, _PROGRAMS) | kept


def program() -> str:
    """The airflow command. Raises StackError when its environment is not there."""
    path = _PROGRAMS / "airflow"
    if not path.exists():
        raise StackError(f"no Airflow at {path}; run `make airflow`, which sets it up")
    return str(path)


def prepare(settings: Settings) -> dict[str, str]:
    """Bring database, pool, password, zip and Spark's defaults to where they should be; the environment to run in."""
    airflow, env = program(), environment(settings)
    airflow_home(settings).mkdir(parents=True, exist_ok=True)
    password(settings)
    write_atomically(
        spark_conf_dir(settings) / "spark-defaults.conf",
        spark_defaults(jar_conf(settings, settings.spark_master)),
    )
    build(_ROOT, _ROOT / TARGET)
    _call(airflow, env, "db", "migrate")
    slots = str(settings.airflow_spark_slots)
    _call(airflow, env, "pools", "set", SPARK_POOL, slots, "Spark applications at a time")
    return env


def password(settings: Settings) -> str:
    """The password of Airflow's page: made at the first start, then kept."""
    return _kept(passwords_path(settings), {ADMIN: lambda: secrets.token_urlsafe(12)})[ADMIN]


def _kept(path: Path, makers: Mapping[str, Callable[[], str]]) -> dict[str, str]:
    """What the file holds, with what it lacks made and written; readable by its owner only."""
    known: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    made = {name: make() for name, make in makers.items() if name not in known}
    if made:
        write_atomically(path, json.dumps(known | made), mode=0o600)
    return known | made


def _key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _call(airflow: str, env: dict[str, str], *arguments: str) -> None:
    done = subprocess.run(
        [airflow, *arguments], env=env, capture_output=True, text=True, timeout=_CLI_SECONDS, check=False
    )
    if done.returncode:
        told = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise StackError(f"`airflow {' '.join(arguments)}` ended with exit code {done.returncode}:\n{told}")
