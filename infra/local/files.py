"""Files that are whole or absent, whatever kills the writer, and locks that die with their holder."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from infra.local.errors import StackError

MIB = 1 << 20


def write_atomically(path: Path, text: str, mode: int = 0o644) -> None:
    """Replace ``path`` by ``text``; a reader sees the old file or the new one. ``mode`` holds from the first byte."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


@contextmanager
def only_one(lock: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold ``lock`` while the block runs; ``on_wait`` is called once if another process holds it now."""
    descriptor = _open_lock(lock)
    try:
        if not _try_lock(descriptor):
            on_wait()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def hold_for_life(lock: Path) -> bool:
    """Take ``lock`` until this process ends, however it ends; False if another process has it."""
    descriptor = _open_lock(lock)
    if _try_lock(descriptor):
        return True
    os.close(descriptor)
    return False


def is_held(lock: Path) -> bool:
    """Whether a living process holds ``lock``. It is taken for an instant: ask only under a lock of your own."""
    if not lock.exists():
        return False
    descriptor = _open_lock(lock)
    try:
        return not _try_lock(descriptor)
    finally:
        os.close(descriptor)


def need_space(folder: Path, least: int, setting: str) -> None:
    """Raise StackError unless the disk under ``folder`` has ``least`` bytes free; ``setting`` moves the folder."""
    free = free_space(folder)
    if free < least:
        raise StackError(
            f"the disk of {folder} is full: {free // MIB:,} MiB free, at least {least // MIB:,} MiB needed; "
            f"free some space or move the folder ({setting})"
        )


def free_space(folder: Path) -> int:
    """Bytes free for ``folder`` or, while it does not exist, for the nearest folder above it."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def rotate(log: Path, largest: int = 10 * MIB, keep: int = 3) -> None:
    """Move a log that has grown past ``largest`` bytes to ``.1``, the one before to ``.2``, up to ``keep``."""
    if not log.exists() or log.stat().st_size < largest:
        return
    for number in range(keep, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        newer = log if number == 1 else log.with_name(f"{log.name}.{number - 1}")
        with suppress(FileNotFoundError):
            newer.replace(older)


def last_lines(log: Path, count: int = 15) -> str:
    """The last lines of a log, or a note that it says nothing."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 64 * 1024))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError as error:
        return f"({log} cannot be read: {error.strerror})"
    return "\n".join(lines[-count:]) or f"({log} is empty)"


def _open_lock(lock: Path) -> int:
    lock.parent.mkdir(parents=True, exist_ok=True)
    return os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
