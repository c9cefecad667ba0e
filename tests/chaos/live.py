"""One run: sell for a while, strike, let everything drain, then compare what every layer holds with what was sold."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

from lakehouse.storage.lake_reader import LakeUnreachable, lease_holder
from tests.chaos.account import arrived, differences
from tests.chaos.homes import CommandFailed, Homes
from tests.chaos.plan import RunPlan
from tests.chaos.settle import settle, wait_until
from tests.chaos.strike import Struck, lines_in_warehouse, strike
from tests.chaos.till import read_acked, read_sales
from tests.chaos.topics import read_topics

_FIRST_SECONDS = 900.0
BACK_WITHIN = 30.0

Json = dict[str, Any]


@dataclass(frozen=True)
class Size:
    """How long a run sells, seconds, and how much, lines per second; afterwards a tenth, until its faults are over."""

    seconds: float = 60.0
    rate: float = 500.0


def run(homes: Homes, plan: RunPlan, size: Size) -> Json:
    """The run's result: its faults with seconds until recovery, what was sold, and ``differences``; none = good."""
    began = time.monotonic()
    result: Json = {"seed": plan.seed, "run": plan.number, "rate": size.rate, "faults": [], "differences": []}
    try:
        was_running = homes.is_running
        homes.begin(plan)
        if not was_running:
            see_writer(homes)
        result["up_seconds"] = round(time.monotonic() - began, 1)
        before = lines_in_warehouse(homes)
        homes.open_till(plan, size.rate, size.seconds)
        see_first_sale(homes, before)
        result["first_seconds"] = round(time.monotonic() - began, 1)
        for struck in _strikes(
            homes, plan, size
        ):  # what was struck stands in the result of a run that ends early
            result["faults"].append(asdict(struck))
        result["differences"] = [
            f"{each['fault']}: not recovered" for each in result["faults"] if each["flows"] is None
        ]
        drained = time.monotonic()
        settle(homes)
        result["drain_seconds"] = round(time.monotonic() - drained, 1)
        result |= _accounted(homes, result["differences"])
    except CommandFailed as error:
        result["differences"].append(str(error))
    result["verdict"] = "good" if not result["differences"] else "bad"
    result["late"] = [f["fault"] for f in result["faults"] if (f["flows"] or 0) > BACK_WITHIN]
    result["seconds"] = round(time.monotonic() - began, 1)
    return result


def see_writer(homes: Homes) -> None:
    """Wait until the application reads: a till that sells while forty tables are made only makes a long first batch."""
    holder = lease_holder(homes.settings())
    known = holder.token if holder is not None and holder.batch_at else ""

    def reads() -> bool:
        with suppress(LakeUnreachable):
            now = lease_holder(homes.settings())
            return now is not None and now.token != known and now.batch_at > 0
        return False

    if not wait_until(homes, _FIRST_SECONDS, reads):
        raise CommandFailed("the application did not come up")


def see_first_sale(homes: Homes, before: int) -> None:
    """Wait until readers of the warehouse see more lines than before."""
    if not wait_until(homes, _FIRST_SECONDS, lambda: lines_in_warehouse(homes) > before):
        raise CommandFailed("no sale reached the warehouse before the first fault")


def _strikes(homes: Homes, plan: RunPlan, size: Size) -> Iterator[Struck]:
    """The faults one after another, each at its second or when the one before is over."""
    rng, began = Random(plan.name), time.monotonic()
    for fault in plan.faults:
        homes.wait(max(0.0, began + fault.at - time.monotonic()))
        yield strike(homes, fault, began, rng)
    homes.wait(max(0.0, began + size.seconds - time.monotonic()))


def _accounted(homes: Homes, faults: list[str]) -> Json:
    """What was sold and what differs, by this account and by the house's own commands."""
    homes.retail("warehouse", "apply", retries=5)
    homes.retail("warehouse", "refresh", "--all", retries=5)
    verified = homes.tried("warehouse", "verify", "--json")
    reconciled = homes.tried("reconcile", "--json")
    judged = [("retail warehouse verify", verified), ("retail reconcile", reconciled)]
    # Offsets of a topic that was made again stand twice in the ledger, and reconcile says so (docs/runbook.md).
    for name, done in judged[: 1 if homes.gone else 2]:
        if done.returncode != 0:
            faults.append(f"`{name}` ended with {done.returncode}: {(done.stdout + done.stderr)[-1_500:]}")
    runs = sorted(homes.lake_journal.glob("run*"))
    sales = [sale for each in runs for sale in read_sales(each)]
    unheard = len(sales) - sum(len(read_acked(each)) for each in runs)
    sold, wrong = arrived(sales, unheard, read_topics(homes.settings()), homes.gone)
    wrong += differences(homes.settings(), sold, homes.lake_journal / "events")
    told = json.loads(reconciled.stdout) if reconciled.stdout.startswith("{") else {}
    return {
        "differences": [*faults, *wrong],
        "runs_in_lake": len(runs),
        "sent": len(sales),
        "received": len(sold.good) + len(sold.broken),
        "accepted": sum(map(len, sold.accepted.values())),
        "quarantined": len(sold.broken),
        "waiting": told.get("waiting"),
    }
