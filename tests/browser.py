"""How the tests look at the dashboard: waiting for it, opening a page, reading its cards."""

from __future__ import annotations

import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

SIZES = ((1280, 800), (390, 844))
TITLES = {
    "sales-now": "Sales now",
    "sales-trends": "Sales trends",
    "inventory": "Inventory",
    "customers": "Customers",
    "data-trust": "Data trust",
}


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium without a window; a machine without one cannot do the long tests."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert found, "the long tests of the dashboard need chromium on the PATH"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield opened
        opened.close()


def wait_until_up(address: str, server: subprocess.Popen[bytes], log: Path, seconds: float = 60) -> None:
    """Return when the server answers."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"the dashboard did not start:\n{log.read_text(errors='replace')[-3000:]}")


def opened(page: Page, address: str, path: str) -> None:
    """Open a page and wait until its numbers stand."""
    page.goto(f"{address}/{'' if path == 'sales-now' else path}")
    expect(page.get_by_role("heading", name=TITLES[path])).to_be_visible(timeout=60_000)
    expect(page.get_by_test_id("stMetric").first).to_be_visible(timeout=60_000)
    page.wait_for_function("() => !document.querySelector('[data-stale=true]')", timeout=60_000)
    page.wait_for_timeout(1_000)  # charts are fetched when the rest already stands
    for chart in page.get_by_test_id("stVegaLiteChart").all():
        expect(chart.locator("canvas, svg").first).to_be_visible(timeout=60_000)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=60_000)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=60_000)


def cards(page: Page) -> dict[str, str]:
    """Value of each card by its label."""
    found = page.get_by_test_id("stMetric").all()
    return {
        each.get_by_test_id("stMetricLabel").inner_text().strip(): each.get_by_test_id("stMetricValue")
        .inner_text()
        .strip()
        for each in found
    }


def cut_off(page: Page) -> list[str]:
    """Texts of the page that are wider than their place, and the page itself where it must be scrolled sideways."""
    found: list[str] = page.evaluate(
        """() => {
            const wide = [...document.querySelectorAll('h1,h2,h3,p,label,[data-testid="stMetricValue"] *')]
                .filter(e => e.offsetParent && e.scrollWidth > e.clientWidth + 1
                             && getComputedStyle(e).overflow !== 'visible')
                .map(e => e.textContent);
            if (document.documentElement.scrollWidth > innerWidth + 1) wide.push('the page');
            return wide;
        }"""
    )
    return found
