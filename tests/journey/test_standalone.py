"""The one application on a Spark cluster of two executors makes of the real file what it makes on one machine."""

from __future__ import annotations

import pytest

from infra.local.secrets_file import with_secrets
from tests.journey.control_totals import expected_figures, lake_figures
from tests.journey.shown_secrets import ProcessList, files_with, secrets_of
from tests.journey.spark_standalone import standalone

pytestmark = [pytest.mark.stack, pytest.mark.long]

LAKE = "standalone"


def test_two_executors_make_the_control_totals_and_no_node_shows_a_secret(
    stack, retail, replayed, totals, tmp_path
):
    secrets = secrets_of(with_secrets(stack))
    with standalone(stack, tmp_path / LAKE) as cluster, ProcessList() as processes:
        done = retail(
            *("process", "--trigger", "once", "--master", cluster.master),
            prefix=replayed,
            RETAIL_LAKE_PREFIX=LAKE,
            **cluster.environment,
        )
        assert done.returncode == 0, done.stderr
        tasks = cluster.tasks_by_executor()
    settings = stack.model_copy(update={"topic_prefix": f"{replayed}.", "lake_prefix": LAKE})
    assert lake_figures(settings) == expected_figures(totals)
    assert len(tasks) == 2, "both executors worked, the driver did not"
    assert all("driver" not in executor for executor in tasks)
    told = "\n".join([done.stdout, done.stderr, *processes.seen]).encode()
    assert not [name for name, secret in secrets.items() if secret in told]
    assert not files_with(cluster.folder, secrets)
