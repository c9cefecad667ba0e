"""Who was erased and comes again is written as bronze was rewritten: one event by either way."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lakehouse.contracts import load_contract
from lakehouse.rules.person import person
from lakehouse.rules.pseudonym import ERASED, pseudonym, suppression_hash
from lakehouse.rules.redaction import Record, redacted
from lakehouse.settings import Settings
from lakehouse.silver.erased import without_erased
from lakehouse.silver.judged_events import judged_events
from tests.lakehouse.sales_events import kafka_records, plain_line, receipt, rows_of

STATE = {
    "event_id": "crm:c42:1",
    "schema_version": 1,
    "customer_id": "c42",
    "name": "Ann",
    "has_consent": True,
    "effective_at": "2019-06-01T00:30:00+02:00",
    "produced_at": "2019-06-01T00:30:01+02:00",
}
RECORDS: dict[str, list[tuple[bytes, bytes | None]]] = {
    "sales_data": [(b"till", receipt()), (b"till", receipt(customer_id="c43")), (b"till", plain_line())],
    "customers": [(b"c42", json.dumps(STATE).encode()), (b"c42", None), (b"c43", None)],
}
COMPARED = ("offset", "rule_ids", "event_id", "customer_key", "content_hash", "business_date")


@pytest.mark.parametrize("topic", RECORDS)
def test_the_door_and_the_rewriting_of_bronze_make_the_same_events(
    spark: SparkSession, home_settings: Settings, topic: str
) -> None:
    secret = home_settings.customer_secret.get_secret_value()
    own = person("c42", pseudonym("c42", secret), ())
    again = [redacted(Record(topic, *pair), own, secret) for pair in RECORDS[topic]]

    def events(pairs: list[tuple[bytes | None, bytes | None]], erased: set[str]) -> list[dict[str, Any]]:
        keys = F.array(*[F.lit(key) for key, _ in pairs])
        records = kafka_records(spark, [value for _, value in pairs]).withColumns(
            {"key": F.get(keys, F.col("offset").cast("int")), "topic": F.lit(topic)}
        )
        clean = without_erased(records, erased, "customers", secret)
        judged = judged_events(clean, load_contract("topics", topic), home_settings, "m7")
        return rows_of(judged.select(*COMPARED).orderBy("offset"))

    at_the_door = events(list(RECORDS[topic]), {suppression_hash(own.pseudonym)})
    assert at_the_door == events([(record.key, record.value) for record in again], set())
    assert at_the_door[0]["customer_key"] == ERASED
    assert [row["rule_ids"] for row in at_the_door] == [[]] * 3
