"""Kafka lets go of an erased customer, in a topic whose retention is short, and the second look closes the erasure."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import pytest
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from infra.local.kafka_broker import data_folder
from ingestion.person_in_kafka import segments_naming
from lakehouse.storage.known_person import known_person
from lakehouse.storage.lake_reader import lake_reader
from orchestration.erase import NotYet, close, erase
from tests.journey.erased_lake import ID, MAIL, NAME, PHONE, people, sale, send, served

pytestmark = [pytest.mark.stack, pytest.mark.long]
SECOND = {"segment.ms": "1000", "file.delete.delay.ms": "1000"}
SHORT = {
    "sales_data": SECOND | {"retention.ms": "5000"},
    "customers": SECOND
    | {
        "min.compaction.lag.ms": "0",
        "max.compaction.lag.ms": "1000",
        "delete.retention.ms": "1000",
        "min.cleanable.dirty.ratio": "0.01",
    },
}
_PATIENCE = 600


def shorten(settings) -> None:
    admin = AdminClient({"bootstrap.servers": settings.bootstrap})
    resources = [
        ConfigResource(
            ResourceType.TOPIC,
            settings.topic(name),
            incremental_configs=[
                ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
                for key, value in config.items()
            ],
        )
        for name, config in SHORT.items()
    ]
    for done in admin.incremental_alter_configs(resources).values():
        done.result(30)


def closed_at_last(lake, settings) -> dict[str, Any]:
    """Try as an operator would, until the broker has cleaned its topics."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return close(settings, ID, (NAME, MAIL, PHONE), print, served(lake))
        except NotYet as error:
            if time.monotonic() > deadline:
                raise
            print(error)
            time.sleep(10)


def test_after_its_retention_kafka_holds_nobody_and_the_erasure_is_closed(lake, monkeypatch):
    monkeypatch.setattr("ingestion.person_in_kafka._SLACK", dt.timedelta(0))
    settings = lake.settings.model_copy(update={"warehouse": "off"})
    send(settings, {"customers": people(), "sales_data": [(b"t", sale(number, ID)) for number in (1, 2)]})
    lake.walk()
    sought = known_person(lake_reader(settings), settings, ID)
    folder = data_folder(settings.home / "kafka")
    assert len(segments_naming(folder, settings, sought)) >= 2, "the scan of segments can find"
    told = erase(settings, ID, (), print, served(lake))
    assert told["kafka"]["records"] == {"sales_data": 2, "customers": 3}
    with pytest.raises(NotYet, match="until"):
        close(settings, ID, (), print, served(lake))
    shorten(settings)
    told = erase(settings, ID, (NAME, MAIL, PHONE), print, served(lake))
    closed = closed_at_last(lake, settings)
    assert closed["state"] == "CLOSED"
    assert closed["kafka"]["records"] == {}
    assert closed["kafka"]["segments"] == segments_naming(folder, settings, sought) == []
    lake.walk()
    states = [row.state for row in lake.rows("ops.erasures").orderBy("noted_at").collect()]
    assert states == ["BEGUN", "CERTIFIED", "BEGUN", "CERTIFIED", "CLOSED"]
