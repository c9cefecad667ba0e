"""Says whether the continuous stream lives and how far behind it is; exit 1 when it is silent or breaks its SLA.

``python orchestration/jobs/watch_stream.py``: no Spark, seconds. One line of JSON on stdout: writer, lag.
"""

from __future__ import annotations

import datetime as dt
import json

from lakehouse.settings import load_settings
from lakehouse.storage.job_errors import run_job
from orchestration.stream_watch import watched


def main() -> None:
    """Look once."""
    print(json.dumps(watched(load_settings(), dt.datetime.now(dt.UTC))), flush=True)


if __name__ == "__main__":
    run_job(main)
