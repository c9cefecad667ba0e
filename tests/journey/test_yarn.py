"""The jobs by layer on a real YARN make of the real file what they make on one machine: `make yarn-test`."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from infra.dist import build
from infra.local.jars import jar_folder
from infra.local.secrets_file import with_secrets
from orchestration.spark_submit import spark_environment
from tests.journey.control_totals import expected_figures, lake_figures
from tests.journey.shown_secrets import ProcessList, files_with, secrets_of
from tests.journey.yarn_cluster import yarn

pytestmark = [pytest.mark.stack, pytest.mark.long, pytest.mark.timeout(1800)]

ROOT = Path(__file__).resolve().parents[2]
LAKE = "yarn"
# Spark copies AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of a driver into the Hadoop configuration that it hands to
# containers, and knows no setting against it.
SHIPPED_BY_SPARK = "__spark_hadoop_conf__.xml"


def test_jobs_on_yarn_make_the_control_totals_and_show_no_secret(stack, retail, replayed, totals, tmp_path):
    secrets = secrets_of(with_secrets(stack))
    with yarn(stack, tmp_path / LAKE) as cluster, ProcessList() as processes:
        for layer in ("bronze", "silver"):
            done = retail(
                *("process", "--layer", layer, "--master", cluster.master),
                prefix=replayed,
                RETAIL_LAKE_PREFIX=LAKE,
                **cluster.environment,
            )
            assert done.returncode == 0, done.stderr
        gold = submitted_to_the_cluster(
            "lakehouse/jobs/publish_gold.py", stack, replayed, tmp_path, cluster.environment
        )
        assert gold.returncode == 0, gold.stderr[-5000:]
        tasks = cluster.tasks_by_executor()
    settings = stack.model_copy(update={"topic_prefix": f"{replayed}.", "lake_prefix": LAKE})
    assert lake_figures(settings) == expected_figures(totals)
    assert len(tasks) == 6, "two executors in each of three applications"
    assert all("driver" not in executor for executor in tasks)
    told = "\n".join([gold.stdout, gold.stderr, *processes.seen]).encode()
    assert not [name for name, secret in secrets.items() if secret in told]
    shipped = files_with(cluster.folder, secrets)
    assert {Path(name).name for name in shipped} <= {SHIPPED_BY_SPARK}, shipped
    for name, found in shipped.items():
        assert set(found) <= {"s3_access_key", "s3_secret_key"}
        assert stat.S_IMODE((cluster.folder / name).stat().st_mode) & 0o077 == 0


def submitted_to_the_cluster(job, stack, replayed, tmp_path, environment):
    """The job by plain spark-submit in deploy mode cluster: its driver is a container and knows what it is told.

    Settings that are no secret go by Spark's own settings; secrets come from the NodeManager.
    """
    archive = tmp_path / "retail.zip"
    build(ROOT, archive)
    told = {
        "RETAIL_HOME": "home",
        "RETAIL_KAFKA_BOOTSTRAP": stack.bootstrap,
        "RETAIL_S3_ENDPOINT": stack.s3_url,
        "RETAIL_TOPIC_PREFIX": f"{replayed}.",
        "RETAIL_LAKE_PREFIX": LAKE,
        "RETAIL_CHECKPOINT_ROOT": environment["RETAIL_CHECKPOINT_ROOT"],
    }
    conf = {
        "spark.executor.instances": "2",
        "spark.executor.memory": "1g",
        **{f"spark.yarn.appMasterEnv.{name}": value for name, value in told.items()},
    }
    command = [
        str(Path(sys.executable).parent / "spark-submit"),
        *("--master", "yarn", "--deploy-mode", "cluster", "--driver-memory", "2g"),
        *("--py-files", str(archive)),
        *("--jars", ",".join(str(jar) for jar in sorted(jar_folder("lake").glob("*.jar")))),
        *(part for key, value in conf.items() for part in ("--conf", f"{key}={value}")),
        str(ROOT / job),
    ]
    own = os.environ | spark_environment(stack, "yarn") | environment
    return subprocess.run(command, env=own, capture_output=True, text=True, timeout=900, check=False)
