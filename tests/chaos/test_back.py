"""A process under `retail run` is killed: without anybody's help, sales that are made afterwards reach gold again.

Prints the seconds of each; thirty are the aim, and what the machine's load makes of it stands beside.
"""

from __future__ import annotations

import os
import time

import pytest

from lakehouse.storage.lake_reader import LakeReader, LakeUnreachable, lake_reader
from tests.chaos.homes import Homes
from tests.chaos.live import see_first_sale, see_writer
from tests.chaos.plan import series
from tests.chaos.settle import settle, wait_until
from tests.chaos.strike import lines_in_warehouse
from tests.chaos.till import read_sales

pytestmark = [pytest.mark.stack, pytest.mark.long]
VICTIMS = (
    "producer", "kafka", "s3", "driver", "driver's python", "export", "warehouse", "observer", "dashboard",
)  # fmt: skip
# A bound of patience. The aim of thirty seconds is measured on a quiet machine (docs/evidence/trust.txt).
_PATIENCE = 400.0
_SELLS = 7_200.0


def in_gold(lake: LakeReader, ids: set[str]) -> bool:
    """Whether a receipt of these is in gold; False while the store is away."""
    try:
        rows = lake.rows("gold", "fct_receipts", ("event_id",))
    except LakeUnreachable:
        return False
    return rows is not None and not ids.isdisjoint(rows["event_id"].to_pylist())


def is_anew(homes: Homes, victim: str, dead: int) -> bool:
    """Whether another process does the work of the dead one."""
    now = homes.process(victim)
    return now is not None and now.pid != dead


def seconds_until_gold(homes: Homes, victim: str) -> tuple[float, float]:
    """Kill it; seconds until it lives again, and until a receipt that was made after the kill is in gold."""
    lake = lake_reader(homes.settings())
    assert wait_until(homes, _PATIENCE, lambda: homes.process(victim) is not None), f"no {victim} to kill"
    process = homes.process(victim)
    assert process is not None
    known = len(read_sales(homes.journal))
    process.kill()
    killed = time.monotonic()
    assert wait_until(homes, _PATIENCE, lambda: is_anew(homes, victim, process.pid)), f"{victim} is not back"
    back = time.monotonic() - killed

    def has_new_sale() -> bool:
        sales = read_sales(homes.journal)[known:]
        return in_gold(lake, {each.event_id for each in sales if each.topic == "sales_data"})

    assert wait_until(homes, _PATIENCE, has_new_sale), f"after {victim} was killed no new sale reached gold"
    return back, time.monotonic() - killed


@pytest.mark.timeout(3600)
def test_each_process_comes_back_by_itself_and_new_sales_reach_gold(homes: Homes) -> None:
    plan = series(9, 1)[0]
    homes.begin(plan)
    see_writer(homes)
    before = lines_in_warehouse(homes)
    homes.open_till(plan, 100.0, _SELLS)
    see_first_sale(homes, before)
    homes.wait(60)  # a driver that has just started is slow for other reasons
    for victim in VICTIMS:
        back, seconds = seconds_until_gold(homes, victim)
        load = os.getloadavg()[0]
        print(f"kill {victim:<16} back {back:5.1f} s, new sales in gold {seconds:5.1f} s (load {load:.1f})")
    settle(homes)
    homes.stop_run()
    agrees = homes.tried("reconcile", "--json")
    assert agrees.returncode == 0, agrees.stdout[-2_000:]
