"""Where the export stands, and its files in the bucket."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from lakehouse.settings import Settings
from warehouse.export.export_names import ExportName, parsed_name

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


def export_key(settings: Settings) -> str:
    """Key of the folder that the stage of the pipe looks at, ending in a slash."""
    return f"{settings.lake_key}export/sales_lines/"


def newest_export(client: S3Client, settings: Settings) -> ExportName | None:
    """The newest range of versions that stands whole: the one noted last, or a file that is newer still."""
    noted = _noted(client, settings)
    folder = export_key(settings)
    pages = client.get_paginator("list_objects_v2").paginate(
        Bucket=settings.bucket, Prefix=folder, StartAfter=f"{folder}{noted.path}" if noted else folder
    )
    names = [parsed_name(entry["Key"]) for page in pages for entry in page.get("Contents", [])]
    whole = [name for name in names if name and name.is_last_part]
    return max([*whole, *([noted] if noted else [])], default=None)


def note(client: S3Client, settings: Settings, name: ExportName) -> None:
    """Note that all versions up to ``name.last`` are exported, so that old files need not be listed again."""
    text = json.dumps(asdict(name))
    client.put_object(Bucket=settings.bucket, Key=_note_key(settings), Body=text.encode())


def put_file(client: S3Client, settings: Settings, name: ExportName, rows: pa.Table) -> None:
    """Write one export file; a file that stands already is left as it is."""
    sink = io.BytesIO()
    pq.write_table(rows, sink, compression="zstd", coerce_timestamps="us")
    try:
        client.put_object(
            Bucket=settings.bucket,
            Key=f"{export_key(settings)}{name.path}",
            Body=sink.getvalue(),
            IfNoneMatch="*",
        )
    except client.exceptions.ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 412:
            raise


def _noted(client: S3Client, settings: Settings) -> ExportName | None:
    try:
        found = client.get_object(Bucket=settings.bucket, Key=_note_key(settings))
    except client.exceptions.NoSuchKey:
        return None  # the first export, or a note that was lost: the names of the files say the same
    return ExportName(**json.loads(found["Body"].read()))


def _note_key(settings: Settings) -> str:
    return f"{settings.lake_key}export/position.json"
