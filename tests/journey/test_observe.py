"""What the observer sees of a real broker and lake: a good day, and three bad ones."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from infra.local.servers import SUPERVISOR
from ingestion.canary import send_canary
from ingestion.kafka_producer import EventSender
from ingestion.topics import ensure_topics
from lakehouse.settings import Settings
from lakehouse.storage.lease import Lease
from orchestration.observe.metrics import GAUGES, PREFIX
from orchestration.observe.observer import Observer
from orchestration.plan import MEDALLION
from orchestration.status import status
from tests.journey.bad_ledger import write_ledger

pytestmark = pytest.mark.stack

Seen = dict[tuple[str, ...], float]


def seen(observer: Observer, now: dt.datetime | None = None, is_kept: bool = False) -> Seen:
    """The figures of one look, as Prometheus reads them: name and label values (as GAUGES orders them) -> value."""
    observer.look(now or dt.datetime.now(dt.UTC), is_kept)
    families = text_string_to_metric_families(generate_latest(observer.figures.registry).decode())
    return {
        (
            sample.name,
            *(sample.labels[label] for label in GAUGES[family.name.removeprefix(PREFIX)][1]),
        ): sample.value
        for family in families
        if family.name.removeprefix(PREFIX) in GAUGES
        for sample in family.samples
    }


@pytest.fixture
def watched(stack_settings: Settings) -> tuple[Settings, Observer]:
    """A lake without tables, its topics, and an observer of it."""
    ensure_topics(stack_settings)
    return stack_settings, Observer(stack_settings, print)


def test_a_canary_reaches_gold_moves_no_figure_of_sales_and_is_measured(lake: Any) -> None:
    now = dt.datetime.now(dt.UTC)
    send_canary(lake.settings, now)
    lake.walk()
    assert lake.sales() == (0, 0, 0)
    assert lake.rows("gold.agg_sales_hourly").count() == 0
    observer = Observer(lake.settings, print)
    later = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=2)
    walked = (later - now).total_seconds() - 120
    figures = seen(observer, later, is_kept=True)
    for layer in ("bronze", "silver", "gold"):
        assert 0 < figures["retail_freshness_lag_seconds", layer] <= walked
        assert figures["retail_freshness_age_seconds", layer] > 120
    assert figures["retail_ledger_records", "received"] == 1
    assert figures["retail_ledger_bronze_difference_records",] == 0
    assert figures["retail_table_rows", "gold", "fct_receipts"] == 1
    rows = [row.asDict() for row in lake.rows("ops.freshness").collect()]
    assert {row["layer"] for row in rows} == {"bronze", "silver", "gold"}
    assert all(row["is_canary"] for row in rows)
    assert {row["newest_produced_at"].timestamp() for row in rows} == {int(now.timestamp() * 1000) / 1000}
    told = status(lake.settings)
    assert {layer: each["is_canary"] for layer, each in told["freshness"].items()} == dict.fromkeys(
        ("bronze", "silver", "gold"), True
    )
    assert (told["gates"], told["ledger"]["balanced"]) == ({"checked": 0, "closed": []}, True)
    # A second observer of the same lake writes no minute twice.
    seen(Observer(lake.settings, print), later, is_kept=True)
    assert lake.rows("ops.freshness").count() == len(rows)


def test_a_stream_is_up_exactly_while_the_application_holds_the_lease(
    watched: tuple[Settings, Observer],
) -> None:
    settings, observer = watched
    assert seen(observer)["retail_stream_up",] == 0
    with Lease(settings, MEDALLION.name):
        assert seen(observer)["retail_stream_up",] == 1
    with Lease(settings, "tend_lake"):
        assert seen(observer)["retail_stream_up",] == 0
    figures = seen(observer)
    assert figures["retail_server_up", "kafka"] == figures["retail_server_up", "s3"] == 1
    assert ("retail_server_up", SUPERVISOR) not in figures


def test_a_partition_that_stands_still_is_told_from_one_that_moves(
    watched: tuple[Settings, Observer],
) -> None:
    settings, observer = watched
    with EventSender(settings) as sender:
        sender.send_pairs("sales_data", [(f"k{n}".encode(), b"{}") for n in range(60)])
    topic = settings.topic("sales_data")
    waiting = seen(observer)
    held = {n: int(waiting["retail_stream_lag_records", topic, str(n)]) for n in range(3)}
    assert sum(held.values()) == 60
    with Lease(settings, MEDALLION.name) as lease:
        lease.stands_at({(topic, 0): held[0], (topic, 1): 1, (topic, 2): held[2]})
        lease._write(lease._etag)  # the next heartbeat, now
        figures = seen(observer, dt.datetime.now(dt.UTC) + dt.timedelta(seconds=90))
    assert figures["retail_stream_position", topic, "1"] == 1
    assert figures["retail_stream_lag_records", topic, "1"] == held[1] - 1
    assert figures["retail_stream_lag_seconds", topic, "1"] > 89
    assert (
        figures["retail_stream_lag_records", topic, "0"]
        == figures["retail_stream_lag_seconds", topic, "0"]
        == 0
    )


def test_a_ledger_that_does_not_add_up_is_seen(watched: tuple[Settings, Observer]) -> None:
    settings, observer = watched
    write_ledger(settings, {"received": 5, "accepted": 4, "duplicate": 1})
    assert seen(observer)["retail_ledger_unbalanced_records",] == 0
    write_ledger(settings, {"batch_id": 1, "received": 5, "accepted": 2, "duplicate": 1})
    assert seen(observer)["retail_ledger_unbalanced_records",] == 2


def test_while_s3_is_away_the_observer_goes_on_and_says_so(watched: tuple[Settings, Observer]) -> None:
    settings, _ = watched
    told: list[str] = []
    blind = Observer(settings.model_copy(update={"s3_endpoint": "http://127.0.0.1:9"}), told.append)
    figures = seen(blind)
    assert ("retail_stream_up",) not in figures
    assert figures["retail_server_up", "s3"] == 0
    assert "retail doctor" in told[0]


def test_a_silent_topic_gets_a_canary_while_the_stream_lives(watched: tuple[Settings, Observer]) -> None:
    settings, _ = watched
    observer = Observer(settings.model_copy(update={"canary_seconds": 1.0}), print)
    now = dt.datetime.now(dt.UTC)
    observer.look(now)
    assert seen(observer, now + dt.timedelta(seconds=2), is_kept=True)["retail_canaries_sent",] == 0
    with Lease(settings, MEDALLION.name):
        observer.look(now + dt.timedelta(seconds=4))
        figures = seen(observer, now + dt.timedelta(seconds=6), is_kept=True)
    assert figures["retail_canaries_sent",] == 1
    assert (
        sum(
            seen(observer)["retail_stream_lag_records", settings.topic("sales_data"), str(n)]
            for n in range(3)
        )
        == 1
    )
