"""A request seen to its end: by whoever holds the lake, or by a job of ours where nobody does."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache

from infra.local.errors import StackError
from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import lease_holder
from lakehouse.storage.objects import s3_client
from lakehouse.storage.requests import Request, RequestFailed, read_request
from orchestration.plan import TEND
from orchestration.spark_job import run_to_end
from orchestration.writer_lock import clear_leftovers, take_writer_lock

Tell = Callable[[str], None]
_LOOK_SECONDS = 1.0


def finished(settings: Settings, request: Request, tell: Tell) -> Request:
    """The request as it ended: done by the holder of the lake, or by a job of ours where nobody holds it."""
    client = s3_client(settings)
    deadline = time.monotonic() + settings.request_seconds
    while (known := read_request(client, settings, request.id) or request).state == "open":
        if lease_holder(settings, client) is None:
            _be_the_writer(settings, tell)
            run_to_end(settings, TEND, ["finish", "--request", request.id], tell)
        elif time.monotonic() > deadline:
            raise StackError(
                f"the holder of the lake did not finish {request.id}; the same command again waits on"
            )
        else:
            time.sleep(_LOOK_SECONDS)
    if known.state == "failed":
        raise RequestFailed(known)
    return known


@cache
def _be_the_writer(settings: Settings, tell: Tell) -> None:
    """Once in the life of the command: the lock is held until it ends."""
    take_writer_lock(settings, "a request of retail")
    clear_leftovers(settings, tell)
