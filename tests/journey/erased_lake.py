"""A small lake in which one customer stands everywhere, and what is read from it before and after the erasure."""

from __future__ import annotations

import json
import warnings
from datetime import UTC, datetime, timedelta
from typing import Any

from ingestion.kafka_producer import EventSender
from lakehouse.settings import Settings
from lakehouse.storage.lease import Lease
from lakehouse.storage.objects import s3_client
from lakehouse.storage.requests import Request, RequestFailed, read_request, serve
from lakehouse.storage.upkeep import verbs
from tests.lakehouse.sales_events import line, receipt
from tests.quality.topic_faults import CUSTOMER, MOVEMENT, PRODUCT, STORE, encoded

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it reads its schemas by a function that Python has deprecated
    import kafka.record  # type: ignore[import-untyped] # noqa: F401 - imported here once, as in tests/ingestion

ID, NAME, MAIL, PHONE = "L-77031", "Zoë Lindqvist", "zoe.lindqvist@example.org", "+44 20 7946 0958"
OTHER = "L-77032"
NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=3)
SAME = (
    "fct_sales_lines", "fct_receipts", "agg_sales_hourly", "fct_inventory_movements", "fct_inventory_daily",
    "inventory_now", "dim_product", "dim_store",
)  # fmt: skip
"""Tables that an erasure leaves as they were, but for the customer's key."""
Pairs = list[tuple[bytes | None, bytes | None]]


def sale(number: int, customer_id: str | None, **told: Any) -> bytes:
    """A receipt of one line on one of three days."""
    at = NOON + timedelta(days=number % 3, minutes=number)
    when = {"business_date": f"{at:%F}", "occurred_at": at.isoformat(), "produced_at": at.isoformat()}
    who = {"event_id": f"e{number}", "transaction_id": f"{number}", "customer_id": customer_id}
    return receipt(**who, **when, **({"lines": [line(product_id=f"P{number % 4}")]} | told))


def state(customer_id: str, number: int, **told: Any) -> tuple[bytes | None, bytes | None]:
    """A state of a customer; its event id names the customer, as ids often do."""
    own = {"customer_id": customer_id, "event_id": f"crm:{customer_id}:{number}"}
    at = {"effective_at": (NOON - timedelta(days=30 - number)).isoformat()}
    return customer_id.encode(), encoded(CUSTOMER | own | at | told)


def people() -> Pairs:
    """Master data of the customer, twice, and of another one."""
    own = {"name": NAME, "email": MAIL, "phone": PHONE, "postcode": "N1 9GU"}
    other = {"name": "Sven Lindqvist", "email": "sven@example.org", "phone": "+44 20 7946 0959"}
    return [state(ID, 1, **own), state(ID, 2, **own | {"email": MAIL.upper()}), state(OTHER, 1, **other)]


def sales() -> Pairs:
    """Sales of the customer, of another and of nobody; one names her in a text, one is refused, one is cut off."""
    noted = [line(product_id="P1", description=f"engraved for {NAME}")]
    values = [
        *(sale(number, (ID, OTHER, None)[number % 3]) for number in range(1, 25)),
        sale(30, ID, lines=noted),
        json.dumps(json.loads(sale(31, ID))).encode(),
        sale(32, ID, currency="pounds"),
        encoded({"id": 5, "note": f"call {PHONE}"})[:-1],
    ]
    return [(f"till-{number % 3}".encode(), value) for number, value in enumerate(values)]


def stocked() -> dict[str, Pairs]:
    """Products, their store and a delivery."""
    products = [PRODUCT | {"product_id": f"P{number}", "event_id": f"p{number}"} for number in range(4)]
    moves = [
        MOVEMENT
        | {
            "event_id": f"m{number}",
            "movement_type": "RECEIPT",
            "product_id": f"P{number}",
            "store_id": "s1",
            "business_date": f"{NOON:%F}",
            "occurred_at": NOON.isoformat(),
        }
        for number in range(4)
    ]
    return {
        "products": [(str(record["product_id"]).encode(), encoded(record)) for record in products],
        "stores": [(b"s1", encoded(STORE))],
        "inventory_movements": [(b"s1", encoded(move)) for move in moves],
    }


def send(settings: Settings, topics: dict[str, Pairs]) -> None:
    """Send the records of each topic."""
    with EventSender(settings) as sender:
        for topic, pairs in topics.items():
            sender.send_pairs(topic, pairs)


def served(lake: Any) -> Any:
    """Works requests off in this process, as a stream between two batches would."""

    def finish(settings: Settings, request: Request, _tell: object) -> Request:
        with Lease(settings, "test") as lease:
            serve(settings, lease, verbs(lake.spark, settings), print)
        ended = read_request(s3_client(settings), settings, request.id)
        assert ended is not None
        if ended.state == "failed":
            raise RequestFailed(ended)
        return ended

    return finish


def rows(lake: Any, name: str) -> list[str]:
    """Rows of a table of gold without customers, sorted."""
    return sorted(map(str, lake.rows(f"gold.{name}").drop("customer_key").collect()))


def placed(lake: Any, name: str) -> list[tuple[Any, ...]]:
    """Coordinates of the rows of a table: none is lost, none is new."""
    return sorted(map(tuple, lake.rows(name).select("topic", "partition", "offset").collect()))
