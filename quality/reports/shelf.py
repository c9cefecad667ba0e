"""Where summary pages are kept: a folder of this home, newest few, and beside the Data Docs in the bucket."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from lakehouse.settings import Settings
from lakehouse.storage.objects import s3_client

KEPT = 30
LATEST = "summary.html"
_STAMP = "%Y%m%dT%H%M%SZ"


def reports_folder(settings: Settings) -> Path:
    """The folder of the pages of this lake."""
    return settings.home / "reports" / settings.bucket / settings.lake_key


def data_docs_index(settings: Settings) -> Path:
    """The first page of the Data Docs of this lake, as quality.docs_site writes it (a test holds the two together:
    that module starts Spark's library, and a page about figures need not)."""
    return settings.home / "data_docs" / settings.bucket / settings.lake_key / "index.html"


def reports_key(settings: Settings) -> str:
    """Key of the newest page in the bucket of the lake, beside the index of the Data Docs."""
    return f"{settings.lake_key}docs/quality/{LATEST}"


def keep(settings: Settings, html: str, made_at: dt.datetime) -> Path:
    """Write the page under its time and as the newest, and remove all but the newest KEPT; returns the newest."""
    folder = reports_folder(settings)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"summary-{made_at.astimezone(dt.UTC).strftime(_STAMP)}.html").write_text(
        html, encoding="utf-8"
    )
    latest = folder / LATEST
    draft = folder / f".{LATEST}.draft"
    draft.write_text(html, encoding="utf-8")
    draft.replace(latest)
    for old in sorted(folder.glob("summary-*.html"))[:-KEPT]:
        old.unlink()
    return latest


def publish(settings: Settings, html: str) -> str:
    """Put the page into the bucket; returns its address."""
    key = reports_key(settings)
    s3_client(settings).put_object(
        Bucket=settings.bucket, Key=key, Body=html.encode(), ContentType="text/html; charset=utf-8"
    )
    return f"s3://{settings.bucket}/{key}"
