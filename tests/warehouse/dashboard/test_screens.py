"""All five pages in a browser: nothing cut off, numbers equal to SQL, filters filter."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import SIZES, TITLES, cards, cut_off, opened
from tests.warehouse.served_lake import SHOP_LINES, standing

pytestmark = pytest.mark.long


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("path", TITLES)
def test_a_page_shows_title_period_currency_and_as_of_time_and_cuts_nothing_off(
    dashboard: str, browser: Browser, tmp_path: Path, path: str, size: tuple[int, int]
) -> None:
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    opened(page, dashboard, path)
    folder = Path(os.environ.get("SCREENSHOTS", tmp_path))
    page.screenshot(path=folder / f"dashboard_{path.replace('-', '_')}_{size[0]}.png", full_page=False)
    told = page.get_by_test_id("stCaptionContainer").first.inner_text()
    assert "as of 20" in told or "as of not yet" in told
    assert "GBP" in told
    assert cut_off(page) == []
    page.close()


def test_a_chosen_store_narrows_the_numbers_to_its_own(dashboard: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    opened(page, dashboard, "sales-trends")
    page.get_by_test_id("stSelectbox").locator("input").click()
    page.get_by_role("option", name="EUR").click()
    page.get_by_role("button", name="all", exact=True).or_(
        page.get_by_role("radio", name="all")
    ).first.click()
    net = sum((line["net_amount"] for line in standing(SHOP_LINES) if line["currency"] == "EUR"), Decimal(0))
    page.wait_for_function(
        "text => document.body.innerText.includes(text)", arg=f"{net:,.2f} EUR", timeout=30_000
    )
    assert cards(page)["Net sales"] == f"{net:,.2f} EUR"
    page.close()
