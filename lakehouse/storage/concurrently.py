"""Commits of independent tables side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

Write = Callable[[], None]
_AT_ONCE = 4


def concurrently(writes: Iterable[Write]) -> None:
    """Run all writes side by side; when all have ended, raise the first error."""
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="commit") as pool:
        for future in [pool.submit(write) for write in writes]:
            future.result()
