"""`retail run` with a browser on its dashboard: the numbers move, stop with the sales, and are those of SQL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from infra.local.ports import is_free
from lakehouse.settings import Settings
from orchestration.dashboard import address
from orchestration.warehouse import answered
from tests.browser import cards, opened, wait_until_up
from warehouse.errors import StatementFailed, WarehouseUnreachable

pytestmark = [pytest.mark.stack, pytest.mark.long, pytest.mark.timeout(2400)]


@pytest.fixture
def live(stack_settings: Settings) -> Settings:
    """A lake and a database of the test's own."""
    return stack_settings.model_copy(update={"snowflake_database": "LIVE_SALES"})


@pytest.fixture
def running(live: Settings, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`retail run` of 700 baskets into a lake of its own."""
    own = {
        "RETAIL_TOPIC_PREFIX": live.topic_prefix,
        "RETAIL_LAKE_PREFIX": live.lake_prefix,
        "RETAIL_SNOWFLAKE_DATABASE": live.snowflake_database,
    }
    command = [str(Path(sys.executable).parent / "retail"), "run", "--rate", "60", "--limit", "700"]
    with (
        (tmp_path / "run.log").open("wb") as sink,
        subprocess.Popen(command, env=os.environ | own, stdout=sink, stderr=sink) as process,
    ):
        wait_until_up(address(live), process, tmp_path / "run.log", 240)
        yield process
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            assert process.wait(120) == 0


def until(told: Callable[[], object], what: str, seconds: float = 600) -> None:
    deadline = time.monotonic() + seconds
    while not told():
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds:.0f} s"
        time.sleep(1)


def lines(settings: Settings) -> int:
    try:
        return int(answered(settings, "SELECT COUNT(*) AS N FROM SALES.SALES_NOW")[0]["N"])
    except (StatementFailed, WarehouseUnreachable):
        return 0


def test_the_numbers_of_the_dashboard_move_with_the_sales_and_end_as_sql_has_them(
    live: Settings, running: subprocess.Popen[bytes], browser: Browser, tmp_path: Path
) -> None:
    until(lambda: lines(live), "the first sales line by the pipe")
    until(lambda: has_rows(live, "OPS.LEDGER"), "the first refresh of the ledger", 40)
    until(lambda: has_rows(live, "GOLD.AGG_SALES_HOURLY"), "the first refresh of gold", 10)
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    opened(page, address(live), "sales-now")
    first = cards(page)["Sales lines"]
    until(lambda: cards(page)["Sales lines"] != first, "a change of the live number", 60)
    page.screenshot(path=Path(os.environ.get("SCREENSHOTS", tmp_path)) / "dashboard_live.png")

    def has_ended() -> bool:
        before = lines(live)
        time.sleep(20)
        return lines(live) == before > 0

    until(has_ended, "the end of the sales")
    opened(page, address(live), "sales-now")
    day, currency = page.get_by_test_id("stCaptionContainer").first.inner_text().split(" · ")[:2]
    (expected,) = answered(
        live,
        "SELECT SUM(net_amount) AS NET, COUNT(*) AS N FROM SALES.SALES_NOW WHERE NOT is_void "
        f"AND business_date = '{day.removeprefix('business day ')}' AND currency = '{currency}'",
    )
    shown = cards(page)
    assert shown["Net sales"] == f"{Decimal(expected['NET']):,.2f} {currency}"
    assert shown["Sales lines"] == f"{expected['N']:,}"
    running.send_signal(signal.SIGINT)
    assert running.wait(120) == 0
    assert is_free(live.dashboard_port), "the dashboard outlived `retail run`"


def has_rows(settings: Settings, table: str) -> bool:
    try:
        return bool(answered(settings, f"SELECT 1 AS X FROM {table} LIMIT 1"))
    except (StatementFailed, WarehouseUnreachable):
        return False
