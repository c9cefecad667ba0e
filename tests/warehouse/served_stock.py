"""Stock, months and customers of the small lake: rows by chance, with every shape that a key figure tells apart.

Unlike the sales these tables do not follow from one another: what a key figure is over given rows is asked here, how
Spark makes the rows is asked elsewhere.
"""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from typing import Any

from tests.warehouse.served_lake import NOON, SHOP_LINES, ZERO, Row

MICRO = Decimal("0.000001")
LAST = max(line["business_date"] for line in SHOP_LINES)
_CURRENCIES = {"s1": "GBP", "s2": "GBP", "s3": "EUR"}
_MONTHS = [dt.date(2026, month, 1) for month in (9, 10, 11)]
_QUANTITIES = ("opening", "received", "transferred_in", "transferred_out", "sold", "returned", "adjusted",
               "written_off", "returned_to_vendor", "opened", "shrink", "closing")  # fmt: skip


def stock_and_customers(seed: int = 11) -> dict[str, list[Row]]:
    """Rows of the gold tables by name. A third of the goods has no cost and so no currency."""
    chance = random.Random(seed)
    goods = [(store, f"P{number}") for store in _CURRENCIES for number in range(30)]
    return {
        "inventory_now": [_now(chance, *each) for each in goods],
        "fct_inventory_daily": [_day(chance, *each, back) for each in goods for back in (0, 3)],
        "fct_inventory_movements": [_movement(chance, number) for number in range(300)],
        "customer_rfm": [_buyer(chance, number, each) for number in range(12) for each in ("EUR", "GBP")],
        "customer_cohorts": [row for each in ("EUR", "GBP") for row in _cohorts(chance, each)],
        "basket_pairs": [_pair(chance, number) for number in range(1, 20)],
        "dim_store": [_store(name, currency) for name, currency in _CURRENCIES.items()],
    }


def _now(chance: random.Random, store: str, product: str) -> Row:
    on_hand, demand = _units(chance, -2, 30), _units(chance, 0, 40)
    lead_time = chance.choice([None, 3])
    point = None if lead_time is None else _units(chance, 1, 20)
    cost = _cost(chance, store)
    return cost | {
        "store_id": store, "product_id": product, "as_of_date": LAST, "on_hand": on_hand,
        "is_tracked": chance.random() < 0.8, "last_moved_date": LAST, "demand_day_count": 28, "demand": demand,
        "available": demand + abs(on_hand), "daily_demand": (demand / 28).quantize(MICRO),
        "days_of_supply": (on_hand * 28 / demand).quantize(MICRO) if demand else None, "is_stock_out": on_hand <= 0,
        "lead_time_days": lead_time, "reorder_point": point, "is_below_reorder_point": point and on_hand <= point,
        "is_negative": on_hand < 0, "stock_value": cost["unit_cost"] and cost["unit_cost"] * max(on_hand, ZERO),
    }  # fmt: skip


def _day(chance: random.Random, store: str, product: str, back: int) -> Row:
    quantities = {name: _units(chance, 0, 9) for name in _QUANTITIES}
    return quantities | _cost(chance, store) | {
        "store_id": store, "product_id": product, "business_date": LAST - dt.timedelta(days=back),
        "shrink": _units(chance, -3, 1), "closing": _units(chance, -1, 9), "movement_count": 3,
        "is_tracked": chance.random() < 0.8, "is_negative": chance.random() < 0.1, "is_phantom": False,
        "is_sold_while_out": False, "first_moved_date": LAST - dt.timedelta(days=9),
    }  # fmt: skip


def _movement(chance: random.Random, number: int) -> Row:
    store = chance.choice(list(_CURRENCIES))
    kind = chance.choice(["SALE", "SALE", "RETURN", "COUNT", "RECEIPT"])
    quantity, cost = _units(chance, 1, 9), _cost(chance, store)
    is_sale = kind in ("SALE", "RETURN")
    return cost | {
        "source_event_id": f"m{number}", "line_seq": 1, "business_date": LAST, "store_id": store,
        "product_id": f"P{number % 30}", "occurred_at": NOON, "movement_type": kind, "quantity": quantity,
        "on_hand": quantity, "is_sold_while_out": False, "is_phantom": False, "received_at": NOON,
        "currency": _CURRENCIES[store] if is_sale else cost["currency"],
        "net_amount": (quantity * 3 if kind == "SALE" else -quantity * 3) if is_sale else None,
        "cost_amount": cost["unit_cost"] and cost["unit_cost"] * quantity,
    }  # fmt: skip


def _buyer(chance: random.Random, number: int, currency: str) -> Row:
    receipts = chance.randrange(1, 4)
    return {
        "customer_key": f"c{number}", "currency": currency, "as_of_date": LAST, "first_purchase_date": _MONTHS[0],
        "last_purchase_date": LAST, "recency_days": 0, "receipt_count": receipts, "net_amount": _units(chance, 1, 90),
        "recency_score": 5, "frequency_score": receipts, "money_score": 3, "is_repeat": receipts > 1,
        "segment": chance.choice(["CHAMPION", "LOYAL", "NEW", "PROMISING"]),
    }  # fmt: skip


def _cohorts(chance: random.Random, currency: str) -> list[Row]:
    """Three months; nobody comes back in the first."""
    return [
        {
            "currency": currency, "activity_month_date": month, "customer_type": kind, "cohort_month_date": cohort,
            "month_number": month.month - cohort.month, "customer_count": chance.randrange(1, 30),
            "cohort_customer_count": 30, "receipt_count": chance.randrange(30, 90), "net_amount": _units(chance, 1, 9000),
        }
        for month in _MONTHS
        for kind, cohort in [("UNKNOWN", month), ("NEW", month), *(("RETURNING", m) for m in _MONTHS if m < month)]
    ]  # fmt: skip


def _pair(chance: random.Random, number: int) -> Row:
    share = Decimal(chance.randrange(1, 99)) / 100
    counts = {name: chance.randrange(1, 50) for name in (
        "basket_count", "product_basket_count", "paired_basket_count", "total_basket_count")}  # fmt: skip
    return counts | dict.fromkeys(("support", "confidence", "reverse_confidence", "lift", "unknown_share"), share) | {
        "product_id": "P0", "paired_product_id": f"P{number}", "as_of_date": LAST,
    }  # fmt: skip


def _store(name: str, currency: str) -> Row:
    """s1 and s3 lie in regions; of s2 none is known."""
    return {
        "store_key": int(name[1:]), "store_id": name, "store_name": f"Shop {name}", "currency": currency,
        "region": {"s1": "North", "s3": "South"}.get(name), "is_current": True, "is_inferred": False,
    }  # fmt: skip


def _cost(chance: random.Random, store: str) -> dict[str, Any]:
    if chance.random() < 1 / 3:
        return {"unit_cost": None, "currency": None}
    return {"unit_cost": Decimal(chance.randrange(1, 50)) / 10, "currency": _CURRENCIES[store]}


def _units(chance: random.Random, low: int, high: int) -> Decimal:
    return Decimal(chance.randrange(low * 8, high * 8)) / 8
