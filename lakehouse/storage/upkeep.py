"""What the holder of a lake can be asked for, and seeing to it that a request is worked off by somebody."""

from __future__ import annotations

import argparse
import time
import uuid
from collections.abc import Callable
from functools import partial

from pyspark.sql import SparkSession

from lakehouse.settings import Settings, load_settings
from lakehouse.storage.audit import audit_steps
from lakehouse.storage.crash_points import arm
from lakehouse.storage.customer_tables import analyse_customers
from lakehouse.storage.erased_files import note_steps, removal_steps
from lakehouse.storage.erasing import erase_steps
from lakehouse.storage.lake_reader import lease_holder
from lakehouse.storage.lease import Lease, LeaseHeld
from lakehouse.storage.maintenance import maintenance_steps
from lakehouse.storage.objects import s3_client
from lakehouse.storage.rebuild import rebuild_steps
from lakehouse.storage.requests import Request, RequestFailed, Verbs, ask, read_request, serve
from lakehouse.storage.restoring import restore_steps
from lakehouse.storage.session import spark_session
from lakehouse.storage.stock import refresh_stock

_LOOK_SECONDS = 2.0


class RequestUnanswered(TimeoutError):
    """The holder of the lake did not finish the request in time; it stays in the lake."""


def verbs(spark: SparkSession, settings: Settings, forget: Callable[[], None] = lambda: None) -> Verbs:
    """What a holder of the lake can be asked for. ``forget``: makes its stream forget what it remembers of tables."""
    return {
        "restore": lambda given: restore_steps(spark, settings, given, forget),
        "erase": lambda given: erase_steps(spark, settings, given, forget),
        "erase_files": lambda given: removal_steps(spark, settings, given),
        "note_erasure": lambda given: note_steps(spark, settings, given),
        "maintain": lambda _: maintenance_steps(spark, settings),
        "rebuild": lambda arguments: rebuild_steps(spark, settings, arguments),
        "audit": lambda _: audit_steps(spark, settings),
        "stock": lambda given: {
            "refresh": partial(refresh_stock, spark, settings, is_whole="whole" in given)
        },
        "customers": lambda given: {
            "analyse": partial(analyse_customers, spark, settings, is_whole="whole" in given)
        },
    }


def ask_and_tend(verb: str, description: str) -> None:
    """The whole of a job that asks for one verb: read the command line, ask, see it done, tell how it ended."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--whole", action="store_true", help="make the tables anew, whatever has changed")
    parser.add_argument("--progress-file", default="", help="accepted as every job does")
    given = {"whole": "yes"} if parser.parse_args().whole else {}
    settings = load_settings()
    arm(settings.crash_at)
    ended = tend(settings, ask(settings, f"{verb}-{uuid.uuid4().hex[:8]}", verb, given))
    tell(f"{ended.verb} {ended.id}: {'; '.join(ended.done.values())}")


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


def tell(line: str) -> None:
    """A line of a job's log."""
    print(line, flush=True)


def _do_it_ourselves(settings: Settings) -> None:
    try:
        with Lease(settings, "tend_lake") as lease:
            serve(settings, lease, verbs(spark_session(settings, "retail tend_lake"), settings), tell)
    except LeaseHeld as error:
        tell(f"{error}; it works the request off")
