"""The data dictionary is what contracts and key figures say, all of it, and opens without a network."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from lakehouse.contracts import Column, all_contracts
from lakehouse.contracts.kpis import all_kpis
from warehouse.render.data_dictionary import NAME, data_dictionary

pytestmark = pytest.mark.check
ROOT = Path(__file__).resolve().parents[3]
PAGE = data_dictionary()
WORDS = unescape(PAGE)


def section(name: str) -> str:
    """The part of the page that tells of a table."""
    return WORDS.split(f'<section id="{name}"')[1].split("</section>")[0]


def fields(column: Column) -> list[Column]:
    inside = column.fields or (column.element.fields if column.element else ())
    return [column, *(each for field in inside for each in fields(field))]


def test_the_committed_page_is_what_the_contracts_say() -> None:
    committed = (ROOT / "warehouse" / NAME).read_text(encoding="utf-8")
    assert committed == PAGE, "`retail warehouse render` writes it; look at it and commit it"


@pytest.mark.parametrize(
    "contract", all_contracts(), ids=lambda contract: f"{contract.layer}.{contract.name}"
)
def test_each_table_stands_with_grain_columns_meanings_and_rules(contract: object) -> None:
    part = section(f"{contract.layer}.{contract.name}")  # type: ignore[attr-defined]
    for shape in contract.shapes:  # type: ignore[attr-defined]
        assert shape.grain in part
        named = [each for column in shape.columns for each in fields(column)]
        assert part.count('</code></td><td class="type">') >= len(named)
        for column in named:
            assert f"{column.name}</code>" in part, column.name
            assert column.description in part, column.name
        for rule in [*shape.rules, *(rule for column in shape.columns for rule in column.rules)]:
            assert f"<code>{rule.id}</code>" in part


def test_each_key_figure_stands_with_its_sentence_source_and_formulas() -> None:
    for kpi in all_kpis():
        row = WORDS.split(f'<tr id="kpi-{kpi.id}">')[1].split("</tr>")[0]
        assert all(text in row for text in (kpi.name, kpi.sentence, kpi.source, f"{kpi.layer}.{kpi.table}"))
        assert "SELECT" in row


def test_every_link_leads_somewhere_on_the_page_and_nothing_is_loaded_from_elsewhere() -> None:
    targets = set(re.findall(r'id="([^"]+)"', PAGE))
    links = re.findall(r'href="#([^"]+)"', PAGE)
    assert set(links) <= targets
    assert len(links) > len(all_contracts())
    assert not re.search(r"""(?:src|href)=["'](?!#)|https?://|@import|url\(""", PAGE)
