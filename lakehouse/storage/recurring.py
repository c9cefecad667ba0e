"""Work that the holder of a lake does again and again beside its stream, seldom enough to leave the stream its time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from lakehouse.storage.job_errors import job_error
from lakehouse.storage.lease import Lease

# A round that lasts long waits longer for the next, so that at most a sixth of the time goes there.
_PAUSE = 5.0


@dataclass
class Recurring:
    """One kind of work: its name in the log, what does it and says what it did, and how often (seconds; 0 = never)."""

    name: str
    work: Callable[[], str]
    every_seconds: float
    due_at: float = 0.0

    def run_if_due(self, lease: Lease, tell: Callable[[str], None]) -> None:
        """Do the work if it is time. An error is told and tried again next time; a lost lease ends the writer."""
        started = time.monotonic()
        if not self.every_seconds or started < self.due_at:
            return
        lease.check()
        try:
            self.run(tell)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with these tables must not stop the stream
            lease.check()
            tell(f"{self.name} not done, tried again later: {job_error(error).message}")
        ended = time.monotonic()
        self.due_at = max(started + self.every_seconds, ended + _PAUSE * (ended - started))

    def run(self, tell: Callable[[str], None]) -> None:
        """Do the work now, unless it is never to be done, and tell it as one line of JSON."""
        started = time.monotonic()
        if self.every_seconds:
            said = self.work()
            seconds = round(time.monotonic() - started, 3)
            tell(json.dumps({"event": "derived", "name": self.name, "said": said, "seconds": seconds}))
