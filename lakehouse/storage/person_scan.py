"""Looks for a person in every file of a lake, and in files of this machine: parquet is decoded, all else read as bytes.

What is found is named by file and column and never shown.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from lakehouse.contracts import contract_names
from lakehouse.rules.person import FIELDS, Person, pattern
from lakehouse.settings import Settings
from lakehouse.storage.objects import s3_client

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_LAYERS = ("bronze", "silver", "gold", "ops")
_MASTER = ("bronze.customers", "silver.customers")
_WORKERS = 4


Told = tuple[str, tuple[str, ...], int]
"""Column, kinds, and number of values."""


@dataclass(frozen=True)
class Found:
    """A file that names the person. ``column``: of a parquet file, else empty; ``kinds``: what was found there;
    ``count``: values (of bytes: 1). ``table``: ``layer.table`` of the lake that the file belongs to, else empty."""

    file: str
    column: str
    kinds: tuple[str, ...]
    count: int
    table: str = ""


@dataclass(frozen=True)
class Scan:
    """What was read, as number of files by sort, and what was found."""

    searched: dict[str, int]
    found: tuple[Found, ...]

    def __add__(self, other: Scan) -> Scan:
        return Scan(dict(Counter(self.searched) + Counter(other.searched)), self.found + other.found)


def scan_lake(settings: Settings, person: Person) -> Scan:
    """Read every object of the lake; requests of this house are left out: the one that erases names the person."""
    client = s3_client(settings)
    keys = [key for key in _keys(client, settings) if "/_requests/" not in f"/{key}"]
    prefix = settings.lake_key

    def read(key: str) -> bytes:
        try:
            return client.get_object(Bucket=settings.bucket, Key=key)["Body"].read()
        except client.exceptions.NoSuchKey:  # VACUUM or a newer page took it away meanwhile
            return b""

    return _scan(keys, read, person, lambda key: _sort(key.removeprefix(prefix)))


def scan_files(folder: Path, names: Iterable[str], person: Person) -> Scan:
    """Read every file below the folders ``names`` of a folder of this machine."""
    paths = [path for name in names for path in sorted((folder / name).rglob("*")) if path.is_file()]

    def read(path: str) -> bytes:
        try:
            return Path(path).read_bytes()
        except FileNotFoundError:  # a log that was rotated, a copy that was left
            return b""

    return _scan(list(map(str, paths)), read, person, lambda _: ("local", ""))


def found_in_bytes(held: bytes, person: Person, *, of_customers: bool = False) -> tuple[str, ...]:
    """Kinds of texts that the bytes hold."""
    if not re.search(pattern(person.sought, of_customers=of_customers).encode(), held):
        return ()
    return tuple(
        sorted(
            {
                each.kind
                for each in person.sought
                if re.search(pattern((each,), of_customers=of_customers).encode(), held)
            }
        )
    )


def found_in_table(rows: pa.Table, person: Person, table: str = "") -> list[Told]:
    """Columns (nested ones with their path), kinds and numbers of values that name the person."""
    found = list[Told]()
    of_customers = table in _MASTER
    everything = pattern(person.sought, of_customers=of_customers)
    for name in rows.column_names:
        for path, values in _texts(name, rows[name].combine_chunks()):
            count = _count(values, everything) + _count_exact(values, path, person, table)
            if count:
                kinds = {
                    each.kind
                    for each in person.sought
                    if _count(values, pattern((each,), of_customers=of_customers))
                    or (not each.is_distinctive and _is_exact(path, each.kind, table))
                }
                found.append((path, tuple(sorted(kinds)), count))
    return found


def table_of(key: str) -> str:
    """``layer.table`` of a key below the lake; empty for what is no table."""
    parts = key.split("/")
    is_table = len(parts) > 2 and parts[0] in _LAYERS and parts[1] in contract_names(parts[0])
    return f"{parts[0]}.{parts[1]}" if is_table else ""


def _scan(
    names: list[str], read: Callable[[str], bytes], person: Person, sort: Callable[[str], tuple[str, str]]
) -> Scan:
    def look(name: str) -> list[Found]:
        table = sort(name)[1]
        return [Found(name, *each, table) for each in _look(name, read(name), person, table)]

    with ThreadPoolExecutor(_WORKERS) as pool:
        found = [each for some in pool.map(look, names) for each in some]
    return Scan(dict(Counter(sort(name)[0] for name in names)), tuple(found))


def _look(name: str, held: bytes, person: Person, table: str) -> Iterable[Told]:
    rows = _parquet(held) if name.endswith(".parquet") else None
    if rows is not None:
        return found_in_table(rows, person, table)
    kinds = found_in_bytes(held, person)
    return [("", kinds, 1)] if kinds else []


def _parquet(held: bytes) -> pa.Table | None:
    """The rows of a file; None for one that is half written, so its bytes are searched."""
    try:
        return pq.read_table(io.BytesIO(held))
    except pa.ArrowInvalid:
        return None


def _texts(path: str, values: Any) -> Iterator[tuple[str, Any]]:
    """Every array of texts or bytes within a column."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        yield from _texts(path, values.dictionary)
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind):
        yield path, values
    elif pa.types.is_map(kind):
        yield from _texts(f"{path}.key", values.keys)
        yield from _texts(f"{path}.value", values.items)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        yield from _texts(path, values.flatten())
    elif pa.types.is_struct(kind):
        for number in range(kind.num_fields):
            yield from _texts(f"{path}.{kind[number].name}", values.field(number))


def _count(values: Any, expression: str) -> int:
    return pc.sum(pc.match_substring_regex(values, expression)).as_py() or 0


def _count_exact(values: Any, path: str, person: Person, table: str) -> int:
    """Ambiguous texts where the whole value means a customer."""
    texts = [each.text for each in person.ambiguous if _is_exact(path, each.kind, table)]
    if not texts or not len(values):
        return 0
    wanted = pa.array([text.encode() if pa.types.is_binary(values.type) else text for text in texts])
    return pc.sum(pc.is_in(values, wanted.cast(values.type))).as_py() or 0


def _is_exact(path: str, kind: str, table: str) -> bool:
    if table == "silver.customers":
        return FIELDS.get(kind) == path
    return table == "bronze.customers" and (path, kind) == ("key", "id")


def _keys(client: S3Client, settings: Settings) -> Iterator[str]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=settings.bucket, Prefix=settings.lake_key)
    for page in pages:
        for entry in page.get("Contents", ()):
            yield entry["Key"]


def _sort(key: str) -> tuple[str, str]:
    """Sort and table of a key below the lake."""
    table = table_of(key)
    if not table:
        return key.partition("/")[0] or "other", ""
    is_log = "/_delta_log/" in key
    kind = ("checkpoint" if ".checkpoint" in key else "log") if is_log else "data"
    return f"{table.partition('.')[0]} {kind}", table
