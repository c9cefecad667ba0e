"""The data dictionary is that of the contracts, and holds every table and figure that is served."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakehouse.contracts import contract_names, load_contract
from lakehouse.contracts.kpis import all_kpis
from warehouse.render.dictionary import NAME, dictionary

pytestmark = pytest.mark.check
PAGE = Path(__file__).resolve().parents[3] / "warehouse" / NAME


def test_the_committed_page_is_what_the_contracts_render_to() -> None:
    assert PAGE.read_text(encoding="utf-8") == dictionary(), "run `retail warehouse render` and commit"


def test_each_column_of_each_served_table_is_explained() -> None:
    text = dictionary()
    for layer in ("gold", "ops"):
        for name in contract_names(layer):
            section = text.partition(f"## {layer}.{name}\n")[2].partition("\n## ")[0]
            assert section.count("\n| `") == len(load_contract(layer, name).table.columns)


def test_each_key_figure_stands_with_its_sql() -> None:
    figures = dictionary().partition("## Key figures")[2].partition("\n## ")[0]
    assert figures.count("SELECT ") == len(all_kpis())
