"""The consumer's command shows what is broken and ends with 1."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from ingestion.events import SALES_DATA, Message
from ingestion.replay import send_messages
from ingestion.sales_consumer import Reading, app, read_records
from ingestion.sales_producer import Pace, simulate
from ingestion.shop import ShopPlan
from ingestion.topics import ensure_topics
from lakehouse.settings import Settings

pytestmark = pytest.mark.stack


def test_the_command_shows_the_broken_record_counts_the_sound_ones_and_ends_with_1(
    stack_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure_topics(stack_settings)
    monkeypatch.setenv("RETAIL_KAFKA_BOOTSTRAP", stack_settings.bootstrap)
    monkeypatch.setenv("RETAIL_TOPIC_PREFIX", stack_settings.topic_prefix)
    simulate(stack_settings, ShopPlan(shape="mixed"), Pace(limit=50))
    sound = CliRunner().invoke(app, ["--limit", "50", "--json"])
    assert sound.exit_code == 0
    broken = Message(SALES_DATA, None, b'{"id":1,"product":"MUG"', (), "", datetime(2026, 11, 23, tzinfo=UTC))
    send_messages(stack_settings, [broken])
    judged = CliRunner().invoke(app, ["--idle", "1", "--json"])
    counts = json.loads(judged.stdout)
    assert judged.exit_code == 1
    assert (counts["records"], counts["faults"], counts["missing_offsets"]) == (51, {"not JSON": 1}, 0)
    assert 'not JSON: {"id":1,"product":"MUG"' in judged.stderr


def test_a_topic_that_does_not_exist_is_named(stack_settings: Settings) -> None:
    with pytest.raises(ValueError, match=rf"no topic {stack_settings.topic('sales_data')} at"):
        list(read_records(stack_settings, SALES_DATA, Reading(limit=1)))
