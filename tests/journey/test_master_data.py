"""Z-reports and master data walk from their topics to silver, each record accounted for; a tombstone is kept."""

from __future__ import annotations

import pytest

from ingestion.kafka_producer import EventSender
from tests.quality.topic_faults import CUSTOMER, PRODUCT, STORE, encoded

pytestmark = pytest.mark.stack


def test_master_data_and_a_tombstone_are_accepted_once_and_counted(lake):
    customer = encoded(CUSTOMER)
    sent: dict[str, list[tuple[bytes | None, bytes | None]]] = {
        "products": [(b"A", encoded(PRODUCT)), (b"A", encoded(PRODUCT)), (b"A", None)],
        "stores": [(b"s1", encoded(STORE))],
        "customers": [(b"c42", customer), (b"c42", None), (b"", None)],
    }
    with EventSender(lake.settings) as sender:
        for topic, pairs in sent.items():
            sender.send_pairs(topic, pairs)
    lake.walk()
    assert {name: lake.rows(f"bronze.{name}").count() for name in sent} == {
        "products": 3,
        "stores": 1,
        "customers": 3,
    }
    assert [row.product_id for row in lake.rows("silver.products").collect()] == ["A"]
    assert [row.zone for row in lake.rows("silver.stores").collect()] == ["Europe/London"]
    kept = lake.rows("silver.customers").orderBy("offset").collect()
    assert [(row.customer_id, row.name, row.is_erased) for row in kept] == [
        ("c42", "Ann", False),
        ("c42", None, True),
    ]
    refused = lake.rows("silver.quarantine").collect()
    assert sorted(row.rule_ids for row in refused) == [["customer_id_length"], ["value_present"]]
    ledger = {
        row.topic.removeprefix(lake.settings.topic_prefix): (row.accepted, row.duplicate, row.quarantined)
        for row in lake.rows("ops.ledger").collect()
    }
    assert ledger == {"products": (1, 1, 1), "stores": (1, 0, 0), "customers": (2, 0, 1)}
