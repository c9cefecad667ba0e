"""Under the running scheduler, by REST: green, green again, and every fault of the day, recovered by clearing."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import psutil
import pytest
from deltalake import DeltaTable

from infra.local.processes import find_child
from infra.local.servers import log_path, run_dir
from orchestration.scheduler.airflow_files import password
from tests.conftest import free_ports
from tests.orchestration.airflow.api import Api
from tests.orchestration.airflow.conftest import Clock
from tests.orchestration.airflow.test_retail_analytics import GREEN, figures, send

pytestmark = [pytest.mark.stack, pytest.mark.long, pytest.mark.timeout(5400)]
ROOT = Path(__file__).resolve().parents[3]
DAG = "retail_analytics"
GOOD = (40, Decimal(120), Decimal("306.00"))


@pytest.fixture
def api(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """Airflow as `make airflow` runs it, over the test's lake; stopped whole at the end."""
    port = free_ports(3)
    for name, value in {
        "AIRFLOW_PORT": str(port),
        "AIRFLOW_PAUSED": "true",
        "CATCH_UP_SECONDS": "20",
    }.items():
        monkeypatch.setenv(f"RETAIL_{name}", value)
    log = clock.settings.home / "scheduler.log"
    with log.open("wb") as sink:
        command = subprocess.Popen(
            [sys.executable, "-m", "orchestration.scheduler", "start"], cwd=ROOT, stdout=sink, stderr=sink
        )
    try:
        Api.until(lambda: command.poll() is not None or "password" in log.read_text(), 180)
        assert command.poll() is None, log.read_text()
        found = Api(port, password(clock.settings))
        found.unpause(DAG)
        yield found
    finally:
        told = log_path(clock.settings, "airflow-api-server")
        said = told.read_text(errors="replace") if told.exists() else ""
        print(said[said.rfind("Traceback") :][-4000:])  # shown where the test fails
        command.send_signal(signal.SIGINT)
        assert command.wait(90) == 0, log.read_text()
        left = [p for p in psutil.process_iter() if _is_ours(p, clock)]
        assert not left, f"left behind: {left}"


def _is_ours(process: psutil.Process, clock: Clock) -> bool:
    try:
        return process.environ().get("RETAIL_CHILD", "").startswith(f"{run_dir(clock.settings)}/airflow-")
    except psutil.Error:
        return False


def run(api: Api) -> tuple[str, dict[str, str]]:
    made = api.trigger(DAG)
    return made, api.wait(DAG, made)


def test_a_day_with_every_fault_ends_with_every_penny(clock: Clock, api: Api) -> None:
    send(clock, *range(1, 41))
    for _ in range(2):  # a second run changes nothing
        assert run(api)[1] == GREEN
        assert figures(clock) == GOOD
    for fault in (_dead_broker, _killed_submit, _refusing_warehouse, _closed_gate):
        before = figures(clock)[0]
        send(clock, before + 1)
        made = fault(clock, api)
        assert figures(clock)[0] == before, "the last good gold is served no more"
        _mended(clock)
        api.clear(DAG, made)
        time.sleep(2)
        assert api.wait(DAG, made) == GREEN
        assert figures(clock)[0] == before + 1
    assert figures(clock) == (44, Decimal(132), Decimal("336.60"))


def _dead_broker(clock: Clock, api: Api) -> str:
    _frozen(clock, "kafka")
    made, states = run(api)
    assert (states["process_data"], states["verify"]) == ("failed", "upstream_failed")
    return made


def _killed_submit(clock: Clock, api: Api) -> str:
    made = api.trigger(DAG)
    Api.until(lambda: _driver(clock) is not None, 120)
    time.sleep(5)
    driver = _driver(clock)
    assert driver is not None
    driver.kill()
    states = api.wait(DAG, made)
    assert (states["process_data"], states["quality_gate"]) == ("failed", "upstream_failed")
    return made


def _refusing_warehouse(clock: Clock, api: Api) -> str:
    _frozen(clock, "warehouse")
    made, states = run(api)
    _thawed(clock, "warehouse")  # the test looks into it next
    assert (states["quality_gate"], states["load_to_snowflake"]) == ("success", "failed")
    return made


def _closed_gate(clock: Clock, api: Api) -> str:
    _set_net_amount(clock, "9999")
    made, states = run(api)
    assert (states["process_data"], states["quality_gate"]) == ("success", "failed")
    assert states["load_to_snowflake"] == "upstream_failed"
    assert "net_amount_agrees" in api.log(DAG, made, "quality_gate")
    return made


def _mended(clock: Clock) -> None:
    for name in ("kafka", "warehouse"):
        _thawed(clock, name)
    _set_net_amount(clock, "7.65")


def _set_net_amount(clock: Clock, amount: str) -> None:
    """Of one line of gold, past the stream: 3 pieces at 2.55 are 7.65."""
    table = DeltaTable(f"{clock.lake.root}/gold/fct_sales_lines", storage_options=clock.lake.storage_options)
    table.update(predicate="event_id = 'v1:7'", new_values={"net_amount": amount})


def _frozen(clock: Clock, name: str) -> None:
    """Stop a server of the stack in its tracks: its port is open, nobody answers."""
    _server(clock, name).send_signal(signal.SIGSTOP)


def _thawed(clock: Clock, name: str) -> None:
    _server(clock, name).send_signal(signal.SIGCONT)


def _server(clock: Clock, name: str) -> psutil.Process:
    found = find_child(run_dir(clock.settings), name)
    assert found is not None
    return found


def _driver(clock: Clock) -> psutil.Process | None:
    """The JVM of process_data."""
    for process in psutil.process_iter():
        try:
            line = process.cmdline()
            ours = process.environ().get("RETAIL_TOPIC_PREFIX") == clock.settings.topic_prefix
        except psutil.Error:
            continue
        if ours and line and Path(line[0]).name == "java" and any("run_medallion" in part for part in line):
            return process
    return None
