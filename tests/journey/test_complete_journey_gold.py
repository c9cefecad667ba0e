"""A whole year of a grocer from the package through Kafka to gold: lines, baskets, dollars, shops and households."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import lake_reader

pytestmark = [pytest.mark.stack, pytest.mark.long, pytest.mark.timeout(3600)]

OWN = {"RETAIL_TOPIC_PREFIX": "journey.", "RETAIL_LAKE_PREFIX": "journey", "RETAIL_WAREHOUSE": "off"}


def test_the_year_is_1469307_lines_in_155848_baskets_for_4596039_dollars_58_in_gold(stack: Settings) -> None:
    command = [str(Path(sys.executable).parent / "retail"), "run", "--once", "--source", "complete-journey"]
    own = OWN | {"RETAIL_HOME": str(stack.home)}
    done = subprocess.run(
        [*command, "--json"], env=os.environ | own, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    assert told["totals"]["sales_lines"] == 1_469_307
    assert told["totals"]["receipts"] == 155_848
    assert Decimal(told["totals"]["net_value"]) == Decimal("4596039.58")
    assert told["totals"]["customers"] == 2_469
    assert told["ledger"]["balanced"]
    assert told["ledger"]["quarantined"] == told["ledger"]["duplicate"] == 0
    assert told["quality"]["failed"] == 0

    lake = lake_reader(stack.model_copy(update={"lake_prefix": "journey"}))
    lines = lake.rows("gold", "fct_sales_lines", ["event_id", "store_id", "net_amount", "business_date"])
    hours = lake.rows("gold", "agg_sales_hourly", ["line_count", "net_amount"])
    assert lines is not None
    assert hours is not None
    with duckdb.connect() as other:
        other.register("lines", lines)
        other.register("hours", hours)
        found = other.execute(
            "SELECT count(*), count(DISTINCT event_id), sum(net_amount), count(DISTINCT store_id) FROM lines"
        ).fetchone()
        assert found == (1_469_307, 155_848, Decimal("4596039.5800"), 457)
        by_hour = other.execute("SELECT sum(line_count), sum(net_amount) FROM hours").fetchone()
    assert by_hour == (1_469_307, Decimal("4596039.5800"))
