"""Faults of every kind through a real broker: each is refused by the rules that name it, and by no others."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from dataclasses import dataclass

import pytest

from ingestion.events import Message
from ingestion.replay import send_messages
from lakehouse.contracts import load_contract
from lakehouse.settings import Settings
from lakehouse.silver.judged_events import CONFLICT, SILVER_TABLE, all_rules
from quality.jobs.check_table import check
from tests.lakehouse.sales_events import plain_line
from tests.lakehouse.silver.hostile_records import REFUSED
from tests.quality.topic_faults import OUT_OF_REACH, Fault, faults

pytestmark = pytest.mark.stack

# The window of business dates is open for it, so that the dates of the test data count nothing.
FROM_A_FILE = (("source", b"file:faults"),)
IN_WINDOW = ("401 days back", "3 days ahead", "receipt: business date 400 days and one back")


@dataclass(frozen=True)
class Sent:
    """One record, and all the rules that it breaks; ``key`` tells it from the others."""

    topic: str
    key: str
    value: bytes | None
    broken: frozenset[str]
    headers: tuple[tuple[str, bytes], ...] = FROM_A_FILE

    def message(self) -> Message:
        """The record as it is sent."""
        now = dt.datetime.now(dt.UTC)
        return Message(self.topic, self.key.encode(), self.value, self.headers, self.key, now)


def broken_records(errors: set[str]) -> list[Sent]:
    """A record for each rule that a record can break in the stream, and all that strangers have sent.

    ``errors``: ids of the rules that refuse a record.
    """
    sent = [
        Sent(topic, fault.name, _of_its_own(fault, errors), fault.broken)
        for topic in SILVER_TABLE
        for fault in faults(topic)
    ]
    sent += [
        Sent("sales_data", f"hostile: {name}", value, frozenset(broken))
        for name, (value, broken) in REFUSED.items()
        if name not in IN_WINDOW
    ]
    today = dt.datetime.now(dt.UTC)
    for days in (-402, 4):
        sale = plain_line(id=f"{1000 + days}", sales_time=f'"{today + dt.timedelta(days=days):%FT%TZ}"')
        sent.append(Sent("sales_data", f"{days} days", sale, frozenset({"business_date_window"}), ()))
    return sent


def _of_its_own(fault: Fault, errors: set[str]) -> bytes:
    """The record as an event of its own where nothing refuses it: the faults of a shape share one id."""
    if fault.broken & errors:
        return fault.value
    return json.dumps(json.loads(fault.value) | {"event_id": fault.name}).encode()


def identities() -> list[Sent]:
    """A sale, the same again, and another under its id: of one key, so that they arrive in this order."""
    sale = {"accepted": plain_line(), "again": plain_line(), "other": plain_line(quantity="7")}
    refused = {"other": frozenset({CONFLICT.id})}
    return [
        Sent("sales_data", "one sale", value, refused.get(name, frozenset())) for name, value in sale.items()
    ]


def rules_of_stream(settings: Settings) -> dict[str, str]:
    """Rule id -> severity, for every rule that a record of any topic can break."""
    return {
        rule.id: rule.severity
        for topic in SILVER_TABLE
        for rule in all_rules(load_contract("topics", topic), settings)
    }


@pytest.mark.long
def test_a_fault_of_each_kind_is_refused_by_its_own_rules_and_the_tables_stay_good(lake):
    severities = rules_of_stream(lake.settings)
    errors = {rule_id for rule_id, severity in severities.items() if severity == "error"}
    sent = [*broken_records(errors), *identities()]
    tried = {rule_id for each in sent for rule_id in each.broken}
    assert severities.keys() - tried <= OUT_OF_REACH
    assert tried <= severities.keys()
    assert len(tried) >= 15
    send_messages(lake.settings, [each.message() for each in sent])
    lake.walk()

    expected = Counter((each.key, each.broken & errors) for each in sent if each.broken & errors)
    rows = lake.rows("silver.quarantine").select("key", "rule_ids").collect()
    assert Counter((bytes(row.key).decode(), frozenset(row.rule_ids)) for row in rows) == expected
    ledger = lake.ledger()
    warned = Counter(rule_id for each in sent if not each.broken & errors for rule_id in each.broken)
    assert (ledger["received"], ledger["quarantined"]) == (len(sent), expected.total())
    assert (ledger["accepted"], ledger["duplicate"]) == (1 + warned.total(), 1)

    # What was refused reached no table; what was accepted with a warning warns there too, as often.
    kept = [f"silver.{name}" for name in SILVER_TABLE.values()]
    verdicts = check(lake.spark, lake.settings, [*kept, "silver.quarantine", "ops.ledger"])
    assert [each["table"] for each in verdicts if not each["is_open"]] == []
    found = {
        each["table"]: Counter({one["rule"]: one["count"] for one in each["failed"]}) for each in verdicts
    }
    assert sum((found[name] for name in kept), Counter()) == warned
    assert set(found["silver.quarantine"]) == {"few_refused"}
