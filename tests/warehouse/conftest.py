"""The local Snowflake as a process of its own for the whole run; a database of its own for each test."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import LakeReader
from orchestration.warehouse import answered, applied
from tests.warehouse.export.sale_lines import sale_lines
from tests.warehouse.served_lake import (
    SHOP_LINES,
    balance,
    gate,
    gold_of,
    refused,
    restated,
    result,
    standing,
    write,
)
from tests.warehouse.served_stock import stock_and_customers
from tests.warehouse.servers import local_snowflake
from warehouse.connection import connect
from warehouse.export.line_changes import line_changes
from warehouse.refresh import refresh


@pytest.fixture(scope="session")
def snowflake(home_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a running local Snowflake."""
    home = tmp_path_factory.mktemp("snowflake")
    with local_snowflake(home_settings, home, home_settings.home / "snowflake.log") as settings:
        yield settings


@pytest.fixture
def database(snowflake: Settings, tmp_path: Path) -> Settings:
    """A database of the test's own, over an empty lake in a folder."""
    name = f"T{uuid.uuid4().hex[:10].upper()}"
    (tmp_path / "lake").mkdir()
    return snowflake.model_copy(
        update={"snowflake_database": name, "snowflake_lake_url": f"file://{tmp_path}/lake/"}
    )


@pytest.fixture(scope="session")
def shop(snowflake: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """One served lake in a folder for all questions; the sale lines have arrived through the pipe."""
    folder = tmp_path_factory.mktemp("lake")
    settings = snowflake.model_copy(
        update={
            "snowflake_lake_url": f"file://{folder}/",
            "snowflake_database": f"W{uuid.uuid4().hex[:9].upper()}",
        }
    )
    lake = LakeReader(str(folder), {})
    gold = gold_of(SHOP_LINES) | stock_and_customers()
    for table, rows in gold.items():
        write(lake, "gold", table, rows)
    receipts = len(gold["fct_receipts"])
    write(
        lake, "ops", "ledger", [balance(received=receipts + 5, accepted=receipts, duplicate=2, quarantined=3)]
    )
    write(lake, "silver", "quarantine", [refused(1, "price_digits"), refused(2, "price_digits", "line_seq_unique"),
                                         refused(3, "price_digits")])  # fmt: skip
    write(lake, "ops", "gates", [gate("gold.fct_receipts", False, 1, ("receipt_unique",)),
                                 gate("gold.fct_receipts", True, 2), gate("gold.dim_store", True, 1)])  # fmt: skip
    write(lake, "ops", "quality_results", [result("receipt_unique", 1, 4), result("receipt_unique", 2, 0),
                                           result("total_is_net_plus_tax", 1, 0),
                                           result("total_is_net_plus_tax", 2, 7)])  # fmt: skip
    write(
        lake,
        "ops",
        "restatements",
        [restated(next(line for line in SHOP_LINES if line["currency"] == "GBP"))],
    )
    (folder / "export/sales_lines").mkdir(parents=True)
    pq.write_table(line_changes(sale_lines(*SHOP_LINES), None, 0), folder / "export/sales_lines/v0.parquet")
    applied(settings, print)
    with connect(settings) as warehouse:
        refresh(settings, warehouse, lake, print)
    deadline = time.monotonic() + 60
    while answered(settings, "SELECT COUNT(*) AS N FROM SALES.SALES_DATA") != [
        {"N": len(standing(SHOP_LINES))}
    ]:
        assert time.monotonic() < deadline, "the pipe has not loaded the export after a minute"
        time.sleep(0.5)
    return settings
