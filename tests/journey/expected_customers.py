"""What gold must say of customers, in plain Python from the tables of expected_events."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb

from tests.journey.expected_members import dim_customer
from tests.journey.expected_sales import FCT_SALES_LINES
from tests.journey.expected_stock import rows_of

Row = dict[str, Any]
ZERO = Decimal(0)
PURCHASES = ("SALE", "EXCHANGE")


def receipts_of(connection: duckdb.DuckDBPyConnection, pepper: str) -> list[Row]:
    """Receipts with lines that count; ``customer_key`` is null for strangers and for who gave no consent."""
    return list(rows_of(connection, f"""
    WITH counted AS (SELECT event_id, currency, business_date, transaction_type, customer_id, sum(net_amount) AS net
      FROM ({FCT_SALES_LINES}) WHERE NOT is_void GROUP BY ALL)
    SELECT c.*, m.customer_key FROM counted AS c
    LEFT JOIN ({dim_customer(pepper)}) AS m ON m.customer_key = sha256('{pepper}' || c.customer_id)"""))  # fmt: skip


def unknown_share(receipts: list[Row]) -> Decimal | None:
    """Share of net sales that no known customer stands for."""
    whole = sum((row["net"] for row in receipts), ZERO)
    unknown = sum((row["net"] for row in receipts if row["customer_key"] is None), ZERO)
    return unknown / whole if whole else None


def customer_rfm(receipts: list[Row], as_of: dt.date) -> Iterator[Row]:
    """Rows of gold.customer_rfm."""
    for currency in {row["currency"] for row in receipts}:
        mine = [row for row in receipts if row["currency"] == currency]
        found = []
        for key in {row["customer_key"] for row in mine} - {None}:
            own = [row for row in mine if row["customer_key"] == key]
            days = [row["business_date"] for row in own if row["transaction_type"] in PURCHASES]
            if days:
                net = sum((row["net"] for row in own), ZERO)
                found.append((key, min(days), max(days), len(days), net))
        for key, first, last, count, net in found:
            recency, frequency, money = (
                sum(other[place] < value for other in found) * 5 // len(found) + 1
                for place, value in ((2, last), (3, count), (4, net))
            )
            yield {
                "customer_key": key, "currency": currency, "as_of_date": as_of, "first_purchase_date": first,
                "last_purchase_date": last, "recency_days": (as_of - last).days, "receipt_count": count,
                "net_amount": net, "recency_score": recency, "frequency_score": frequency, "money_score": money,
                "segment": _segment(recency, frequency, money, count), "is_repeat": count >= 2,
                "unknown_share": unknown_share(mine),
            }  # fmt: skip


def _segment(recency: int, frequency: int, money: int, count: int) -> str:
    if min(recency, frequency, money) >= 4:
        return "CHAMPION"
    if recency <= 2:
        return "AT_RISK" if frequency >= 3 else "LOST"
    if frequency >= 4:
        return "LOYAL"
    return "NEW" if count == 1 and recency >= 4 else "PROMISING"


def customer_cohorts(receipts: list[Row]) -> Iterator[Row]:
    """Rows of gold.customer_cohorts."""
    first: dict[tuple[str, str], dt.date] = {}
    for row in sorted(receipts, key=lambda row: row["business_date"]):
        if row["customer_key"]:
            first.setdefault((row["currency"], row["customer_key"]), row["business_date"].replace(day=1))
    sizes = Counter((currency, month) for (currency, _), month in first.items())
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in receipts:
        month = row["business_date"].replace(day=1)
        cohort = first.get((row["currency"], row["customer_key"]), month)
        groups[row["currency"], month, cohort, row["customer_key"] is not None].append(row)
    for (currency, month, cohort, is_known), rows in groups.items():
        active = len({row["customer_key"] for row in rows} - {None})
        size = sizes[currency, cohort] if is_known else 0
        of_month = [
            row
            for row in receipts
            if row["currency"] == currency and row["business_date"].replace(day=1) == month
        ]
        kind = "NEW" if month == cohort else "RETURNING"
        yield {
            "currency": currency, "activity_month_date": month, "customer_type": kind if is_known else "UNKNOWN",
            "cohort_month_date": cohort,
            "month_number": (month.year - cohort.year) * 12 + month.month - cohort.month, "customer_count": active,
            "cohort_customer_count": size, "retention": Decimal(active) / size if size else None,
            "receipt_count": len(rows), "net_amount": sum((row["net"] for row in rows), ZERO),
            "unknown_share": unknown_share(of_month),
        }  # fmt: skip


def basket_pairs(connection: duckdb.DuckDBPyConnection, pepper: str, as_of: dt.date) -> Iterator[Row]:
    """Rows of gold.basket_pairs."""
    sql = f"""
    SELECT DISTINCT l.event_id, l.product_id, l.customer_id IS NULL AS is_unknown FROM ({FCT_SALES_LINES}) AS l
    LEFT JOIN ({dim_customer(pepper)}) AS m ON m.customer_key = sha256('{pepper}' || l.customer_id)
    WHERE NOT l.is_void AND l.line_type = 'ITEM' AND l.quantity > 0 AND l.transaction_type IN {PURCHASES}
      AND (l.customer_id IS NULL OR m.customer_key IS NOT NULL)"""
    baskets: dict[str, set[str]] = defaultdict(set)
    strangers = set()
    for row in rows_of(connection, sql):
        baskets[row["event_id"]].add(row["product_id"])
        if row["is_unknown"]:
            strangers.add(row["event_id"])
    total = len(baskets)
    least = max(2, -(-total // 200))
    single = Counter(product for goods in baskets.values() for product in goods)
    both = Counter(pair for goods in baskets.values() for pair in itertools.combinations(sorted(goods), 2))
    for (one, other), count in both.items():
        if count >= least:
            yield {
                "product_id": one, "paired_product_id": other, "as_of_date": as_of, "basket_count": count,
                "product_basket_count": single[one], "paired_basket_count": single[other],
                "total_basket_count": total, "support": Decimal(count) / total,
                "confidence": Decimal(count) / single[one], "reverse_confidence": Decimal(count) / single[other],
                "lift": Decimal(count * total) / (single[one] * single[other]),
                "unknown_share": Decimal(len(strangers)) / total,
            }  # fmt: skip
