"""Topics of a bench's own, filled with plain lines that were sold when the bench says, and taken away again."""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from confluent_kafka.admin import AdminClient

from infra.local.stack import up
from ingestion.events import SALES_DATA
from ingestion.kafka_clients import client_config
from ingestion.kafka_producer import EventSender
from ingestion.shop import KeyedValue, Shop, ShopPlan
from ingestion.topics import ensure_topics
from lakehouse.contracts import contract_names
from lakehouse.settings import Settings, load_settings
from lakehouse.storage.objects import s3_client
from orchestration.local_warehouse import local_warehouse

BLOCK = 1_000
Span = tuple[datetime, datetime]


def ground() -> Settings:
    """The servers, up; the warehouse is among them for every bench, as some need it and all find them as they are."""
    settings = load_settings()
    return up(settings, lambda text: print(text, file=sys.stderr), local_warehouse(settings))


@contextmanager
def topics_of_its_own(settings: Settings, name: str) -> Iterator[Settings]:
    """Settings whose topics and lake nobody else uses; both are taken away at the end."""
    mark = f"{name}{uuid.uuid4().hex[:6]}"
    own = settings.model_copy(update={"topic_prefix": f"{mark}.", "lake_prefix": f"bench/{mark}"})
    ensure_topics(own)
    try:
        yield own
    finally:
        topics = [own.topic(each) for each in contract_names("topics")]
        admin = AdminClient(client_config(own))  # named, because what it promised dies with it
        for done in admin.delete_topics(topics).values():
            done.result(60)
        empty(own)


def yesterday() -> Span:
    """The whole day before today, UTC."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=1), today


def load(settings: Settings, plan: ShopPlan, events: int, sold: Span) -> dict[str, int]:
    """Send so many events of the plan, sold evenly over the span; what was made of each kind."""
    first, last = sold
    shop = Shop(plan, datetime.now(UTC))
    blocks = (
        shop.batch(min(BLOCK, events - start), first + (last - first) * (start / events))
        for start in range(0, events, BLOCK)
    )
    send(settings, blocks)
    return dict(shop.counts)


def send(settings: Settings, blocks: Iterable[Sequence[KeyedValue]]) -> None:
    """Send blocks of sales, each of at most ``BLOCK``, as fast as the broker takes them."""
    with EventSender(settings) as sender:
        for block in blocks:
            while not sender.has_room(BLOCK):
                time.sleep(0.02)
            sender.send_pairs(SALES_DATA, block)


def empty(settings: Settings) -> None:
    """Take away every object of the lake of a bench."""
    assert settings.lake_key.startswith("bench/"), settings.lake_key
    client = s3_client(settings)
    while True:
        found = client.list_objects_v2(Bucket=settings.bucket, Prefix=settings.lake_key).get("Contents", [])
        if not found:
            return
        for each in found:
            client.delete_object(Bucket=settings.bucket, Key=each["Key"])
