"""Pages lead where they say: every link of a page, and every verb of `retail` that a page names, is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from orchestration.cli import app

pytestmark = pytest.mark.check
ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "warehouse").rglob("*.md")])
_LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)")
_VERB = re.compile(r"(?:^|[`/(]|&& )retail ([a-z]+)\b", re.MULTILINE)
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)


def anchors(page: Path) -> set[str]:
    """Headings as GitHub names them in an address."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@each_page
def test_every_link_leads_to_a_file_and_a_heading_that_exist(page: Path) -> None:
    lost = []
    for target, anchor in _LINK.findall(page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        path = page.parent / target if target else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            lost.append(f"{target}#{anchor}")
    assert not lost


@each_page
def test_every_verb_that_a_page_names_is_one_of_the_command(page: Path) -> None:
    verbs = set(get_command(app).commands)  # type: ignore[attr-defined]
    assert set(_VERB.findall(page.read_text(encoding="utf-8"))) <= verbs
