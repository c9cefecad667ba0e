"""Builds ``dist/retail.zip``: the rooms as Spark ships them (``spark-submit --py-files dist/retail.zip``).

A zip and not a wheel: a wheel imports on the driver and fails on the executors. The same sources give the
same bytes: entries are sorted and carry a fixed time, and nothing but the rooms goes in.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOMS = ("infra", "ingestion", "lakehouse", "orchestration", "quality", "warehouse")
TARGET = Path("dist/retail.zip")
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first instant that the zip format can write
_READABLE_FILE = 0o100644 << 16


def members(root: Path) -> Iterator[Path]:
    """Files of the rooms under ``root`` in byte order of their path: code and data, no caches, no dotfiles."""
    found = (path.relative_to(root) for room in ROOMS for path in (root / room).rglob("*") if path.is_file())
    kept = (path for path in found if path.suffix != ".pyc" and not any(map(_is_debris, path.parts)))
    yield from sorted(kept, key=lambda path: path.as_posix())


def build(root: Path, target: Path) -> int:
    """Write the zip of the rooms under ``root`` to ``target`` in one step; returns the number of files."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f"{target.name}.{os.getpid()}")
    count = 0
    with zipfile.ZipFile(unfinished, "w") as archive:
        for path in members(root):
            entry = zipfile.ZipInfo(path.as_posix(), date_time=_EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = _READABLE_FILE
            archive.writestr(entry, (root / path).read_bytes())
            count += 1
    unfinished.replace(target)
    return count


def main() -> None:
    """Build the zip of the checkout that this file stands in."""
    root = Path(__file__).resolve().parents[1]
    target = root / TARGET
    count = build(root, target)
    print(f"{TARGET}: {count} files, {target.stat().st_size:,} bytes")


def _is_debris(part: str) -> bool:
    return part == "__pycache__" or part.startswith(".")


if __name__ == "__main__":
    main()
