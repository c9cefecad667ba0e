"""Books that are written again batch by batch are those of all events at once, whatever came when."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession

from lakehouse.gold.fct_inventory_daily import fct_inventory_daily
from lakehouse.gold.fct_inventory_movements import fct_inventory_movements
from lakehouse.gold.stock_changes import (
    books_again,
    differing_days,
    repriced,
    since,
    touched_books,
    untouched,
)
from lakehouse.gold.stock_ledger import stock_events, stock_ledger
from tests.lakehouse.gold.receipt_rows import DAY, Row, table_frame
from tests.lakehouse.gold.stock_rows import move, nothing_before, products, sale, sold_lines

KINDS = ("SALE", "RETURN", "VOID", "COUNT", "RECEIPT", "TRANSFER_IN", "TRANSFER_OUT", "ADJUSTMENT", "WRITE_OFF",
         "RETURN_TO_VENDOR", "COST")  # fmt: skip
OUT = ("TRANSFER_OUT", "WRITE_OFF", "RETURN_TO_VENDOR")


class Shop:
    """What has come so far, and which days the newest batch touched."""

    def __init__(self, spark: SparkSession, seed: int) -> None:
        self.spark, self.chance = spark, random.Random(seed)
        self.moves: list[Row] = []
        self.sales: list[Row] = []
        self.cost: Decimal | None = None
        self.days: set[dt.date] = set()

    def receive(self, events: int) -> None:
        """A batch of so many events of any kind."""
        self.days = set()
        for _ in range(events):
            self._event(self.chance.choice(KINDS))

    def _event(self, kind: str) -> None:
        pick, number = self.chance, len(self.moves) + len(self.sales)
        where: dict[str, Any] = {"store_id": pick.choice(["s1", "s2"]), "product_id": pick.choice("AB")}
        when: dict[str, Any] = {"hour": pick.randrange(24), "days": pick.randrange(6)}
        quantity = Decimal(pick.randrange(0, 9000)) / 1000
        if kind == "COST":
            self.cost = Decimal(pick.randrange(1, 5))
        elif kind == "VOID":
            for row in pick.sample(self.sales, min(1, len(self.sales))):
                row["is_void"] = True
                self.days.add(row["business_date"])
        elif kind in ("SALE", "RETURN"):
            units = quantity if kind == "SALE" else -quantity - 1
            self.sales.append(sale(f"e{number}", str(units), **when, **where))
            self.days.add(DAY + dt.timedelta(when["days"]))
        else:
            signed = -quantity if kind in OUT else quantity
            cost: dict[str, Any] = (
                {"unit_cost": Decimal(2), "currency": "GBP"}
                if kind == "RECEIPT" and pick.random() < 0.5
                else {}
            )
            self.moves.append(move(f"m{number}", kind, str(signed), **when, **where, **cost))
            self.days.add(DAY + dt.timedelta(when["days"]))

    def sources(self) -> tuple[DataFrame, DataFrame, DataFrame]:
        """Movements, lines and costs as they are now."""
        return (
            table_frame(self.spark, "silver", "inventory_movements", self.moves),
            sold_lines(self.spark, self.sales),
            products(self.spark, (1, "A", self.cost, "GBP", 3, None, True)),
        )


def local(frame: DataFrame) -> DataFrame:
    """The rows without the plan that made them."""
    return frame.sparkSession.createDataFrame(frame.collect(), frame.schema)


def made_at_once(shop: Shop) -> tuple[DataFrame, DataFrame]:
    ledger = stock_ledger(stock_events(*shop.sources()), nothing_before(shop.spark))
    return fct_inventory_movements(ledger), fct_inventory_daily(ledger)


def refreshed(
    shop: Shop, held: tuple[DataFrame, DataFrame], old_costs: DataFrame
) -> tuple[DataFrame, DataFrame]:
    """The held tables after the newest batch of the shop, as a refresh makes them."""
    movements, lines, costs = shop.sources()
    changed = [
        rows.where(rows["business_date"].isin(list(shop.days))) for rows in (movements, lines, held[1])
    ]
    prices = lines.join(repriced(old_costs, costs), "product_key", "left_semi")
    touched = local(touched_books(*changed, prices))
    ledger = books_again((movements, lines, costs), held[1], touched)
    again = fct_inventory_movements(ledger), fct_inventory_daily(ledger)
    kept = [untouched(rows, touched).unionByName(new) for rows, new in zip(held, again, strict=True)]
    return local(kept[0]), local(kept[1])


def follow(spark: SparkSession, seed: int, batches: int, events: int) -> None:
    """Take batches one by one, and compare with all at once at the end."""
    shop = Shop(spark, seed)
    held = made_at_once(shop)
    for _ in range(batches):
        old_costs = shop.sources()[2]
        shop.receive(events)
        held = refreshed(shop, held, old_costs)
    for seen, expected in zip(held, made_at_once(shop), strict=True):
        assert local(seen).exceptAll(expected).collect() == []
        assert expected.exceptAll(seen).collect() == []
        assert differing_days(seen, expected).collect() == []


@given(seed=st.integers(0, 10_000))
@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_batches_of_all_kinds_of_events_end_where_all_at_once_ends(spark: SparkSession, seed: int) -> None:
    follow(spark, seed, batches=3, events=12)


@pytest.mark.long
@pytest.mark.parametrize("seed", [7, 8])
def test_five_hundred_batches_end_where_all_at_once_ends(spark: SparkSession, seed: int) -> None:
    follow(spark, seed, batches=500, events=2)


def test_a_book_is_written_again_from_its_own_first_changed_day(spark: SparkSession) -> None:
    rows = [sale("e1", "1", days=1), sale("e2", "1", days=3), sale("e3", "1", days=2, store_id="s2")]
    lines = sold_lines(spark, rows)
    touched = touched_books(lines.where("event_id IN ('e2', 'e3')"))
    assert {row["event_id"] for row in since(lines, touched).collect()} == {"e2", "e3"}
    assert {row["event_id"] for row in untouched(lines, touched).collect()} == {"e1"}


def test_only_a_cost_that_differs_reprices(spark: SparkSession) -> None:
    def costs(*rows: tuple[int, int | None]) -> DataFrame:
        return products(
            spark, *[(key, "A", cost and Decimal(cost), "GBP", None, None, True) for key, cost in rows]
        )

    found = repriced(costs((1, None), (2, 5), (3, 5)), costs((1, 4), (2, 5), (3, 6), (4, None)))
    assert {row[0] for row in found.collect()} == {1, 3}


def test_a_day_differs_by_one_value_and_not_by_order(spark: SparkSession) -> None:
    columns = "business_date DATE, product_id STRING, closing INT"
    one = spark.createDataFrame([(DAY, "A", 1), (DAY, "B", 2), (DAY + dt.timedelta(1), "A", 1)], columns)
    other = spark.createDataFrame([(DAY, "B", 2), (DAY, "A", 1), (DAY + dt.timedelta(1), "A", 3)], columns)
    assert [row[0] for row in differing_days(one, other).collect()] == [DAY + dt.timedelta(1)]
    gone = [row[0] for row in differing_days(one, one.where("product_id = 'C'")).collect()]
    assert sorted(gone) == [DAY, DAY + dt.timedelta(1)]
