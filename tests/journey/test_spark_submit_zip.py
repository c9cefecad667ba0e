"""A plain spark-submit with dist/retail.zip runs the jobs with the packages of the zip."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.dist import build
from infra.local.jars import jar_folder
from ingestion.replay import file_messages, send_messages
from orchestration.spark_submit import spark_environment

pytestmark = [pytest.mark.stack, pytest.mark.long]
ROOT = Path(__file__).resolve().parents[2]
JOBS = ("ingestion/jobs/land_bronze.py", "lakehouse/jobs/refine_silver.py", "lakehouse/jobs/publish_gold.py")


def submit(script: Path, archive: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Submit the script from a folder that holds nothing else."""
    jars = f"{jar_folder('lake')}/*"
    command = [
        str(Path(sys.executable).parent / "spark-submit"),
        *("--master", "local[2]", "--py-files", str(archive)),
        *("--conf", f"spark.driver.extraClassPath={jars}"),
        str(script),
    ]
    kept = {key: value for key, value in environment.items() if key != "PYTHONPATH"}
    return subprocess.run(
        command, env=kept, cwd=script.parent, capture_output=True, text=True, timeout=1800, check=False
    )


def test_the_jobs_run_from_the_zip_by_plain_spark_submit(lake, uci_file, first_lines, tmp_path):
    archive = tmp_path / "retail.zip"
    build(ROOT, archive)
    own = {"RETAIL_TOPIC_PREFIX": lake.settings.topic_prefix, "RETAIL_LAKE_PREFIX": lake.settings.lake_prefix}
    messages = file_messages(first_lines(uci_file, 2_000), datetime.now(UTC))
    send_messages(lake.settings, messages)
    for job in JOBS:
        script = Path(shutil.copy(ROOT / job, tmp_path / Path(job).name))
        shown = "import lakehouse\nprint('packages of', lakehouse.__file__)\n"
        head, rest = script.read_text().split("from __future__ import annotations\n", 1)
        script.write_text(f"{head}from __future__ import annotations\n{shown}{rest}")
        done = submit(script, archive, spark_environment(lake.settings) | own)
        assert done.returncode == 0, done.stderr
        assert "retail.zip" in done.stdout.split("packages of", 1)[1].splitlines()[0]
    receipts = sum(message.topic == "sales_data" for message in messages)
    assert lake.rows("gold.fct_receipts").count() == receipts
    assert lake.ledger()["accepted"] == len(messages)
