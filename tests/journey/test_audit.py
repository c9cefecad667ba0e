"""Gold after hundreds of small batches, in any order and with small files joined now and then, equals gold made at once."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date

import pytest

from ingestion.events import TOPICS
from ingestion.replay import send_messages
from ingestion.simulator.chain import ChainPlan
from ingestion.simulator.week import chain_week
from lakehouse.storage.audit import audit_steps
from lakehouse.storage.customer_tables import analyse_customers
from lakehouse.storage.small_files import join_small_files
from lakehouse.storage.stock import refresh_stock

pytestmark = [pytest.mark.stack, pytest.mark.long, pytest.mark.timeout(4 * 3600)]


@pytest.mark.parametrize(
    ("batches", "rounds", "seed", "receipts_per_day", "records_per_batch"),
    [(30, 3, 8, 12, 45), (500, 10, 7, 30, 1)],  # Kafka's source takes at least one record of each partition
)
def test_batches_of_all_kinds_of_events_make_what_silver_makes_at_once(
    lake, batches, rounds, seed, receipts_per_day, records_per_batch
):
    plan = ChainPlan(
        date(2025, 10, 20), seed=seed, receipts_per_day=receipts_per_day, late=0.1, duplicates=0.1
    )
    week = chain_week(plan)
    messages = [message for message in week.messages if message.topic in TOPICS]
    assert len({message.topic for message in messages}) == len(TOPICS), "all kinds of events"
    random.Random(seed).shuffle(messages)
    small = {"max_days_back": 36_500, "max_records_per_batch": records_per_batch}
    lake = replace(lake, settings=lake.settings.model_copy(update=small))
    size = -(-len(messages) // rounds)
    for part in range(rounds):
        send_messages(lake.settings, messages[part * size : (part + 1) * size])
        lake.walk()
        join_small_files(lake.settings)
        refresh_stock(lake.spark, lake.settings)
    analyse_customers(lake.spark, lake.settings)
    assert lake.rows("ops.ledger").select("batch_id").distinct().count() >= batches * 0.9
    for step in audit_steps(lake.spark, lake.settings).values():
        step()
