"""The pages in the bucket are those of every machine that checked the lake; days beyond the setting go."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from lakehouse.settings import Settings
from lakehouse.storage.objects import s3_client
from quality.docs_site import docs_key, write_pages
from tests.quality.doc_pages import AT, page

pytestmark = pytest.mark.stack


def published(settings: Settings) -> dict[str, str]:
    """Text of the pages in the bucket, by their names."""
    client, key = s3_client(settings), docs_key(settings)
    listed = client.list_objects_v2(Bucket=settings.bucket, Prefix=key).get("Contents", [])
    return {
        entry["Key"].removeprefix(key): client.get_object(Bucket=settings.bucket, Key=entry["Key"])["Body"]
        .read()
        .decode()
        for entry in listed
    }


def at_home(settings: Settings, home: Path) -> Settings:
    """A checker of the same lake on another machine."""
    return settings.model_copy(update={"home": home})


def test_a_checker_with_an_empty_home_forgets_no_earlier_check(
    stack_settings: Settings, tmp_path: Path
) -> None:
    write_pages(at_home(stack_settings, tmp_path / "a"), "c1", AT, [page({})])
    later = AT + dt.timedelta(days=1)
    index = write_pages(at_home(stack_settings, tmp_path / "b"), "c2", later, [page({"store_key_unique": 2})])
    pages = published(stack_settings)
    links = re.findall(r'href="(20[^"]+)"', pages["index.html"])
    assert links == ["2026-11-24/c2/gold.dim_store.html", "2026-11-23/c1/gold.dim_store.html"]
    assert set(links) < pages.keys()
    # Each page that the folder of a machine links stands there.
    assert "c1" not in index.read_text()


def test_days_beyond_the_setting_leave_the_bucket_and_its_index_and_nothing_else_does(
    stack_settings: Settings, tmp_path: Path
) -> None:
    settings = at_home(stack_settings, tmp_path / "a").model_copy(update={"data_docs_days": 2})
    write_pages(settings, "c1", AT, [page({})])
    beside = f"{docs_key(settings)}summary.html"
    s3_client(settings).put_object(Bucket=settings.bucket, Key=beside, Body=b"x")
    write_pages(at_home(settings, tmp_path / "b"), "c2", AT + dt.timedelta(days=2), [page({})])
    assert {name for name in published(settings) if "c1" in name}
    write_pages(at_home(settings, tmp_path / "b"), "c3", AT + dt.timedelta(days=3), [page({})])
    pages = published(settings)
    assert {name for name in pages if name.startswith("2026-11-23")} == set()
    assert {"2026-11-25", "2026-11-26"} == {name[:10] for name in pages if name.startswith("20")}
    assert "c1" not in pages["index.html"]
    assert "summary.html" in pages
