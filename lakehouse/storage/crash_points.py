"""Named places where a test can let the driver die, as a power cut would.

``RETAIL_CRASH_AT`` names one, for example ``after:silver.receipts``; unset, reaching a place does nothing.
"""

from __future__ import annotations

import os
import signal

import psutil

_armed = [""]


def arm(name: str) -> None:
    """Die when the place ``name`` is reached; an empty name disarms."""
    _armed[0] = name


def reached(name: str) -> None:
    """Kill this driver, its JVM first, if this is the armed place."""
    if name == _armed[0]:
        parent = psutil.Process(os.getppid())
        if parent.name().startswith("java"):
            parent.send_signal(signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)
