"""Keeps the Data Docs under RETAIL_HOME/data_docs and in the bucket: writes pages, prunes old days, publishes.

The folder holds the checks of this machine. The bucket holds those of every machine that checked the lake: its
index is made from ``runs.json`` beside it, so that a checker with an empty home (a container, another host) adds a
line and forgets nothing.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakehouse.settings import Settings
from lakehouse.storage.objects import s3_client
from quality.data_docs import Page, index_html, page_html, run_summary
from quality.reports.shelf import LATEST, reports_folder

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_RUN, _RUNS = "run.json", "runs.json"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css", ".json": "application/json"}
Json = dict[str, Any]


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
    summary = run_summary(check_id, f"{at:%F %T}", day, [page.verdict for page in pages])
    files = {f"{day}/{check_id}/{page.name}": page_html(page) for page in pages}
    files |= {f"{day}/{check_id}/{_RUN}": json.dumps(summary), "site.css": _style()}
    for name, text in files.items():
        (site / name).write_text(text, encoding="utf-8")
    oldest = at.date() - dt.timedelta(days=settings.data_docs_days)
    prune(site, oldest)
    lake = f"s3://{settings.bucket}/{settings.lake_key}"
    report = reports_folder(settings) / LATEST
    link = os.path.relpath(report, site) if report.exists() else None
    (site / "index.html").write_text(index_html(lake, list(_runs(site)), link), encoding="utf-8")
    published = _Published(s3_client(settings), settings.bucket, docs_key(settings))
    runs = [run for run in published.runs() if run["day"] >= f"{oldest}" and run["id"] != check_id]
    runs.append(summary)
    index = index_html(lake, runs, LATEST if published.has(LATEST) else None)
    published.put(files | {_RUNS: json.dumps(runs), "index.html": index})
    published.prune(oldest)
    return site / "index.html"


def prune(site: Path, oldest: dt.date) -> list[str]:
    """Remove the days before ``oldest``; returns their names."""
    gone = [day.name for day in sorted(site.iterdir()) if day.is_dir() and _is_before(day.name, oldest)]
    for name in gone:
        shutil.rmtree(site / name)
    return gone


@dataclass(frozen=True)
class _Published:
    """The pages in the bucket, under one key. One checker at a time writes them: it holds the checker's lease."""

    client: S3Client
    bucket: str
    key: str

    def has(self, name: str) -> bool:
        """Whether a page of this name stands."""
        listed = self.client.list_objects_v2(Bucket=self.bucket, Prefix=f"{self.key}{name}", MaxKeys=1)
        return bool(listed.get("Contents"))

    def runs(self) -> list[Json]:
        """Summaries of the checks published so far; none before the first."""
        if not self.has(_RUNS):
            return []
        body = self.client.get_object(Bucket=self.bucket, Key=f"{self.key}{_RUNS}")["Body"].read()
        found: list[Json] = json.loads(body)
        return found

    def put(self, files: dict[str, str]) -> None:
        """Write files by their names below the key; the index is given last, when what it links stands."""
        for name, text in files.items():
            self.client.put_object(
                Bucket=self.bucket,
                Key=f"{self.key}{name}",
                Body=text.encode(),
                ContentType=_TYPES[Path(name).suffix],
            )

    def prune(self, oldest: dt.date) -> None:
        """Remove the days before ``oldest``, whoever wrote them."""
        pages = self.client.get_paginator("list_objects_v2")
        for listed in pages.paginate(Bucket=self.bucket, Prefix=self.key, Delimiter="/"):
            for folder in listed.get("CommonPrefixes", []):
                if _is_before(folder["Prefix"].removeprefix(self.key).rstrip("/"), oldest):
                    for key in self._keys(folder["Prefix"]):
                        self.client.delete_object(Bucket=self.bucket, Key=key)

    def _keys(self, prefix: str) -> Iterator[str]:
        for listed in self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix
        ):
            yield from (entry["Key"] for entry in listed.get("Contents", []))


def _is_before(name: str, oldest: dt.date) -> bool:
    """Whether a folder is that of a day before; other folders are not ours to remove."""
    return bool(_DAY.fullmatch(name)) and name < oldest.isoformat()


def _runs(site: Path) -> Iterator[Json]:
    for path in sorted(site.glob(f"*/*/{_RUN}")):
        yield json.loads(path.read_text(encoding="utf-8"))


def _style() -> str:
    return resources.files(__package__).joinpath("pages", "site.css").read_text(encoding="utf-8")
