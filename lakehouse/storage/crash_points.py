"""Named places where a test can let a process die, as a power cut would.

``RETAIL_CRASH_AT`` names one, for example ``after:silver.receipts``, or several by ``*`` and ``?``; unset, reaching a
place does nothing. ``@FILE`` looks for the name in a file, which may come later: the first process that reaches the
place takes the file away and dies, so that its successor lives.
"""

from __future__ import annotations

import os
import signal
from fnmatch import fnmatchcase
from pathlib import Path

import psutil

_BY_FILE = "@"
_armed = [""]


def arm(name: str) -> None:
    """Die when the place ``name`` is reached; an empty name disarms."""
    _armed[0] = name


def reached(name: str) -> None:
    """Kill this process, its JVM first, if this is the armed place."""
    armed = _armed[0]
    if armed and (_is_claimed(Path(armed[1:]), name) if armed[0] == _BY_FILE else fnmatchcase(name, armed)):
        parent = psutil.Process(os.getppid())
        if parent.name().startswith("java"):
            parent.send_signal(signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)


def _is_claimed(file: Path, name: str) -> bool:
    """Whether the file names this place and nobody was faster; it then tells the place under another name."""
    try:
        if not fnmatchcase(name, file.read_text(encoding="utf-8").strip()):
            return False
        file.rename(file.with_suffix(".reached"))
    except FileNotFoundError:
        return False
    return True
