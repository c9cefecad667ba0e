"""Keeps the Data Docs under RETAIL_HOME/data_docs and in the bucket: writes pages, prunes old days, publishes."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakehouse.settings import Settings
from lakehouse.storage.objects import s3_client
from quality.data_docs import Page, index_html, page_html, run_summary

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_RUN = "run.json"
_TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css", ".json": "application/json"}


def docs_folder(settings: Settings) -> Path:
    """Where the pages of this lake lie; open ``index.html`` there with any browser."""
    return settings.home / "data_docs" / settings.bucket / settings.lake_key


def docs_key(settings: Settings) -> str:
    """Key of the published pages in the bucket."""
    return f"{settings.lake_key}docs/quality/"


def write_pages(settings: Settings, check_id: str, at: dt.datetime, pages: Sequence[Page]) -> Path:
    """Write the pages of a check, prune days beyond the setting, make the index anew, publish all that changed."""
    site, day = docs_folder(settings), f"{at:%F}"
    folder = site / day / check_id
    folder.mkdir(parents=True, exist_ok=True)
    for page in pages:
        (folder / page.name).write_text(page_html(page), encoding="utf-8")
    summary = run_summary(check_id, f"{at:%F %T}", day, [page.verdict for page in pages])
    (folder / _RUN).write_text(json.dumps(summary), encoding="utf-8")
    gone = prune(site, at.date() - dt.timedelta(days=settings.data_docs_days))
    style = resources.files(__package__).joinpath("pages", "site.css").read_text(encoding="utf-8")
    (site / "site.css").write_text(style, encoding="utf-8")
    lake = f"s3://{settings.bucket}/{settings.lake_key}"
    (site / "index.html").write_text(index_html(lake, list(_runs(site))), encoding="utf-8")
    _publish(settings, site, [*folder.iterdir(), site / "site.css", site / "index.html"], gone)
    return site / "index.html"


def prune(site: Path, oldest: dt.date) -> list[str]:
    """Remove the days before ``oldest``; returns their names."""
    gone = [day.name for day in sorted(site.iterdir()) if day.is_dir() and day.name < oldest.isoformat()]
    for name in gone:
        shutil.rmtree(site / name)
    return gone


def _runs(site: Path) -> Iterable[dict[str, Any]]:
    for path in sorted(site.glob(f"*/*/{_RUN}")):
        yield json.loads(path.read_text(encoding="utf-8"))


def _publish(settings: Settings, site: Path, files: Iterable[Path], gone: Iterable[str]) -> None:
    client: S3Client = s3_client(settings)
    prefix = docs_key(settings)
    for path in files:
        client.put_object(
            Bucket=settings.bucket,
            Key=f"{prefix}{path.relative_to(site).as_posix()}",
            Body=path.read_bytes(),
            ContentType=_TYPES[path.suffix],
        )
    for day in gone:
        listed = client.get_paginator("list_objects_v2").paginate(
            Bucket=settings.bucket, Prefix=f"{prefix}{day}/"
        )
        for entry in (entry for page in listed for entry in page.get("Contents", [])):
            client.delete_object(Bucket=settings.bucket, Key=entry["Key"])
