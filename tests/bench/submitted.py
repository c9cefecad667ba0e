"""A Spark job of a bench, over the topics and the lake of its own: what it prints as JSON is what it measured."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lakehouse.settings import Settings
from orchestration.spark_submit import spark_environment, spark_submit_command
from tests.bench.evidence import ROOT


def environment(settings: Settings) -> dict[str, str]:
    """The environment of a job that reads the topics and writes the lake of ``settings``."""
    own = {"RETAIL_TOPIC_PREFIX": settings.topic_prefix, "RETAIL_LAKE_PREFIX": settings.lake_prefix}
    return spark_environment(settings) | own


def told_by(settings: Settings, job: str, arguments: Sequence[str], mark: str) -> list[dict[str, Any]]:
    """Run the job by spark-submit; its lines of JSON that begin with the key ``mark``. Raises SystemExit if it fails."""
    done = subprocess.run(
        spark_submit_command(settings, job, arguments),
        env=environment(settings),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        cwd=ROOT,
    )
    if done.returncode:
        raise SystemExit(f"{Path(job).name} ended with {done.returncode}; its log stands above")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith(f'{{"{mark}"')]
