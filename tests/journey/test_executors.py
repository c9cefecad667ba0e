"""Executors of a cluster: one dies in the middle of a batch and no figure changes; they know our log store."""

from __future__ import annotations

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from lakehouse.storage.lake_reader import lake_reader
from orchestration.spark_submit import spark_environment, spark_submit_command
from orchestration.summary import summary
from tests.journey.spark_standalone import standalone
from tests.journey.test_kills import expected

pytestmark = [pytest.mark.stack, pytest.mark.long]

LAKE = "killedexecutor"


def executors(folder: Path) -> list[psutil.Process]:
    """Executors that work below the folder."""
    found = []
    for process in psutil.process_iter(["cmdline", "cwd"]):
        is_executor = any("CoarseGrainedExecutorBackend" in part for part in process.info["cmdline"] or ())
        if is_executor and str(process.info["cwd"]).startswith(str(folder)):
            found.append(process)
    return found


def vacuumed(stack, cluster):
    """VACUUM by the cluster: its executors list folders by the log store that the driver compiled."""
    small = stack.model_copy(update={"spark_executor_cores": 1, "spark_executor_memory": "1g"})
    command = spark_submit_command(small, "tests/journey/vacuum_table.py", (), cluster.master)
    own = spark_environment(stack, cluster.master) | cluster.environment | {"RETAIL_LAKE_PREFIX": LAKE}
    return subprocess.run(command, env=own, capture_output=True, text=True, timeout=600, check=False)


def test_a_killed_executor_changes_no_figure_and_the_others_know_our_log_store(
    retail, stack, uci_file, first_lines, tmp_path
):
    file = first_lines(uci_file, 20_000)
    assert retail("replay", str(file), prefix=LAKE).returncode == 0
    with standalone(stack, tmp_path / LAKE) as cluster, ThreadPoolExecutor(1) as pool:
        command = ("process", "--trigger", "once", "--master", cluster.master)
        working = pool.submit(retail, *command, prefix=LAKE, **cluster.environment)
        while len(cluster.tasks_by_executor()) < 2:
            assert not working.done(), working.result().stderr
            time.sleep(0.2)
        struck = executors(cluster.folder)[0]
        struck.kill()
        done = working.result()
        tasks = cluster.tasks_by_executor()
        vacuum = vacuumed(stack, cluster)
    assert done.returncode == 0, done.stderr
    assert vacuum.returncode == 0, vacuum.stderr[-5000:]
    assert len(tasks) == 3, "the one that died, the other, and the new one"
    answer = summary(lake_reader(stack.model_copy(update={"lake_prefix": LAKE})))
    assert answer["totals"] == expected(file)
    ledger = answer["ledger"]
    assert (ledger["balanced"], ledger["duplicate"], ledger["quarantined"]) == (True, 0, 0)
