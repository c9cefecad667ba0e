"""The tables of stock and customers follow their sources: what changed is made anew, and nothing else is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.gold.fct_inventory_daily import fct_inventory_daily
from lakehouse.gold.fct_inventory_movements import fct_inventory_movements
from lakehouse.gold.stock_ledger import stock_events, stock_ledger
from lakehouse.settings import Settings
from lakehouse.storage import stock
from lakehouse.storage.customer_tables import KNOWN, analyse_customers
from lakehouse.storage.delta_tables import ensure_tables, lake_table, latest_version, rows_of
from lakehouse.storage.stock import MOVED, PRICED, SOLD, refresh_stock
from tests.lakehouse.gold.receipt_rows import Row, sales_line, table_frame
from tests.lakehouse.gold.stock_rows import move, nothing_before, sale

pytestmark = pytest.mark.stack
NOW = "gold.inventory_now"
DAYS, MOVES = "gold.fct_inventory_daily", "gold.fct_inventory_movements"


@dataclass(frozen=True)
class Books:
    """A lake of three sources, filled by the test, and the tables that are made of them."""

    spark: SparkSession
    settings: Settings

    def path(self, name: str) -> str:
        layer, table = name.split(".")
        return self.settings.table_path(layer, table)  # type: ignore[arg-type]

    def add(self, name: str, rows: Sequence[Row]) -> None:
        layer, table = name.split(".")
        frame = table_frame(self.spark, layer, table, rows).coalesce(1)
        frame.write.format("delta").mode("append").save(self.path(name))

    def rows(self, name: str) -> DataFrame:
        return self.spark.read.format("delta").load(self.path(name))

    def version(self, name: str) -> int:
        layer, table = name.split(".")
        return latest_version(self.spark, lake_table(self.settings, layer, table))  # type: ignore[arg-type]

    def refresh(self) -> str:
        return refresh_stock(self.spark, self.settings)

    def on_hand(self, *names: str) -> list[tuple[Any, ...]]:
        found = self.rows(NOW).orderBy("store_id", "product_id").select(*names, "on_hand").collect()
        return [tuple(row) for row in found]

    def assert_as_made_at_once(self) -> None:
        """The two tables of the books are what all events together make."""
        sources = (self.rows(name) for name in (MOVED, SOLD, PRICED))
        ledger = stock_ledger(stock_events(*sources), nothing_before(self.spark)).persist()
        for name, made in ((MOVES, fct_inventory_movements(ledger)), (DAYS, fct_inventory_daily(ledger))):
            held = self.rows(name)
            assert (held.exceptAll(made).count(), made.exceptAll(held).count()) == (0, 0), name
        ledger.unpersist()


@pytest.fixture
def books(spark: SparkSession, stack_settings: Settings) -> Books:
    names = [name.split(".") for name in (MOVED, SOLD, PRICED, KNOWN)]
    ensure_tables(spark, [lake_table(stack_settings, *name) for name in names])  # type: ignore[arg-type]
    return Books(spark, stack_settings)


def product(key: int, cost: str | None) -> Row:
    since = dt.datetime(1900, 1, 1, tzinfo=dt.UTC)
    return {"product_key": key, "product_id": "A", "unit_cost": cost and Decimal(cost), "currency": "GBP",
            "valid_from": since, "is_current": True, "is_inferred": cost is None}  # fmt: skip


@pytest.mark.long
def test_each_refresh_follows_what_came_late_was_counted_voided_or_priced(books: Books) -> None:
    books.add(MOVED, [move("m1", "RECEIPT", "10"), move("m2", "COUNT", "7", 20, days=2)])
    books.add(SOLD, [sale("e1", "2", product_key=1), sale("e2", "1", days=3, product_key=1)])
    books.add(PRICED, [product(1, None)])
    assert books.refresh() == "all days looked at, all written"
    assert books.on_hand() == [(6,)]
    assert books.refresh() == "nothing has changed"

    before = {name: books.version(name) for name in (MOVES, DAYS)}
    books.add(
        SOLD, [sale("late", "1", 15, days=1, product_key=1), sale("other", "1", store_id="s2", product_key=1)]
    )
    assert books.refresh() == "2 changed days looked at, 3 days written"
    assert {name: books.version(name) - before[name] for name in before} == {MOVES: 1, DAYS: 1}
    assert books.on_hand("store_id") == [("s1", 6), ("s2", -1)]
    shrink = books.rows(DAYS).agg(F.sum("shrink")).collect()[0][0]
    assert shrink == 0, "the late sale explains what the count missed"

    books.spark.sql(f"UPDATE delta.`{books.path(SOLD)}` SET is_void = true WHERE event_id = 'e1'")
    books.spark.sql(f"UPDATE delta.`{books.path(PRICED)}` SET unit_cost = 4, is_inferred = false")
    assert books.refresh() == "1 changed days looked at, 4 days written"
    assert books.on_hand("stock_value") == [(24, 6), (0, -1)]
    books.assert_as_made_at_once()
    assert books.rows(MOVES).agg(F.sum("cost_amount")).collect()[0][0] == 12


@pytest.mark.long
@pytest.mark.parametrize("after", [MOVES, DAYS])
def test_what_a_crash_left_undone_is_done_by_the_next_refresh(
    books: Books, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    books.add(MOVED, [move("m1", "RECEIPT", "10"), move("x", "RECEIPT", "5", product_id="B")])
    books.refresh()
    books.spark.sql(f"DELETE FROM delta.`{books.path(MOVED)}` WHERE event_id = 'x'")

    def crash(place: str) -> None:
        if place == f"after:{after}":
            raise InterruptedError(place)

    with monkeypatch.context() as patched:
        patched.setattr(stock, "reached", crash)
        with pytest.raises(InterruptedError):
            books.refresh()
    assert books.on_hand("product_id") == [("A", 10), ("B", 5)], "the note and what is on hand came last"
    assert books.refresh() == f"1 changed days looked at, {1 if after == MOVES else 0} days written"
    books.assert_as_made_at_once()
    assert books.on_hand("product_id") == [("A", 10)]


@pytest.mark.long
def test_upkeep_moves_rows_between_files_and_makes_nothing_new(books: Books) -> None:
    for event_id in ("e1", "e2"):
        books.add(SOLD, [sale(event_id, "2")])
    books.refresh()
    books.spark.sql(f"OPTIMIZE delta.`{books.path(SOLD)}`")
    assert books.refresh() == "1 changed days looked at, 0 days written"
    assert books.refresh() == "nothing has changed"


def test_customers_are_analysed_when_sales_or_consent_changed(books: Books) -> None:
    lines = [sales_line(f"e{n}", customer_key=key) for n, key in enumerate(["a", "a", "refused", None])]
    books.add(SOLD, lines)
    books.add(
        KNOWN,
        [{"customer_key": "a", "first_seen_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "is_inferred": True}],
    )
    assert analyse_customers(books.spark, books.settings) == "made anew"
    scored = books.rows("gold.customer_rfm").collect()
    assert [(row["customer_key"], row["receipt_count"], row["unknown_share"]) for row in scored] == [
        ("a", 2, Decimal("0.5"))
    ]
    assert analyse_customers(books.spark, books.settings) == "nothing has changed"
    books.spark.sql(f"DELETE FROM delta.`{books.path(KNOWN)}`")
    analyse_customers(books.spark, books.settings)
    assert rows_of(books.spark, lake_table(books.settings, "gold", "customer_rfm")).isEmpty()


def test_a_lake_without_sales_is_left_alone(spark: SparkSession, stack_settings: Settings) -> None:
    assert refresh_stock(spark, stack_settings) == "nothing to do: no sales yet"
    assert analyse_customers(spark, stack_settings) == "nothing to do: no sales yet"
