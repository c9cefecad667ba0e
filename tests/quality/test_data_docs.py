"""The Data Docs open without a network and say what was broken; old days go."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from lakehouse.settings import load_settings
from quality.data_docs import index_html, page_html, run_summary
from quality.docs_site import docs_folder, prune
from quality.reports.shelf import data_docs_index
from quality.scope import Scope
from tests.quality.doc_pages import page

pytestmark = pytest.mark.check


def test_a_page_names_every_rule_the_broken_one_with_its_examples() -> None:
    html = page_html(page({"store_key_unique": 2}))
    assert "Gate closed: 1 of 6 rules failed" in html
    assert html.count("store_key_unique") >= 2
    assert "<i>store_id</i> &lt;script&gt;" in html
    for rule in ("store_id_required", "version_complete", "is_inferred_required"):
        assert rule in html


def test_a_page_says_how_much_was_looked_at() -> None:
    assert "38 rows, the whole table, at version 7" in page_html(page({}))
    assert "38 rows, 1 business date that changed," in page_html(page({}, Scope((dt.date(2026, 11, 23),))))


@pytest.mark.parametrize("broken", [{}, {"store_key_unique": 2}])
def test_no_page_asks_anything_of_the_network(broken: dict[str, int]) -> None:
    made = page(broken)
    index = index_html("s3://lake/", [run_summary("c1", "2026-11-23 12:00:00", "2026-11-23", [made.verdict])])
    for html in (page_html(made), index):
        assert not re.search(r"""(src|href)\s*=\s*["'](https?:)?//""", html)
        assert "@import" not in html


def test_the_index_links_the_last_check_of_each_day() -> None:
    runs = [
        run_summary("c1", "2026-11-22 12:00:00", "2026-11-22", [page({}).verdict]),
        run_summary("c3", "2026-11-23 13:00:00", "2026-11-23", [page({"store_key_unique": 2}).verdict]),
        run_summary("c2", "2026-11-23 12:00:00", "2026-11-23", [page({}).verdict]),
    ]
    html = index_html("s3://lake/", runs)
    assert re.findall(r'href="(20[^"]+)"', html) == [
        "2026-11-23/c3/gold.dim_store.html",
        "2026-11-22/c1/gold.dim_store.html",
    ]
    assert html.index("c3</td>") < html.index("c2</td>") < html.index("c1</td>")


def test_an_index_of_nothing_says_what_to_do() -> None:
    assert "retail check" in index_html("s3://lake/", [])


def test_days_beyond_the_setting_go(tmp_path: Path) -> None:
    for day in ("2026-10-01", "2026-11-22", "2026-11-23"):
        (tmp_path / day / "c1").mkdir(parents=True)
    (tmp_path / "index.html").write_text("x")
    assert prune(tmp_path, dt.date(2026, 11, 22)) == ["2026-10-01"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2026-11-22", "2026-11-23", "index.html"]


def test_the_summary_page_links_the_index_where_it_stands(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path, lake_prefix="a")
    assert data_docs_index(settings) == docs_folder(settings) / "index.html"
