"""Publishing: gates first, then only what changed, then the export that the pipe loads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass
from decimal import Decimal

import pytest

from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import LakeReader, lake_reader
from orchestration.warehouse import answered, applied, published
from tests.warehouse.served_lake import Row, gate, gold_of, shop_lines, standing, write
from warehouse.connection import connect
from warehouse.refresh import Published, refresh


def silent(_: str) -> None:
    """Tell nobody."""


@pytest.fixture
def served(stack_settings: Settings) -> Settings:
    """A deployed database over an empty lake of the test's own."""
    name = f"T{uuid.uuid4().hex[:10].upper()}"
    settings = stack_settings.model_copy(update={"snowflake_database": name})
    applied(settings, silent)
    return settings


@dataclass(frozen=True)
class Folder:
    """A deployed database over a lake in a folder: no S3, so no export."""

    settings: Settings
    lake: LakeReader

    def write(self, layer: str, name: str, rows: list[Row]) -> None:
        write(self.lake, layer, name, rows)

    def refresh(self, everything: bool = False) -> Published:
        with connect(self.settings) as warehouse:
            return refresh(self.settings, warehouse, self.lake, silent, everything)


KILLED = """
import sys
from lakehouse.settings import load_settings
from lakehouse.storage.crash_points import arm
from lakehouse.storage.lake_reader import LakeReader
from warehouse.connection import connect
from warehouse.refresh import refresh
arm("after:refresh.gold_dim_product")
with connect(load_settings()) as warehouse:
    refresh(load_settings(), warehouse, LakeReader(sys.argv[1], {}), print)
"""


@pytest.fixture
def folder(database: Settings) -> Folder:
    """An empty one."""
    applied(database, silent)
    return Folder(database, LakeReader(database.snowflake_lake_url.removeprefix("file://").rstrip("/"), {}))


def lines_of(settings: Settings, expected: int) -> dict[str, object]:
    """Count, ids, units of SALES_DATA once it holds ``expected`` lines; after 30 s, whatever it holds."""
    deadline = time.monotonic() + 30
    while True:
        sql = "SELECT COUNT(*) AS N, COUNT(DISTINCT ID) AS IDS, SUM(QUANTITY) AS UNITS FROM SALES.SALES_DATA"
        row = answered(settings, sql)[0]
        if row["N"] == expected or time.monotonic() > deadline:
            return row
        time.sleep(0.3)


@pytest.mark.stack
def test_gold_and_sale_lines_are_shown_after_a_refresh_and_not_before(served: Settings) -> None:
    lines = shop_lines()
    for name, rows in gold_of(lines).items():
        write(lake_reader(served), "gold", name, rows)
    count = "SELECT COUNT(*) AS N, SUM(NET_AMOUNT) AS NET FROM GOLD.FCT_SALES_LINES WHERE NOT IS_VOID"
    assert answered(served, count)[0]["N"] == 0
    found = published(served, silent)
    assert set(found.refreshed) == {f"gold.{name}" for name in gold_of(lines)}
    assert "ops.ledger" in found.absent
    kept = standing(lines)
    net = format(sum((line["net_amount"] for line in kept), Decimal(0)), "f")
    assert answered(served, count) == [{"N": len(kept), "NET": net}]
    units = format(sum((line["quantity"] for line in kept), Decimal(0)), "f")
    assert lines_of(served, len(kept)) == {"N": len(kept), "IDS": len(kept), "UNITS": units}


def test_only_what_changed_is_refreshed(folder: Folder) -> None:
    gold = gold_of(shop_lines(receipts=4))
    for name, rows in gold.items():
        folder.write("gold", name, rows)
    assert set(folder.refresh().refreshed) == {f"gold.{name}" for name in gold}
    again = folder.refresh()
    assert (again.refreshed, set(again.unchanged)) == ({}, {f"gold.{name}" for name in gold})
    folder.write("gold", "dim_product", gold["dim_product"][:1])
    assert folder.refresh().refreshed == {"gold.dim_product": 1}
    assert len(folder.refresh(everything=True).refreshed) == len(gold)


def test_a_closed_gate_keeps_everything_as_it_was_and_an_open_one_publishes(folder: Folder) -> None:
    lines = shop_lines(receipts=3)
    folder.write("gold", "fct_sales_lines", lines)
    folder.write("ops", "gates", [gate("gold.fct_sales_lines", False, 1, ("line_unique",))])
    held = folder.refresh()
    assert held.is_held_back
    assert held.refreshed == {}
    assert [(each.table_name, each.rule_ids) for each in held.closed] == [
        ("gold.fct_sales_lines", ("line_unique",))
    ]
    count = "SELECT COUNT(*) AS N FROM GOLD.FCT_SALES_LINES"
    assert answered(folder.settings, count) == [{"N": 0}]
    folder.write("ops", "gates", [gate("gold.fct_sales_lines", True, 2)])
    assert set(folder.refresh().refreshed) == {"gold.fct_sales_lines", "ops.gates"}
    assert answered(folder.settings, count) == [{"N": len(lines)}]


def test_a_refresh_that_was_killed_before_it_was_noted_is_done_again(folder: Folder) -> None:
    folder.write("gold", "dim_product", gold_of(shop_lines(receipts=1))["dim_product"])
    own = {
        "RETAIL_WAREHOUSE_PORT": str(folder.settings.warehouse_port),
        "RETAIL_WAREHOUSE_PASSWORD": folder.settings.warehouse_password.get_secret_value(),
        "RETAIL_SNOWFLAKE_DATABASE": folder.settings.snowflake_database,
        "RETAIL_SNOWFLAKE_LAKE_URL": folder.settings.snowflake_lake_url,
    }
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, folder.lake.root],
        env=os.environ | own,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert folder.refresh().refreshed == {"gold.dim_product": 0}
    assert folder.refresh().refreshed == {}
