"""Every worksheet runs on the local warehouse, and its numbers are those of plain Python over the same lines."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

import pytest

from lakehouse.settings import Settings
from orchestration.warehouse import worksheet
from tests.warehouse.served_lake import (
    SHOP_LINES,
    Row,
    standing,
)
from warehouse.arrival import served_rows, wait_for_arrival
from warehouse.connection import connect

KEPT = standing(SHOP_LINES)
GOODS = [line for line in KEPT if line["line_type"] in ("ITEM", "RETURN")]
CURRENCIES = ("EUR", "GBP")


@pytest.fixture(scope="module")
def sales(shop: Settings) -> list[list[Row]]:
    """Rows of each question about sales."""
    return [each["rows"] for each in worksheet(shop, "sales_performance")]


@pytest.fixture(scope="module")
def balances(shop: Settings) -> list[list[Row]]:
    """Rows of each question of the reconciliation."""
    return [each["rows"] for each in worksheet(shop, "reconciliation")]


@pytest.fixture(scope="module")
def quality(shop: Settings) -> list[list[Row]]:
    """Rows of each question about quality."""
    return [each["rows"] for each in worksheet(shop, "data_quality")]


def total(lines: list[Row], name: str = "net_amount") -> Decimal:
    return sum((line[name] for line in lines), Decimal(0))


def by(lines: list[Row], *names: str) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = defaultdict(list)
    for line in lines:
        groups[tuple(line[name] for name in names)].append(line)
    return groups


def near(seen: object, expected: Decimal) -> bool:
    """Equal to the last digit that is shown: a quotient is rounded."""
    return abs(Decimal(str(seen)) - expected) <= Decimal("0.0001")


def test_the_headline_is_exact(sales: list[list[Row]]) -> None:
    assert [row["CURRENCY"] for row in sales[0]] == list(CURRENCIES)
    for row in sales[0]:
        lines = by(KEPT, "currency")[(row["CURRENCY"],)]
        receipts = len({line["event_id"] for line in lines})
        returned = total([line for line in lines if line["line_type"] == "RETURN"])
        assert (row["SALES_LINES"], row["RECEIPTS"]) == (len(lines), receipts)
        assert Decimal(row["NET_SALES"]) == total(lines)
        assert Decimal(row["UNITS"]) == total(lines, "quantity")
        assert near(row["NET_PER_RECEIPT"], total(lines) / receipts)
        assert near(row["RETURN_SHARE"], -returned / (total(lines) - returned))
        assert row["KNOWN_CUSTOMERS"] == len({line["customer_key"] for line in lines} - {None})


def test_each_day_stands_with_the_same_day_a_week_before(sales: list[list[Row]]) -> None:
    days = {key: total(lines) for key, lines in by(KEPT, "currency", "business_date").items()}
    assert len(sales[1]) == len(days)
    for row in sales[1]:
        day = dt.date.fromisoformat(row["BUSINESS_DATE"])
        before = days.get((row["CURRENCY"], day - dt.timedelta(days=7)))
        assert Decimal(row["NET_SALES"]) == days[row["CURRENCY"], day]
        assert row["DAY_NAME"] == f"{day:%A}"
        change = row["CHANGE_TO_WEEK_BEFORE"]
        assert (change and Decimal(change)) == (
            None if before is None else days[row["CURRENCY"], day] - before
        )


def test_hours_and_stores_add_up_to_all_sales(sales: list[list[Row]]) -> None:
    for rows, key in ((sales[2], "LOCAL_HOUR"), (sales[3], "STORE_ID")):
        for currency in CURRENCIES:
            mine = [row for row in rows if row["CURRENCY"] == currency]
            lines = by(KEPT, "currency")[(currency,)]
            assert sum(Decimal(row["NET_SALES"]) for row in mine) == total(lines)
            assert abs(sum((Decimal(row["SHARE_OF_SALES"]) for row in mine), Decimal(-1))) < Decimal("0.001")
            seen = {line["occurred_at"].hour if key == "LOCAL_HOUR" else line["store_id"] for line in lines}
            assert {row[key] for row in mine} == seen


def test_the_best_twenty_products_are_the_best_twenty(sales: list[list[Row]]) -> None:
    for currency in CURRENCIES:
        products = {
            key[0]: total(v) for key, v in by(by(GOODS, "currency")[(currency,)], "product_id").items()
        }
        best = sorted(products.items(), key=lambda item: (-item[1], item[0]))[:20]
        mine = [(r["PRODUCT_ID"], Decimal(r["NET_SALES"])) for r in sales[4] if r["CURRENCY"] == currency]
        assert mine == best


def test_the_top_movers_moved_most(sales: list[list[Row]]) -> None:
    for currency in CURRENCIES:
        lines = by(GOODS, "currency")[(currency,)]
        last = max(line["business_date"] for line in by(KEPT, "currency")[(currency,)])
        moved: dict[str, Decimal] = defaultdict(Decimal)
        for line in lines:
            age = (last - line["business_date"]).days
            if age < 14:
                moved[line["product_id"]] += line["net_amount"] * (1 if age < 7 else -1)
        best = sorted(moved.items(), key=lambda item: (-abs(item[1]), item[0]))[:10]
        assert [
            (r["PRODUCT_ID"], Decimal(r["CHANGE"])) for r in sales[5] if r["CURRENCY"] == currency
        ] == best


def test_what_comes_back_is_counted_positive(sales: list[list[Row]]) -> None:
    for row in sales[6]:
        lines = by(GOODS, "currency", "product_id")[row["CURRENCY"], row["PRODUCT_ID"]]
        returned = [line for line in lines if line["line_type"] == "RETURN"]
        assert Decimal(str(row["VALUE_RETURNED"])) == -total(returned)
        assert returned
        assert Decimal(row["UNITS_RETURNED"]) == -total(returned, "quantity")


def test_baskets_are_counted_by_their_lines(sales: list[list[Row]]) -> None:
    sold = [line for line in KEPT if line["transaction_type"] == "SALE"]
    sizes = {key: len(lines) for key, lines in by(sold, "currency", "event_id").items()}
    expected = Counter(
        (currency, "1" if n == 1 else "2 to 5" if n <= 5 else "6 to 20" if n <= 20 else "over 20")
        for (currency, _), n in sizes.items()
    )
    assert {(row["CURRENCY"], row["LINES_IN_BASKET"]): row["RECEIPTS"] for row in sales[7]} == expected


def test_the_tenths_of_customers_hold_all_of_them(sales: list[list[Row]]) -> None:
    known = [line for line in KEPT if line["customer_key"]]
    for currency in CURRENCIES:
        mine = [row for row in sales[8] if row["CURRENCY"] == currency]
        customers = {
            key[0]: total(v) for key, v in by(by(known, "currency")[(currency,)], "customer_key").items()
        }
        assert sum(row["CUSTOMERS"] for row in mine) == len(customers)
        assert sum(Decimal(row["NET_SALES"]) for row in mine) == sum(customers.values())
        assert Decimal(mine[0]["NET_SALES"]) >= max(customers.values())


def test_everything_is_accounted_for(balances: list[list[Row]]) -> None:
    ledger, quarantine, receipts, loaded, plain, missing, hourly, _ = balances
    assert [(row["TOPIC"], row["DIFFERENCE"]) for row in ledger] == [("sales_data", 0)]
    assert [(row["IN_LEDGER"], row["IN_QUARANTINE"], row["DIFFERENCE"]) for row in quarantine] == [(3, 3, 0)]
    assert receipts[0]["DIFFERENCE"] == 0
    assert [(row["CURRENCY"], row["DIFFERENCE_IN_LINES"]) for row in loaded] == [("EUR", 0), ("GBP", 0)]
    assert all(Decimal(row["DIFFERENCE_IN_NET_SALES"]) == 0 for row in loaded)
    assert (plain[0]["LINES"], Decimal(plain[0]["UNITS"])) == (len(KEPT), total(KEPT, "quantity"))
    assert (plain[0]["LINES_TWICE"], plain[0]["DIFFERENCE_IN_LINES"]) == (0, 0)
    assert (missing, hourly) == ([], [])


def test_freshness_tells_the_newest_record_and_the_version_shown(balances: list[list[Row]]) -> None:
    shown = {(row["LAYER"], row["TABLE_NAME"]): row for row in balances[7]}
    lines = shown["gold", "fct_sales_lines"]
    assert lines["NEWEST_RECORD_AT"].startswith("2026-11-23T10:15:00")
    assert (lines["DELTA_VERSION"], lines["RECORD_AGE_SECONDS"] is not None) == (0, True)
    assert shown["ops", "ledger"]["PUBLISHED_AT"]


def test_the_newest_gate_of_each_table_counts(quality: list[list[Row]]) -> None:
    assert [(row["TABLE_NAME"], row["IS_OPEN"]) for row in quality[0]] == [
        ("gold.dim_store", True),
        ("gold.fct_receipts", True),
    ]


def test_refused_records_are_told_by_rule_and_by_day(quality: list[list[Row]]) -> None:
    assert [(row["RULE_ID"], row["RECORDS"]) for row in quality[3]] == [
        ("price_digits", 3),
        ("line_seq_unique", 1),
    ]
    assert [(row["RECORDS"], row["CHANGE"]) for row in quality[4]] == [(1, None), (2, 1)]


def test_a_batch_shows_its_share_of_refused_and_repeated_records(quality: list[list[Row]]) -> None:
    (batch,) = quality[5]
    assert (batch["DUPLICATE"], batch["QUARANTINED"]) == (2, 3)
    assert Decimal(batch["QUARANTINED_SHARE"]) == round(Decimal(3) / batch["RECEIVED"], 6)


def test_the_newest_check_tells_which_rules_fail_and_history_which_ever_did(quality: list[list[Row]]) -> None:
    assert [(row["RULE_ID"], row["FAILED_COUNT"]) for row in quality[1]] == [("total_is_net_plus_tax", 7)]
    assert [
        (row["RULE_ID"], row["CHECKS"], row["FAILED_CHECKS"], row["FAILED_ROWS"]) for row in quality[2]
    ] == [
        ("receipt_unique", 2, 1, 4),
        ("total_is_net_plus_tax", 2, 1, 7),
    ]


def test_the_command_tells_rows_as_a_list_with_decimals_as_text(shop: Settings) -> None:
    own = {
        "RETAIL_WAREHOUSE_PORT": str(shop.warehouse_port),
        "RETAIL_WAREHOUSE_PASSWORD": shop.warehouse_password.get_secret_value(),
        "RETAIL_SNOWFLAKE_DATABASE": shop.snowflake_database,
    }
    statement = "SELECT COUNT(*) AS N, SUM(NET_AMOUNT) AS NET FROM GOLD.FCT_SALES_LINES WHERE NOT IS_VOID"
    command = [sys.executable, "-m", "orchestration.cli", "sql", statement, "--json"]
    done = subprocess.run(
        command, env=os.environ | own, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [{"N": len(KEPT), "NET": format(total(KEPT), "f")}]


def test_what_readers_see_is_counted_when_all_has_arrived(shop: Settings) -> None:
    with connect(shop) as warehouse:
        assert wait_for_arrival(warehouse, 20)
        rows = served_rows(warehouse)
    assert rows["sales.sales_data"] == len(KEPT)
    assert rows["gold.fct_sales_lines"] == len(SHOP_LINES)
    assert rows["gold.dim_customer"] == 0
