"""Waiting in a chaos run: for the till to hand over what it sold, and for the lake to hold all that the broker has."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from ingestion.kafka_offsets import topic_positions
from lakehouse.contracts import contract_names
from lakehouse.storage.lake_reader import LakeUnreachable, lease_holder
from tests.chaos.homes import CommandFailed, Homes
from tests.chaos.till import STOP

# Bounds of patience, not of speed: a machine that others keep busy takes many times as long.
_TILL_SECONDS, _LAKE_SECONDS = 600.0, 900.0
_LOOK_SECONDS = 1.0


def settle(homes: Homes) -> None:
    """Close the till and wait until the lake holds all that the broker has. Raises CommandFailed."""
    (homes.journal / STOP).touch()
    if not wait_until(homes, _TILL_SECONDS, homes.till_is_done):
        raise CommandFailed("the till could not hand over what it sold")
    settings = homes.settings()
    ends = sum(topic_positions(settings, map(settings.topic, contract_names("topics"))).nexts.values())
    # The ledger may be written before the rest of its batch; the lease tells of whole batches only.
    stands = 0

    def is_drained() -> bool:
        nonlocal stands
        with suppress(LakeUnreachable):
            holder = lease_holder(settings)
            stands = sum(holder.position.values()) if holder is not None else stands
        return stands >= ends

    if not wait_until(homes, _LAKE_SECONDS, is_drained):
        raise CommandFailed(
            f"the lake did not catch up: {stands} records of {ends} after {_LAKE_SECONDS:.0f} s"
        )


def wait_until(homes: Homes, seconds: float, ask: Callable[[], bool]) -> bool:
    """Whether it became so within the seconds, while the run goes on."""
    deadline = time.monotonic() + seconds
    while not (is_so := ask()) and time.monotonic() < deadline:
        homes.step()
        time.sleep(_LOOK_SECONDS)
    return is_so
