"""What the two command lines of the door share: exit codes, a progress line, the result. Edge."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping

from ingestion.broker import BrokerUnreachable

CHECK_FAILED, WRONG_USAGE, UNREACHABLE = 1, 2, 3
_EVERY_SECONDS = 1.0


def exit_code(error: Exception) -> int:
    """3 for what is worth retrying, 2 for wrong options or settings, 1 for the rest."""
    if isinstance(error, BrokerUnreachable):
        return UNREACHABLE
    return WRONG_USAGE if isinstance(error, ValueError) else CHECK_FAILED


class Ticker:
    """Shows counts on stderr, at most once a second."""

    def __init__(self) -> None:
        self._shown_at = time.monotonic()

    def __call__(self, counts: Mapping[str, object]) -> None:
        """Show the counts if a second has passed."""
        if time.monotonic() - self._shown_at >= _EVERY_SECONDS:
            self._shown_at = time.monotonic()
            sys.stderr.write(_line(counts) + "\n")


def print_result(result: Mapping[str, object], as_json: bool) -> None:
    """The result on stdout: one JSON object, or one line for people."""
    sys.stdout.write((json.dumps(result) if as_json else _line(result)) + "\n")


def _line(counts: Mapping[str, object]) -> str:
    """Counts side by side: ``events 1,000  lines 3,200``."""
    texts = (f"{value:,}" if type(value) is int else str(value) for value in counts.values())
    return "  ".join(f"{name} {text}" for name, text in zip(counts, texts, strict=True))
