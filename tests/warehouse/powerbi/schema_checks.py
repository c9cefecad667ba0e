"""Every JSON document of the project against Microsoft's schemas, which stand in ``schemas/``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator, ValidationError  # type: ignore[import-untyped]
from referencing import Registry
from referencing.jsonschema import DRAFT7

_HOME = "https://developer.microsoft.com/json-schemas/"
_FOLDER = Path(__file__).with_name("schemas")
_SUFFIXES = (".json", ".pbip", ".pbir", ".pbism", ".platform")


def documents(project: Path) -> Iterator[Path]:
    """The documents that have a schema; resources such as the theme have none."""
    for path in sorted(project.rglob("*")):
        if path.name.endswith(_SUFFIXES) and "StaticResources" not in path.parts and path.is_file():
            yield path


def schema_faults(project: Path) -> list[str]:
    """What the schemas say against the documents."""
    return [f"{path.relative_to(project)}: {fault}" for path in documents(project) for fault in _faults(path)]


def _faults(path: Path) -> Iterator[str]:
    document = json.loads(path.read_text(encoding="utf-8"))
    address = document.get("$schema", "")
    if address not in _known():
        yield f"no such schema: {address!r}"
        return
    for error in Draft7Validator(_known().contents(address), registry=_known()).iter_errors(document):
        narrow = _narrowest(error)
        yield f"{'/'.join(map(str, narrow.absolute_path))} {narrow.message[:200]}"


def _narrowest(error: ValidationError) -> ValidationError:
    while error.context:
        error = max(error.context, key=lambda inner: len(inner.absolute_path))
    return error


@cache
def _known() -> Registry[Any]:
    registry: Registry[Any] = Registry()
    for path in _FOLDER.rglob("*.json"):
        contents = json.loads(path.read_text(encoding="utf-8"))
        address = _HOME + path.relative_to(_FOLDER).as_posix()
        registry = registry.with_resource(address, DRAFT7.create_resource(contents))
    return registry.crawl()
