"""Work on the tables of a lake beside its stream: `maintain` compacts and cleans, `rebuild` makes past days anew.

``spark-submit --py-files dist/retail.zip lakehouse/jobs/tend_lake.py maintain|rebuild [--request ID] [--from DATE
--to DATE | --topic T --partition N --from-offset A --to-offset B] [--pause-seconds S]``

The request is written into the lake. Whoever holds the lake's lease works it off between batches; if nobody does,
this job takes the lease and does it itself. The same --request again goes on where it stopped.
"""

from __future__ import annotations

import argparse
import re
import time
import uuid

from pyspark.sql import SparkSession

from lakehouse.settings import Settings, load_settings
from lakehouse.storage.crash_points import arm
from lakehouse.storage.job_errors import run_job
from lakehouse.storage.lake_reader import lease_holder
from lakehouse.storage.lease import Lease, LeaseHeld
from lakehouse.storage.maintenance import maintenance_steps
from lakehouse.storage.objects import s3_client
from lakehouse.storage.rebuild import days_between, rebuild_steps
from lakehouse.storage.requests import Request, RequestFailed, Verbs, ask, read_request, serve
from lakehouse.storage.session import spark_session

_LOOK_SECONDS = 2.0
_RANGE = ("from", "to", "topic", "partition", "from_offset", "to_offset", "pause_seconds")


class RequestUnanswered(TimeoutError):
    """The holder of the lake did not finish the request in time; it stays in the lake."""


def verbs(spark: SparkSession, settings: Settings) -> Verbs:
    """What a holder of the lake can be asked for."""
    return {
        "maintain": lambda _: maintenance_steps(spark, settings),
        "rebuild": lambda arguments: rebuild_steps(spark, settings, arguments),
    }


def tend(settings: Settings, request: Request) -> Request:
    """See to it that the request is worked off, by the holder of the lake or by us; returns it as it ended.

    Raises RequestFailed, or RequestUnanswered after ``request_seconds``.
    """
    client, deadline = s3_client(settings), time.monotonic() + settings.request_seconds
    while True:
        known = read_request(client, settings, request.id) or request
        if known.state == "failed":
            raise RequestFailed(known)
        if known.state == "done":
            return known
        if lease_holder(settings) is None:
            _do_it_ourselves(settings)
        elif time.monotonic() > deadline:
            raise RequestUnanswered(
                f"request {request.id} ({request.verb}) is not done after {settings.request_seconds:.0f} s; "
                f"{lease_holder(settings)} holds the lake, finished are {', '.join(known.done) or 'no'} steps. It "
                "stays in the lake: the same command again waits on, RETAIL_REQUEST_SECONDS waits longer"
            )
        else:
            time.sleep(_LOOK_SECONDS)


def _do_it_ourselves(settings: Settings) -> None:
    try:
        with Lease(settings, "tend_lake") as lease:
            serve(settings, lease, verbs(spark_session(settings, "retail tend_lake"), settings), _tell)
    except LeaseHeld as error:
        _tell(f"{error}; it works the request off")


def _tell(line: str) -> None:
    print(line, flush=True)


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "tend_lake", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("verb", choices=("maintain", "rebuild"))
    parser.add_argument("--request", default="", help="name of the request; the same one goes on")
    for name in _RANGE:
        parser.add_argument(f"--{name.replace('_', '-')}", dest=name, default="")
    return parser.parse_args()


def main() -> None:
    """Ask, and see it done."""
    given, settings = _parsed(), load_settings()
    arm(settings.crash_at)
    arguments = {name: getattr(given, name) for name in _RANGE if getattr(given, name)}
    if given.verb == "rebuild" and "topic" not in arguments:
        days_between(arguments)  # a wrong range is told at once, not from the stream's log
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", given.request) or f"{given.verb}-{uuid.uuid4().hex[:8]}"
    request = ask(settings, name, given.verb, arguments)
    ended = tend(settings, request)
    _tell(f"{ended.verb} {ended.id}: {ended.message}")


if __name__ == "__main__":
    run_job(main)
