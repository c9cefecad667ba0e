"""Carries out one fault and measures how long it takes until the struck process is back and data flows again."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TypeVar

import psutil
from confluent_kafka.admin import AdminClient, NewPartitions  # type: ignore[attr-defined]

from infra.local.servers import log_path
from ingestion.events import SALES_DATA
from orchestration.job_log import LogTail
from orchestration.plan import MEDALLION
from tests.chaos.fault_proxy import CALM, Disturbance
from tests.chaos.homes import RETAIL, Homes
from tests.chaos.plan import Fault
from tests.chaos.recreated import recreate_topic
from tests.chaos.till import ACKED
from warehouse.connection import connect
from warehouse.errors import StatementFailed, WarehouseUnreachable

PATIENCE = 600.0
_LOOK_SECONDS = 0.3
_SLOW_SECONDS = 2.0
_DEPLOYER_LIVES = (0.3, 4.0)
_IN_WAREHOUSE = ("before:pipe.load", "after:pipe.load")
_BY_PUBLISHER = ("before:export.*", "after:export.*", "after:refresh.*", "before:apply.*", "after:apply.*")
Flow = Callable[[], bool]
T = TypeVar("T")


@dataclass(frozen=True)
class Struck:
    """What a fault did. ``second`` of the run when it struck; ``back`` and ``flows``: seconds from then on (for a pause:
    from its end) until the process ran again and data passed it; None = not within PATIENCE."""

    fault: str
    second: float
    back: float | None
    flows: float | None

    @property
    def is_over(self) -> bool:
        """Whether the house has recovered."""
        return self.back is not None and self.flows is not None


def strike(homes: Homes, fault: Fault, began: float, rng: Random) -> Struck:
    """Carry out the fault and wait until it is over, at most PATIENCE. ``began``: when the run began (monotonic)."""
    if fault.target == "deployer":
        return _kill_deployer(homes, fault, began, rng)
    if fault.kind == "crash":
        return _crash(homes, fault, began)
    if fault.kind == "disturb":
        return _disturb(homes, fault, began)
    if fault.kind == "topic":
        strike_topic = _recreated if fault.target == "recreated" else _add_partitions
        return strike_topic(homes, fault, began)
    victim = _wait_for(homes, lambda: homes.process(fault.target))
    if victim is None:
        return Struck(fault.name, _since(began), None, None)
    second, flow = _since(began), watch(homes, fault.target)
    if fault.kind == "pause":
        victim.send_signal(signal.SIGSTOP)
        homes.wait(fault.seconds)
        victim.send_signal(signal.SIGCONT)
    else:
        victim.kill()
        if fault.target == "run":
            victim.wait(10)
            homes.start_run()
        elif (
            fault.target == "supervisor"
        ):  # nobody watches over the watchman: `retail up` puts a new one there
            homes.raise_ground()
    return _recovery(homes, fault, second, flow, None if fault.kind == "pause" else victim)


def watch(homes: Homes, target: str) -> Callable[[], Flow]:
    """What tells that data flows past the target; the inner function is asked for when the target is back."""
    if target == "producer":
        return lambda: _grows(homes.journal / ACKED)
    if target in ("warehouse", "export", *_IN_WAREHOUSE, *_BY_PUBLISHER):
        before = lines_in_warehouse(homes)
        return lambda: lambda: lines_in_warehouse(homes) > before
    return lambda: _next_batch(homes)


def lines_in_warehouse(homes: Homes) -> int:
    """Sale lines that readers of the warehouse see; 0 while it is away or empty."""
    try:
        with connect(homes.settings()) as warehouse:
            return int(warehouse.rows('SELECT COUNT(*) AS "LINES" FROM "SALES"."SALES_LINES"')[0]["LINES"])
    except (WarehouseUnreachable, StatementFailed):
        return 0


def _crash(homes: Homes, fault: Fault, began: float) -> Struck:
    """Arm a crash point and wait until a process has died there."""
    flow, taken = watch(homes, fault.target), homes.crash_file.with_suffix(".reached")
    victim = homes.process(_owner(fault.target))
    taken.unlink(missing_ok=True)
    homes.crash_file.write_text(fault.target, encoding="utf-8")
    if "apply" in fault.target:  # a warehouse that comes back empty is deployed again
        warehouse = homes.process("warehouse")
        if warehouse is not None:
            warehouse.kill()
    if _wait_for(homes, taken.exists) is None:
        homes.crash_file.unlink(missing_ok=True)
        return Struck(fault.name, _since(began), None, None)
    return _recovery(homes, fault, _since(began), flow, victim)


def _kill_deployer(homes: Homes, fault: Fault, began: float, rng: Random) -> Struck:
    """Kill a deployment of another database somewhere, then deploy again: it must end well, and then have nothing to do."""
    environment, second = homes.environment() | {"RETAIL_SNOWFLAKE_DATABASE": "DEPLOYED"}, _since(began)
    deployer = subprocess.Popen(
        [str(RETAIL), "warehouse", "apply"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    homes.wait(rng.uniform(*_DEPLOYER_LIVES))
    deployer.kill()
    deployer.wait()
    killed = time.monotonic()
    homes.retail("warehouse", "apply", retries=5, RETAIL_SNOWFLAKE_DATABASE="DEPLOYED")
    seconds = round(time.monotonic() - killed, 1)
    again = homes.retail("warehouse", "apply", "--json", retries=5, RETAIL_SNOWFLAKE_DATABASE="DEPLOYED")
    is_done = '"scripts": []' in again
    return Struck(fault.name, second, seconds, seconds if is_done else None)


def _disturb(homes: Homes, fault: Fault, began: float) -> Struck:
    """Disturb the requests to S3 for a while; recovery counts from the end of that."""
    second, proxy = _since(began), homes.proxy
    proxy.disturbance = {
        "s3 errors": Disturbance(errors=fault.share),
        "s3 slow": Disturbance(slow=fault.share, seconds=_SLOW_SECONDS),
        "s3 torn before": Disturbance(torn_before=fault.share),
        "s3 torn after": Disturbance(torn_after=fault.share),
    }[fault.target]
    try:
        homes.wait(fault.seconds)
    finally:
        proxy.disturbance = CALM
    return _recovery(homes, fault, second, watch(homes, "driver"), None)


def _add_partitions(homes: Homes, fault: Fault, began: float) -> Struck:
    """Give the topic of sales one partition more than it has."""
    settings, second = homes.settings(), _since(began)
    admin = AdminClient({"bootstrap.servers": settings.bootstrap, "log_level": 0})
    topic = settings.topic(SALES_DATA)
    count = len(admin.list_topics(timeout=20).topics[topic].partitions)
    admin.create_partitions([NewPartitions(topic, count + 1)])[topic].result(20)
    return _recovery(homes, fault, second, watch(homes, "driver"), None)


def _recreated(homes: Homes, fault: Fault, began: float) -> Struck:
    """Delete the topic of sales and make it again: the run ends and says so; a person starts it from the lake."""
    second = _since(began)
    recreate_topic(homes)
    return _recovery(homes, fault, second, watch(homes, "driver"), None)


def _recovery(
    homes: Homes, fault: Fault, second: float, flow: Callable[[], Flow], dead: psutil.Process | None
) -> Struck:
    struck = time.monotonic()
    target = fault.target if fault.kind in ("kill", "pause") else _owner(fault.target)

    def is_back() -> bool:
        now = homes.process(target)
        return now is not None and (dead is None or now.pid != dead.pid)

    if _wait_for(homes, is_back) is None:
        return Struck(fault.name, second, None, None)
    back, flows = time.monotonic() - struck, flow()
    if _wait_for(homes, flows) is None:
        return Struck(fault.name, second, round(back, 1), None)
    return Struck(fault.name, second, round(back, 1), round(time.monotonic() - struck, 1))


def _owner(place: str) -> str:
    if place in _IN_WAREHOUSE:
        return "warehouse"
    return "export" if place in _BY_PUBLISHER else "driver's python"


def _next_batch(homes: Homes) -> Flow:
    """True once the application has committed a batch with records after this moment."""
    tail, since = LogTail.at_end(log_path(homes.settings(), MEDALLION.name)), time.time()
    return lambda: any(
        event["event"] == "batch" and event["received"] and event["at"] > since for event in tail.events()
    )


def _grows(file: Path) -> Flow:
    before = file.stat().st_size if file.exists() else 0
    return lambda: file.exists() and file.stat().st_size > before


def _wait_for(homes: Homes, ask: Callable[[], T | None]) -> T | None:
    """The first answer that counts, while the run goes on; None when PATIENCE is over."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := ask():
            return found
        homes.step()
        time.sleep(_LOOK_SECONDS)
    return None


def _since(began: float) -> float:
    return round(time.monotonic() - began, 1)
