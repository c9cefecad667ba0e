"""The dashboard over millions of lines: first useful paint and refresh of each page, in a real browser.

``python tests/bench/dashboard.py --lines 5000000``, after ``make setup dev``; needs chromium. Goals of the issue
"Reports": 4 s to the first useful paint, 2 s for a refresh, at 5 million lines. Writes docs/evidence/bench_dashboard.json.

The lake is made here, in a folder, and published to a local Snowflake as always: external tables over gold, sale lines
through export, pipe and merge.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from deltalake import write_deltalake
from playwright.sync_api import Browser, Page, expect
from rich.console import Console
from rich.table import Table

from lakehouse.contracts import load_contract
from lakehouse.schema.arrow_schema import arrow_schema
from lakehouse.settings import Settings, load_settings
from lakehouse.storage.lake_reader import LakeReader
from orchestration.warehouse import answered, applied
from tests.bench.evidence import options, write_evidence
from tests.browser import TITLES, chromium
from tests.warehouse.served_lake import balance, gold_of, write
from tests.warehouse.served_stock import stock_and_customers
from tests.warehouse.servers import local_snowflake, running_dashboard
from warehouse.connection import connect
from warehouse.export.line_changes import line_changes
from warehouse.refresh import refresh

GOAL_PAINT, GOAL_REFRESH = 4.0, 2.0
_PART = 1_000_000
# Forty stores, 2,000 products, 400 days; three lines a receipt.
_LINES = """
SELECT 'b' || (n // 3) AS event_id, (n % 3 + 1)::INT AS line_seq, DATE '2025-11-01' + (n % 400)::INT AS business_date,
  's' || (n // 3 % 40) AS store_id, 't' || (n // 3) AS transaction_id, 'SALE' AS transaction_type,
  TIMESTAMPTZ '2025-11-01 08:00:00+00' + to_days((n % 400)::INT) + to_minutes(n // 400 % 720) AS occurred_at,
  'P' || (hash(n) % 2000) AS product_id, if(hash(n) % 3 = 0, NULL, 'c' || (hash(n) % 50000)) AS customer_key,
  'ITEM' AS line_type, (n % 5 + 1)::DECIMAL(12,3) AS quantity, 'GBP' AS currency,
  (n % 900 / 100 + 1)::DECIMAL(18,4) AS unit_price, 0::DECIMAL(18,4) AS discount, 0::DECIMAL(18,4) AS tax,
  ((n % 5 + 1) * (n % 900 / 100 + 1)::DECIMAL(18,4))::DECIMAL(18,4) AS net_amount, false AS is_void,
  2 AS schema_version, occurred_at AS received_at, 1::BIGINT AS batch_id
FROM range({first}, {last}) AS numbers(n)"""
_HOURS = """
SELECT store_id, currency, business_date, date_trunc('hour', occurred_at) AS hour_start_at,
  hour(occurred_at)::INT AS local_hour, count(DISTINCT event_id) AS receipt_count, count(*) AS line_count,
  sum(quantity) AS units, sum(discount) AS discount, sum(tax) AS tax, sum(net_amount) AS net_amount,
  0 AS return_net_amount FROM lines GROUP BY ALL"""


def made_lake(folder: Path, lines: int) -> LakeReader:
    """Gold with so many lines, their hours, and small tables of stock and customers; the export beside it."""
    lake, engine = LakeReader(str(folder), {}), duckdb.connect()
    engine.execute("SET TimeZone = 'UTC'")
    (folder / "export/sales_lines").mkdir(parents=True)
    for first in range(0, lines, _PART):
        rows = _typed(engine, "fct_sales_lines", _LINES.format(first=first, last=min(first + _PART, lines)))
        write_deltalake(f"{folder}/gold/fct_sales_lines", rows, mode="append", partition_by=["business_date"])
        pq.write_table(line_changes(rows, None, 0), folder / f"export/sales_lines/part{first}.parquet")
    engine.register("lines", lake.dataset_of("gold", "fct_sales_lines"))
    hours = _typed(engine, "agg_sales_hourly", _HOURS)
    write_deltalake(f"{folder}/gold/agg_sales_hourly", hours, partition_by=["business_date"])
    few = gold_of(_typed(engine, "fct_sales_lines", _LINES.format(first=0, last=300)).to_pylist())
    for name in ("fct_receipts", "dim_date", "dim_product"):
        write(lake, "gold", name, few[name])
    for name, some in stock_and_customers().items():
        write(lake, "gold", name, some)
    write(lake, "ops", "ledger", [balance(received=lines, accepted=lines)])
    return lake


def _typed(engine: duckdb.DuckDBPyConnection, table: str, sql: str) -> pa.Table:
    schema = arrow_schema(load_contract("gold", table).table.columns)
    found = engine.sql(sql).to_arrow_table()
    missing = [field for field in schema if field.name not in found.column_names]
    for field in missing:
        found = found.append_column(field, pa.nulls(len(found), field.type))
    return found.select(schema.names).cast(schema)


def published(settings: Settings, lake: LakeReader, lines: int) -> None:
    """Deploy, refresh, and wait until the pipe has loaded every line."""
    applied(settings, print)
    with connect(settings) as warehouse:
        refresh(settings, warehouse, lake, print)
    deadline = time.monotonic() + 900
    while answered(settings, "SELECT COUNT(*) AS N FROM SALES.SALES_DATA") != [{"N": lines}]:
        if time.monotonic() > deadline:
            raise SystemExit("the pipe has not loaded the export after a quarter of an hour")
        time.sleep(1)


def painted(page: Page, address: str, path: str) -> float:
    """Seconds from the request to a number in the first card."""
    started = time.monotonic()
    page.goto(f"{address}/{'' if path == 'sales-now' else path}")
    expect(page.get_by_role("heading", name=TITLES[path])).to_be_visible(timeout=120_000)
    expect(page.get_by_test_id("stMetricValue").first).to_be_visible(timeout=120_000)
    return time.monotonic() - started


def settled(page: Page) -> None:
    """Wait until nothing on the page is older than what is being asked."""
    page.wait_for_function("() => !document.querySelector('[data-stale=true]')", timeout=120_000)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=120_000)


def refreshed(page: Page, label: str) -> float:
    """Seconds from the choice of another period until the page says so and stands still."""
    settled(page)
    before = page.get_by_test_id("stCaptionContainer").first.inner_text()
    started = time.monotonic()
    page.get_by_role("button", name=label, exact=True).or_(
        page.get_by_role("radio", name=label, exact=True)
    ).first.click()
    page.wait_for_function(
        "before => document.querySelector('[data-testid=stCaptionContainer]')?.innerText !== before",
        arg=before,
        timeout=120_000,
    )
    settled(page)
    return time.monotonic() - started


def looked_at(browser: Browser, address: str, rounds: int) -> list[dict[str, object]]:
    """First paint of every page, and refresh of the two that read all lines, round by round."""
    found: list[dict[str, object]] = []
    for number in range(rounds):
        for path in TITLES:
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            found.append(
                {
                    "page": path,
                    "what": "first paint",
                    "round": number,
                    "seconds": painted(page, address, path),
                }
            )
            if path == "sales-trends":
                for label in ("all", "7 days", "28 days"):
                    seconds = refreshed(page, label)
                    found.append(
                        {"page": path, "what": f"refresh: {label}", "round": number, "seconds": seconds}
                    )
            page.close()
    return found


def summed_up(found: list[dict[str, object]]) -> list[dict[str, object]]:
    """Median and worst of each measurement; round 0 warms up and is kept apart as ``cold``."""
    keys = dict.fromkeys((str(row["page"]), str(row["what"])) for row in found)
    answer = []
    for page, what in keys:
        mine = [row for row in found if (row["page"], row["what"]) == (page, what)]
        warm = [float(str(row["seconds"])) for row in mine if row["round"]]
        answer.append(
            {
                "page": page,
                "what": what,
                "cold": round(float(str(mine[0]["seconds"])), 2),
                "median": round(statistics.median(warm), 2),
                "worst": round(max(warm), 2),
                "goal": GOAL_PAINT if what == "first paint" else GOAL_REFRESH,
            }
        )
    return answer


def main() -> None:
    """Run the bench."""
    parser = options(__doc__)
    parser.add_argument("--lines", type=int, default=5_000_000, help="sale lines in gold")
    parser.add_argument("--rounds", type=int, default=3, help="rounds after the one that warms up")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for each in ("home", "lake"):
            (folder / each).mkdir()
        os.environ["RETAIL_HOME"] = str(folder / "home")
        own = {"snowflake_lake_url": f"file://{folder}/lake/", "snowflake_database": "BENCH"}
        settings = load_settings().model_copy(update=own)
        lake = made_lake(folder / "lake", given.lines)
        with local_snowflake(settings, folder / "home", folder / "snowflake.log") as served:
            os.environ["RETAIL_WAREHOUSE_PASSWORD"] = served.warehouse_password.get_secret_value()
            published(served, lake, given.lines)
            with running_dashboard(served, folder / "dashboard.log") as address, chromium() as browser:
                found = looked_at(browser, address, given.rounds + 1)
    result = write_evidence(given.to, "bench_dashboard", {"lines": given.lines, "seconds": summed_up(found)})
    shown = Table("page", "what", "cold", "median", "worst", "goal", title=f"{given.lines:,} lines; seconds")
    for row in result["seconds"]:  # type: ignore[attr-defined]
        shown.add_row(*(str(value) for value in row.values()))
    Console().print(shown)


if __name__ == "__main__":
    main()
