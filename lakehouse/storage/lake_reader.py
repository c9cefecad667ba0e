"""The lake without a JVM: row counts from the Delta logs, columns as Arrow tables. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.dataset as ds  # type: ignore[import-untyped]
import pyarrow.fs as pafs  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from lakehouse.contracts import contract_names
from lakehouse.settings import Settings
from lakehouse.storage.lease import Holder, is_gone, read_holder
from lakehouse.storage.objects import s3_client
from lakehouse.storage.s3_environment import storage_options

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


class LakeUnreachable(ConnectionError):
    """The store of the lake does not answer or refuses; worth retrying."""


@dataclass
class LakeReader:
    """Tables under ``root``, an address that delta-rs takes. A table is opened once and then followed."""

    root: str
    storage_options: dict[str, str]
    _open: dict[tuple[str, str], DeltaTable] = field(default_factory=dict)
    _client: pafs.FileSystem | None = None

    def table(self, layer: str, name: str) -> DeltaTable | None:
        """The table as it is now; None while it does not exist. Raises LakeUnreachable."""
        try:
            return self._opened(layer, name)
        except TableNotFoundError:
            self._open.pop((layer, name), None)
            return None
        except Exception as error:  # delta-rs raises OSError, DeltaError or a bare Exception for a dead store
            self._open.pop((layer, name), None)  # or one made anew, whose versions begin again
            raise LakeUnreachable(
                f"{layer}.{name} of the lake at {self.root} cannot be read: {error}; see `retail doctor`"
            ) from error

    def row_count(self, layer: str, name: str) -> int | None:
        """Rows of the table by its log, without reading data; None while it does not exist."""
        table = self.table(layer, name)
        if table is None:
            return None
        counts = pa.table(table.get_add_actions(flatten=True))["num_records"]
        if counts.null_count:  # a writer that keeps no statistics
            return int(self.dataset(table).count_rows())
        return int(pc.sum(counts).as_py() or 0)

    def row_counts(self, layer: str) -> dict[str, int | None]:
        """Rows of every table of the layer that has a contract."""
        return {name: self.row_count(layer, name) for name in contract_names(layer)}

    def rows(self, layer: str, name: str, columns: Sequence[str], where: Any = None) -> pa.Table | None:
        """The columns of the rows that ``where`` (a pyarrow expression) keeps; None while the table does not exist."""
        table = self.table(layer, name)
        if table is None:
            return None
        try:
            with files_read(f"{layer}.{name}"):
                return self.dataset(table).to_table(list(columns), filter=where)
        except LakeUnreachable:
            self._open.pop((layer, name), None)  # of a table that was made anew the old files are looked for
            raise

    def dataset_of(self, layer: str, name: str) -> ds.Dataset | None:
        """The data files that the table has now; None while it does not exist."""
        table = self.table(layer, name)
        return None if table is None else self.dataset(table)

    def dataset(self, table: DeltaTable, files: pa.Table | None = None) -> ds.Dataset:
        """The data files of a table of this lake, or these of ``files_within`` only, read by Arrow's own client.

        delta-rs would hand Arrow a file system in Python. Arrow's threads call into that even while the process
        ends, and then abort it.
        """
        place = urlsplit(str(table.table_uri))
        folder = pafs.SubTreeFileSystem(f"{place.netloc}{place.path}".rstrip("/"), self._store(place.scheme))
        return table.to_pyarrow_dataset(filesystem=folder) if files is None else _some(table, files, folder)

    def _store(self, scheme: str) -> pafs.FileSystem:
        if scheme != "s3":
            return pafs.LocalFileSystem()
        if self._client is None:
            endpoint = urlsplit(self.storage_options.get("AWS_ENDPOINT_URL", ""))
            self._client = pafs.S3FileSystem(
                endpoint_override=endpoint.netloc or None,
                scheme=endpoint.scheme or "https",
                region=self.storage_options["AWS_REGION"],
                access_key=self.storage_options.get("AWS_ACCESS_KEY_ID"),
                secret_key=self.storage_options.get("AWS_SECRET_ACCESS_KEY"),
                connect_timeout=3,
                request_timeout=60,
            )
        return self._client

    def files_at(self, layer: str, name: str, version: int) -> pa.Table | None:
        """Files of a version with the values of their partition columns; None when its log is gone."""
        try:
            table = DeltaTable(
                f"{self.root}/{layer}/{name}", version=version, storage_options=self.storage_options
            )
        except (TableNotFoundError, DeltaError):
            return None
        return pa.table(table.get_add_actions(flatten=True))

    def _opened(self, layer: str, name: str) -> DeltaTable:
        known = self._open.get((layer, name))
        if known is not None:
            known.update_incremental()
            return known
        made = DeltaTable(f"{self.root}/{layer}/{name}", storage_options=self.storage_options)
        self._open[layer, name] = made
        return made


def files_within(table: DeltaTable, bounds: Mapping[str, tuple[Any, Any]]) -> pa.Table:
    """Of the table's list of files, as delta-rs tells it, those that may hold rows with each of these columns between
    its bounds, both included; None is open."""
    files = pa.table(table.get_add_actions(flatten=True))
    held = pa.array([True] * files.num_rows, pa.bool_())
    for name, (low, high) in bounds.items():
        least, most = (_told_of(files, f"{which}.{name}", f"partition.{name}") for which in ("min", "max"))
        if least is not None and high is not None:
            held = pc.and_(held, pc.fill_null(pc.less_equal(least, high), True))
        if most is not None and low is not None:
            held = pc.and_(held, pc.fill_null(pc.greater_equal(most, low), True))
    return files.filter(held)


def _some(table: DeltaTable, files: pa.Table, folder: pafs.FileSystem) -> ds.Dataset:
    """Only these data files: delta-rs takes more than a millisecond for each file that it makes part of a dataset, and a
    table gets more every day.
    """
    layout = ds.ParquetFileFormat(
        default_fragment_scan_options=ds.ParquetFragmentScanOptions(pre_buffer=True)
    )
    told = [name for name in files.schema.names if name.startswith("partition.")]
    fragments = [
        layout.make_fragment(file["path"], folder, _where(file, told), file_size=file["size_bytes"])
        for file in files.select(["path", "size_bytes", *told]).to_pylist()
    ]
    return ds.FileSystemDataset(fragments, pa.schema(table.schema().to_arrow()), layout, folder)


def _where(file: Mapping[str, Any], told: Sequence[str]) -> pc.Expression | None:
    """What holds for all rows of a file by the columns that its table is partitioned by."""
    held = [pc.field(name.removeprefix("partition.")) == pa.scalar(file[name]) for name in told]
    return reduce(lambda one, more: one & more, held) if held else None


def _told_of(files: pa.Table, *names: str) -> pa.ChunkedArray | None:
    """The first of these columns of a list of files; text as plain strings, as delta-rs may tell it as views."""
    told = next((files[name] for name in names if name in files.schema.names), None)
    return told.cast(pa.string()) if told is not None and pa.types.is_string_view(told.type) else told


@contextmanager
def files_read(what: str) -> Iterator[None]:
    """Inside, data files are read by Arrow: a store that fails there is unreachable too. Raises LakeUnreachable."""
    try:
        yield
    except OSError as error:
        if isinstance(error, LakeUnreachable):
            raise
        raise LakeUnreachable(f"{what} of the lake cannot be read: {error}; see `retail doctor`") from error


def lake_reader(settings: Settings) -> LakeReader:
    """A reader of the lake that the settings name."""
    return LakeReader(f"s3://{settings.bucket}/{settings.lake_key}".rstrip("/"), storage_options(settings))


def lease_holder(settings: Settings, client: S3Client | None = None) -> Holder | None:
    """Who writes the lake now; None when nobody does, or only a holder that is silent or gone.

    ``client``: one to use again, for who asks often. Raises LakeUnreachable.
    """
    client = client or s3_client(settings)
    try:
        holder, _ = read_holder(settings, client)
    except client.exceptions.NoSuchBucket:
        return None
    except (ClientError, BotoCoreError) as error:
        raise LakeUnreachable(
            f"the lease of the lake cannot be read: {error}; see `retail doctor`"
        ) from error
    return None if holder is None or is_gone(holder, settings.lease_seconds) else holder
