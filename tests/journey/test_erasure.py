"""A customer is erased: nothing names them any more, nothing else moves, and what comes later brings nobody back."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from ingestion.topics import ensure_topics
from lakehouse.rules.pseudonym import ERASED, pseudonym
from lakehouse.storage.customer_tables import analyse_customers
from lakehouse.storage.known_person import known_person
from lakehouse.storage.lake_reader import lake_reader
from lakehouse.storage.objects import s3_client
from lakehouse.storage.person_scan import found_in_bytes, scan_lake
from lakehouse.storage.stock import refresh_stock
from orchestration.erase import NotYet, close, erase
from orchestration.reconcile import reconcile
from orchestration.warehouse import answered, applied, published
from tests.journey.conftest import Lake
from tests.journey.erased_lake import (
    ID,
    MAIL,
    NAME,
    OTHER,
    PHONE,
    SAME,
    Pairs,
    people,
    placed,
    rows,
    sale,
    sales,
    send,
    served,
    state,
    stocked,
)

pytestmark = [pytest.mark.stack, pytest.mark.long]
KEPT = ("bronze.sales_data", "bronze.customers", "silver.receipts", "silver.customers", "silver.quarantine")


@dataclass(frozen=True)
class Walked:
    lake: Lake
    before: dict[str, Any]
    ledger: dict[str, int]
    certificate: dict[str, Any]


@pytest.fixture(scope="module")
def walked(spark, stack) -> Walked:
    name = f"t{uuid.uuid4().hex[:10]}"
    own = {
        "topic_prefix": f"{name}.",
        "lake_prefix": name,
        "snowflake_database": name.upper(),
        "lease_seconds": 120.0,
    }
    lake = Lake(spark, stack.model_copy(update=own))
    ensure_topics(lake.settings)
    send(lake.settings, {"customers": people(), **stocked(), "sales_data": sales()})
    lake.walk()
    refresh_stock(spark, lake.settings)
    analyse_customers(spark, lake.settings)
    applied(lake.settings, print)
    published(lake.settings, print)
    before: dict[str, Any] = {each: rows(lake, each) for each in SAME} | {
        each: placed(lake, each) for each in KEPT
    }
    before["scores"] = lake.rows("gold.customer_rfm").count()
    ledger = lake.ledger()
    return Walked(lake, before, ledger, erase(lake.settings, ID, (), print, served(lake)))


def sought(walked: Walked) -> Any:
    """The customer as the operator knows them, since the lake knows nothing any more."""
    return known_person(lake_reader(walked.lake.settings), walked.lake.settings, ID, (NAME, MAIL, PHONE))


def test_the_certificate_says_what_was_searched_found_and_removed(walked):
    told = walked.certificate
    assert told["state"] == "CERTIFIED"
    assert told["searched_for"] == ["email", "id", "name", "phone", "pseudonym"]
    found = {(each["table"], each["column"]) for each in told["found_before"]}
    assert {
        ("bronze.sales_data", "value"),
        ("bronze.customers", "key"),
        ("silver.customers", "name"),
        ("silver.customers", "event_id"),
        ("silver.receipts", "customer_key"),
        ("silver.receipts", "lines.description"),
        ("silver.quarantine", "value"),
        ("gold.fct_sales_lines", "customer_key"),
        ("gold.dim_customer", "customer_key"),
        ("gold.customer_rfm", "customer_key"),
    } <= found
    assert told["found_after"] == told["found_in_warehouse"] == []
    assert told["kafka"]["records"] == {"sales_data": 12, "customers": 3}
    assert not {NAME, MAIL, PHONE, ID} & set(json.dumps(told).split('"')), "a certificate names nobody"


def test_a_scan_of_every_file_finds_nothing(walked):
    assert scan_lake(walked.lake.settings, sought(walked)).found == ()


def test_the_requests_that_did_it_name_nobody(walked):
    settings = walked.lake.settings
    client, folder = s3_client(settings), f"{settings.lake_key}_requests/"
    keys = [each["Key"] for each in client.list_objects_v2(Bucket=settings.bucket, Prefix=folder)["Contents"]]
    held = [client.get_object(Bucket=settings.bucket, Key=key)["Body"].read() for key in keys]
    assert len(held) == 3
    assert not [key for key, body in zip(keys, held, strict=True) if found_in_bytes(body, sought(walked))]


def test_no_row_is_lost_and_no_sum_moves(walked):
    lake = walked.lake
    assert {each: rows(lake, each) for each in SAME} == {each: walked.before[each] for each in SAME}
    assert {each: placed(lake, each) for each in KEPT} == {each: walked.before[each] for each in KEPT}
    assert reconcile(lake.settings)["agrees"]


def test_facts_belong_to_nobody_and_the_tables_of_customers_forgot_one(walked):
    lake = walked.lake
    keys = [row[0] for row in lake.rows("gold.fct_receipts").select("customer_key").collect()]
    assert keys.count(ERASED) == 10
    members = {row[0] for row in lake.rows("gold.dim_customer").select("customer_key").collect()}
    secret = lake.settings.customer_secret.get_secret_value()
    assert members == {pseudonym(OTHER, secret)}
    assert lake.rows("gold.customer_rfm").count() == walked.before["scores"] - 1


def test_the_warehouse_serves_every_line_still(walked):
    (row,) = answered(walked.lake.settings, "SELECT COUNT(*) AS N FROM GOLD.FCT_SALES_LINES")
    assert row["N"] == len(walked.before["fct_sales_lines"])


def test_what_comes_later_brings_nobody_back(walked):
    lake = walked.lake
    again: Pairs = [(b"till-0", sale(1, OTHER)), (b"till-1", sale(3, ID)), (b"till-1", sale(61, ID))]
    more = [state(ID, 1, name=NAME, email=MAIL, phone=PHONE), state(ID, 40, name=NAME, email=MAIL)]
    send(lake.settings, {"sales_data": again, "customers": more})
    lake.walk()
    analyse_customers(lake.spark, lake.settings)
    added = {name: count - walked.ledger[name] for name, count in lake.ledger().items()}
    # A tombstone, a new sale and a new state are accepted; the sales and the state that came before are repetitions.
    assert added == {"received": 6, "accepted": 3, "duplicate": 3, "quarantined": 0, "lines": 3, "gaps": 0}
    assert scan_lake(lake.settings, sought(walked)).found == ()
    assert lake.rows("gold.fct_receipts").where("event_id = 'e61'").first().customer_key == ERASED
    assert lake.rows("gold.dim_customer").count() == 1
    assert reconcile(lake.settings)["agrees"]


def test_it_cannot_be_closed_while_kafka_may_hold_the_customer(walked):
    with pytest.raises(NotYet, match="Kafka may hold the customer until"):
        close(walked.lake.settings, ID, (), print, served(walked.lake))
