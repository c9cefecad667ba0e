"""A canary is a sound receipt that sold nothing, and no two are alike."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from ingestion.arrivals import judge
from ingestion.canary import canary

pytestmark = pytest.mark.check
NOW = dt.datetime(2026, 11, 24, 23, 59, 59, 123000, tzinfo=dt.UTC)


def test_a_canary_is_a_sound_receipt_that_sold_nothing() -> None:
    message = canary("GBP", NOW)
    assert message.value is not None
    assert judge(message.topic, message.value) == ("receipt_v2", None)
    event = json.loads(message.value)
    assert (event["transaction_type"], event["store_id"], event["lines"]) == ("CANCELLED", "CANARY", [])
    assert event["produced_at"] == "2026-11-24T23:59:59.123Z"


def test_no_canary_is_a_duplicate_of_another() -> None:
    assert canary("GBP", NOW).event_id != canary("GBP", NOW).event_id
