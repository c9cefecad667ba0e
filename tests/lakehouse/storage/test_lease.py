"""One driver at a time writes a lake: the holder of its lease."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict

import psutil
import pytest
from botocore.exceptions import EndpointConnectionError

from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import lease_holder
from lakehouse.storage.lease import Holder, Lease, LeaseHeld, LeaseLost
from lakehouse.storage.objects import s3_client

pytestmark = pytest.mark.stack

SECONDS = 1.5


@pytest.fixture
def lake(stack_settings: Settings) -> Settings:
    """A lake whose lease runs out quickly."""
    return stack_settings.model_copy(update={"lease_seconds": SECONDS})


def holder(host: str = "till-7", pid: int = 1, silent_for: float = 0.0) -> Holder:
    now = time.time()
    return Holder("foreign", host, pid, now, "retail run", now - 60, now - silent_for)


def put(lake: Settings, who: Holder) -> None:
    """Write a lease as another writer would."""
    body = json.dumps(asdict(who)).encode()
    s3_client(lake).put_object(Bucket=lake.bucket, Key=f"{lake.lake_key}_lease/writer.json", Body=body)


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def told(lake: Settings) -> Holder:
    held = lease_holder(lake)
    assert held is not None
    return held


def is_lost(lease: Lease) -> bool:
    try:
        lease.check()
    except LeaseLost:
        return True
    return False


def test_a_second_writer_is_refused_with_the_name_of_the_holder(lake: Settings) -> None:
    with Lease(lake, "retail run") as lease:
        with pytest.raises(
            LeaseHeld, match=rf"retail run \(pid {os.getpid()} on {socket.gethostname()}.*wait for it"
        ):
            Lease(lake, "refine_silver").take()
        lease.check()


def test_a_lease_lives_as_long_as_its_holder_renews_it(lake: Settings) -> None:
    with Lease(lake, "retail run") as lease:
        time.sleep(2 * SECONDS)
        lease.check()
        with pytest.raises(LeaseHeld):
            Lease(lake, "refine_silver").take()


def test_the_lease_tells_how_far_its_holder_has_come_and_by_which_batch(lake: Settings) -> None:
    with Lease(lake, "retail run") as lease:
        lease.stands_at({("sales_data", 0): 7})
        wait_until(lambda: told(lake).position == {"sales_data/0": 7})
        assert (told(lake).checkpoint, told(lake).batch_id) == ("", -1)
        lease.stands_at({("sales_data", 1): 9}, ("c1", 3))
        wait_until(lambda: told(lake).batch_id == 3)
        assert told(lake).checkpoint == "c1"
        assert told(lake).position == {"sales_data/0": 7, "sales_data/1": 9}


def test_a_released_lease_can_be_taken_by_the_next(lake: Settings) -> None:
    with Lease(lake, "first") as first:
        first.check()
    with pytest.raises(LeaseLost):
        first.check()
    with Lease(lake, "second") as second:
        second.check()


def test_a_holder_of_this_machine_that_died_is_taken_over_at_once(lake: Settings) -> None:
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    put(lake, holder(socket.gethostname(), child.pid))
    with Lease(lake, "retail run") as lease:
        lease.check()


def test_another_process_under_the_number_of_the_holder_is_not_the_holder(lake: Settings) -> None:
    earlier = holder(socket.gethostname(), os.getpid())
    put(lake, Holder(**asdict(earlier) | {"process_started": psutil.Process().create_time() - 100}))
    with Lease(lake, "retail run") as lease:
        lease.check()


def test_a_holder_of_another_machine_is_taken_over_when_it_is_silent(lake: Settings) -> None:
    put(lake, holder(silent_for=SECONDS / 2))
    with pytest.raises(LeaseHeld, match=r"retail run \(pid 1 on till-7, heard of 1 s ago\)"):
        Lease(lake, "retail process").take()
    put(lake, holder(silent_for=SECONDS + 1))
    with Lease(lake, "retail process") as lease:
        lease.check()


@pytest.mark.parametrize("before", ["nobody", "a silent holder"])
def test_of_many_takers_one_wins(lake: Settings, before: str) -> None:
    if before == "a silent holder":
        put(lake, holder(silent_for=60))
    leases = [Lease(lake, f"taker {n}") for n in range(6)]
    start = threading.Barrier(len(leases))
    won: list[Lease] = []

    def take(lease: Lease) -> None:
        start.wait()
        try:
            lease.take()
        except LeaseHeld:
            return
        won.append(lease)

    threads = [threading.Thread(target=take, args=(lease,)) for lease in leases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    won[0].check()
    won[0].release()


def test_after_a_takeover_the_old_holder_may_write_no_more_and_leaves_the_new_one_alone(
    lake: Settings,
) -> None:
    lease = Lease(lake, "retail run")
    lease.take()
    put(lake, holder())
    wait_until(lambda: is_lost(lease))
    lease.release()
    seen = lease_holder(lake)
    assert seen is not None
    assert seen.token == "foreign"


def test_a_holder_that_cannot_reach_the_store_stops_writing_in_time(
    lake: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Lease(lake, "retail run") as lease:

        def unreachable(**_: object) -> None:
            raise EndpointConnectionError(endpoint_url="http://store")

        began = time.monotonic()
        monkeypatch.setattr(lease._client, "put_object", unreachable)
        lease.check()
        wait_until(lambda: is_lost(lease))
        assert time.monotonic() - began < SECONDS + 0.5
        monkeypatch.undo()
        wait_until(lambda: not is_lost(lease))
    assert "lease: not renewed" in capsys.readouterr().err


def test_who_holds_the_lease_can_be_seen_without_taking_it(lake: Settings) -> None:
    assert lease_holder(lake) is None
    with Lease(lake, "retail run"):
        seen = lease_holder(lake)
        assert seen is not None
        assert (seen.command, seen.pid) == ("retail run", os.getpid())
    assert lease_holder(lake) is None
