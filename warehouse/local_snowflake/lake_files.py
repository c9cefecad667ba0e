"""The files that stages point at: listed, fetched for DuckDB, and read as Delta snapshots by delta-rs.

DuckDB reads copies on this disk: its own S3 client would have to be downloaded, and a query that opens some hundred
small files over HTTP takes seconds. Delta never writes a file name twice, so a copy cannot grow old.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow.fs as pafs  # type: ignore[import-untyped]
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import lake_reader
from warehouse.local_snowflake.errors import SnowflakeError

_READERS_SECONDS = 300.0  # a query that began before a REFRESH still reads the files of before
# What a Delta external table of Snowflake cannot read; Delta Direct reads the first of them.
_UNREADABLE = {"deletionVectors", "columnMapping", "v2Checkpoint", "typeWidening", "variantType"}


@dataclass(frozen=True)
class StagedFile:
    """A file under a stage: ``url`` whole, ``size`` in bytes, ``modified_at`` in UTC."""

    url: str
    size: int
    modified_at: datetime


@dataclass(frozen=True)
class Snapshot:
    """A Delta table at one version: its files and the columns that stand in them (partition columns do not)."""

    version: int
    files: tuple[str, ...]
    columns: tuple[str, ...]


class LakeFiles:
    """The store that the settings name, and for tests local folders (``file://``). Copies lie under ``folder``."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)  # nothing is kept over a start
        self.folder, self._left = folder, dict[Path, float]()
        url = urlsplit(settings.s3_url or "")
        self._s3 = pafs.S3FileSystem(
            endpoint_override=url.netloc or None,
            scheme=url.scheme or "https",
            region=settings.s3_region,
            access_key=settings.s3_access_key or None,
            secret_key=settings.s3_secret_key.get_secret_value() or None,
            connect_timeout=3,
            request_timeout=30,
        )
        self._options = lake_reader(settings).storage_options

    def copy_path(self, url: str) -> Path:
        """Where the copy of a file lies, fetched or not."""
        parts = urlsplit(url)
        return self.folder / (parts.netloc or "local") / parts.path.lstrip("/")

    def fetch(self, urls: Iterable[str]) -> list[str]:
        """Copy the files that are not here yet; returns those that are gone. Raises OSError for a dead store."""
        with ThreadPoolExecutor(max_workers=8) as pool:
            return [url for url in pool.map(self._fetched, urls) if url]

    def leave(self, urls: Iterable[str]) -> None:
        """These copies are needed no more; they go when no query can be reading them any longer."""
        now = time.monotonic()
        self._left |= {self.copy_path(url): now for url in urls}
        for path in [path for path, since in self._left.items() if now - since > _READERS_SECONDS]:
            path.unlink(missing_ok=True)
            del self._left[path]

    def files(self, url: str) -> list[StagedFile]:
        """Every file below the address, by name. Raises OSError when the store does not answer."""
        parts = urlsplit(url)
        store, start = self._place(url)
        found = store.get_file_info(
            pafs.FileSelector(start.rstrip("/"), recursive=True, allow_not_found=True)
        )
        listed = [f for f in found if f.type == pafs.FileType.File]
        return [StagedFile(f"{parts.scheme}://{f.path}", f.size, f.mtime) for f in sorted(listed, key=_path)]

    def snapshot(self, url: str) -> Snapshot:
        """The newest version of the Delta table there. Raises SnowflakeError for what Snowflake cannot read."""
        try:
            table = DeltaTable(
                url.rstrip("/"), storage_options=self._options if url.startswith("s3:") else None
            )
        except TableNotFoundError as error:
            raise SnowflakeError(
                f"no Delta table at {url}: its _delta_log is missing", 98001, "0A000"
            ) from error
        features, metadata = set(table.protocol().reader_features or ()), table.metadata()
        if metadata.configuration.get("delta.columnMapping.mode", "none") != "none":
            features.add("columnMapping")
        if unreadable := sorted(features & _UNREADABLE):
            raise SnowflakeError(
                f"the Delta table at {url} uses {', '.join(unreadable)}, which an external table cannot read: "
                "write it without, or read it through Delta Direct (CREATE ICEBERG TABLE)",
                98001,
                "0A000",
            )
        own = [field.name for field in table.schema().fields if field.name not in metadata.partition_columns]
        # Of a local table delta-rs tells plain paths; everything else here knows files by their address.
        uris = tuple(uri if "://" in uri else f"file://{uri}" for uri in table.file_uris())
        return Snapshot(table.version(), uris, tuple(own))

    def _place(self, url: str) -> tuple[pafs.FileSystem, str]:
        parts = urlsplit(url)
        return (
            (self._s3, parts.netloc + parts.path)
            if parts.scheme == "s3"
            else (pafs.LocalFileSystem(), parts.path)
        )

    def _fetched(self, url: str) -> str:
        """Empty, or the address of a file that is gone."""
        copy = self.copy_path(url)
        self._left.pop(copy, None)
        if copy.exists():
            return ""
        copy.parent.mkdir(parents=True, exist_ok=True)
        partial = copy.with_suffix(f".{os.urandom(4).hex()}")
        store, path = self._place(url)
        try:
            with store.open_input_stream(path) as source, partial.open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
        except FileNotFoundError:
            return url
        partial.replace(copy)
        return ""


def path_in_bucket(url: str) -> str:
    """METADATA$FILENAME of a file: its path without scheme and bucket."""
    return urlsplit(url).path.lstrip("/")


def _path(info: pafs.FileInfo) -> str:
    return str(info.path)
