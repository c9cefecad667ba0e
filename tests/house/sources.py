"""What the house tests look at: the files of this checkout, as text and as syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("infra", "ingestion", "lakehouse", "orchestration", "quality", "warehouse")
_OUTSIDE = {"dist", "node_modules", "__pycache__", "spark-warehouse", "metastore_db"}
_HIDDEN_BUT_OURS = {".ci", ".github", ".gitignore", ".editorconfig"}


@dataclass(frozen=True)
class Source:
    """One text file: its path from the root, with slashes, and its text."""

    path: str
    text: str
    tree: ast.Module = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tree", ast.parse(self.text if self.is_python else "", filename=self.path))

    @property
    def is_python(self) -> bool:
        return self.path.endswith(".py")

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.path.split("/"))

    @property
    def stem(self) -> str:
        return self.parts[-1].split(".")[0]

    def at(self, node: ast.AST, fault: str) -> str:
        """The fault as ``path:line what was seen; what to do``."""
        return f"{self.path}:{getattr(node, 'lineno', 1)} {fault}"


@cache
def all_files() -> tuple[Path, ...]:
    """Files of the checkout from the root, without build products and hidden folders."""
    return tuple(sorted(_walk(ROOT)))


@cache
def all_sources() -> tuple[Source, ...]:
    """Every text file of the checkout."""
    return tuple(source for path in all_files() if (source := _read(path)))


def python_in(*rooms: str) -> tuple[Source, ...]:
    """Python files under the given top-level folders."""
    return tuple(s for s in all_sources() if s.is_python and s.parts[0] in rooms)


def dotted(node: ast.AST) -> str:
    """``boto3.client`` of the expression ``boto3.client``; a call or other base shows as ``()``."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return "()"


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        name = path.name
        if name in _OUTSIDE or (name.startswith(".") and name not in _HIDDEN_BUT_OURS):
            continue
        if path.is_dir():
            yield from _walk(path)
        elif path.is_file():
            yield path.relative_to(ROOT)


def _read(path: Path) -> Source | None:
    content = (ROOT / path).read_bytes()
    if b"\0" in content[:4096]:
        return None  # pictures, parquet, archives
    return Source(path.as_posix(), content.decode("utf-8", errors="replace"))
