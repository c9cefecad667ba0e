"""Work on the tables of a lake beside its stream: `maintain` compacts and cleans, `rebuild` makes past days anew, and
`finish` sees to a request that another command has written into the lake.

``spark-submit --py-files dist/retail.zip lakehouse/jobs/tend_lake.py maintain|rebuild|finish [--request ID] [--from DATE
--to DATE | --topic T --partition N --from-offset A --to-offset B] [--pause-seconds S]``

The request is written into the lake. Whoever holds the lake's lease works it off between batches; if nobody does,
this job takes the lease and does it itself. The same --request again goes on where it stopped.
"""

from __future__ import annotations

import argparse
import re
import uuid

from lakehouse.settings import Settings, load_settings
from lakehouse.storage.crash_points import arm
from lakehouse.storage.job_errors import run_job
from lakehouse.storage.objects import s3_client
from lakehouse.storage.rebuild import days_between
from lakehouse.storage.requests import Request, ask, read_request
from lakehouse.storage.upkeep import tell, tend

_RANGE = ("from", "to", "topic", "partition", "from_offset", "to_offset", "pause_seconds")


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "tend_lake", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("verb", choices=("maintain", "rebuild", "finish"))
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
    request = _asked(settings, name) if given.verb == "finish" else ask(settings, name, given.verb, arguments)
    ended = tend(settings, request)
    tell(f"{ended.verb} {ended.id}: {ended.message}")


def _asked(settings: Settings, name: str) -> Request:
    asked = read_request(s3_client(settings), settings, name)
    if asked is None:
        raise UnknownRequest(
            f"no request {name!r} waits in this lake; expected the one that its command wrote"
        )
    return asked


class UnknownRequest(LookupError):
    """The request is not in the lake."""


if __name__ == "__main__":
    run_job(main)
