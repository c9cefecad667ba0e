"""Work on independent tables side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Write = Callable[[], None]
Answer = TypeVar("Answer")
_AT_ONCE = 4


def concurrently(writes: Iterable[Write]) -> None:
    """Run all writes side by side; when all have ended, raise the first error."""
    gathered(writes)


def beside(write: Write, ask: Callable[[], Answer]) -> Answer:
    """What ``ask`` says, while the write runs beside it; raises the error of either when both have ended."""
    with ThreadPoolExecutor(1, thread_name_prefix="commit") as pool:
        written = pool.submit(write)
        answer = ask()
        written.result()
    return answer


def gathered(asked: Iterable[Callable[[], Answer]]) -> list[Answer]:
    """What all say, asked side by side, in their order; when all have ended, raise the first error."""
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="commit") as pool:
        return [future.result() for future in [pool.submit(each) for each in asked]]
