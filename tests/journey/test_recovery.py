"""What the runbook says of recovery, done: a table taken back, everything behind bronze made again, a checkpoint lost."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ingestion.topics import ensure_topics
from lakehouse.jobs import publish_gold, refine_silver
from lakehouse.storage.customer_tables import analyse_customers
from lakehouse.storage.requests import RequestFailed
from lakehouse.storage.stock import refresh_stock
from orchestration.rebuild_lake import rebuild_lake
from orchestration.reconcile import reconcile
from orchestration.restore import restore
from tests.journey.conftest import Lake
from tests.journey.erased_lake import ID, OTHER, Pairs, people, sale, sales, send, served, stocked
from tests.journey.test_layer_by_layer import content, run

pytestmark = [pytest.mark.stack, pytest.mark.long]
MADE = (
    "silver.receipts", "silver.customers", "silver.inventory_movements", "silver.quarantine", "gold.fct_sales_lines",
    "gold.fct_receipts", "gold.agg_sales_hourly", "gold.dim_product", "gold.dim_customer", "gold.inventory_now",
    "gold.fct_inventory_daily", "gold.customer_rfm", "gold.customer_cohorts",
)  # fmt: skip


@dataclass(frozen=True)
class Spoiled:
    """A lake of three batches, and what its tables held when they were good."""

    lake: Lake
    held: dict[str, list[Any]]
    ledger: dict[str, int]


@pytest.fixture(scope="module")
def good(spark, stack, tmp_path_factory) -> Iterator[Spoiled]:
    """The lake has a home of its own: a rebuild is the one writer of its home until the process ends."""
    name, home = f"t{uuid.uuid4().hex[:10]}", tmp_path_factory.mktemp("rebuilt")
    own = {
        "topic_prefix": f"{name}.",
        "lake_prefix": name,
        "home": home,
        "checkpoint_root": f"file://{home}/c",
    }
    lake = Lake(spark, stack.model_copy(update=own))
    ensure_topics(lake.settings)
    void = {"transaction_type": "POST_VOID", "original_transaction_id": "4", "lines": [], "tenders": []}
    zero = dict.fromkeys(("gross", "discount", "net", "tax", "total"), "0.00")
    batches: list[dict[str, Pairs]] = [
        {"customers": people()[:1], **stocked(), "sales_data": sales()[:20]},
        {
            "customers": people()[1:],
            "sales_data": [*sales()[10:], (b"till-1", sale(90, OTHER, **void, totals=zero))],
        },
        {"sales_data": [(b"till-2", sale(91, ID))]},
    ]
    for topics in batches:
        send(lake.settings, topics)
        lake.walk()
    refresh_stock(spark, lake.settings)
    analyse_customers(spark, lake.settings)
    yield Spoiled(lake, {each: content(lake, each) for each in MADE}, lake.ledger())
    shutil.rmtree(home)


def test_a_table_that_was_spoiled_by_hand_is_taken_back(good):
    lake = good.lake
    path = lake.settings.table_path("ops", "ledger")
    version = lake.spark.sql(f"DESCRIBE HISTORY delta.`{path}` LIMIT 1").first().version
    lake.spark.sql(f"DELETE FROM delta.`{path}` WHERE topic LIKE '%sales_data'")
    assert not reconcile(lake.settings)["agrees"]
    restore(lake.settings, "ledger", (None, version), print, served(lake))
    assert lake.ledger() == good.ledger
    assert reconcile(lake.settings)["agrees"]


def test_facts_go_back_past_a_batch_and_their_days_are_made_again(good):
    lake = good.lake
    done = restore(lake.settings, "fct_sales_lines", (None, 1), print, served(lake))["done"]
    assert len(done) >= 3, "the table, and each day that a later batch had touched"
    assert content(lake, "gold.fct_sales_lines") == good.held["gold.fct_sales_lines"]
    assert reconcile(lake.settings)["agrees"]


def test_bronze_does_not_go_back_past_a_batch(good):
    with pytest.raises(RequestFailed, match="never be read again") as refused:
        restore(good.lake.settings, "bronze.sales_data", (None, 1), print, served(good.lake))
    assert refused.value.exit_code == 2


def test_silver_and_gold_made_again_from_bronze_alone_are_what_they_were(good, monkeypatch):
    lake = good.lake
    monkeypatch.setenv("RETAIL_CHECKPOINT_ROOT", lake.settings.checkpoint_root)

    def in_this_process(settings, job, arguments, _tell) -> None:
        jobs = {"refine_silver": refine_silver, "publish_gold": publish_gold}
        if job.name in jobs:
            run(jobs[job.name], settings, monkeypatch)
        elif job.name == "run_medallion":
            assert arguments[-2:] == ("--start-from", "lake")
            lake.walk(start_from="lake")
        else:
            {"refresh_stock": refresh_stock, "analyse_customers": analyse_customers}[job.name](
                lake.spark, settings
            )

    told = rebuild_lake(lake.settings, print, in_this_process)
    assert told["after"] == told["before"]
    assert {each: content(lake, each) for each in MADE} == good.held
    assert lake.ledger() == good.ledger | {"gaps": lake.ledger()["gaps"]}
    assert reconcile(lake.settings)["agrees"]


def test_the_stream_goes_on_after_the_rebuild_and_after_a_lost_checkpoint(good):
    lake = good.lake
    for number in (92, 93):
        shutil.rmtree(Path(lake.settings.checkpoint_path("medallion").removeprefix("file://")))
        send(lake.settings, {"sales_data": [(b"till-2", sale(number, None)), (b"till-2", sale(91, ID))]})
        lake.walk(start_from="lake")
    assert lake.ledger()["accepted"] == good.ledger["accepted"] + 2
    assert lake.ledger()["duplicate"] == good.ledger["duplicate"] + 2
    assert reconcile(lake.settings)["agrees"]
