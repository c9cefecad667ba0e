"""How many requests a batch makes to S3, and how many bytes a line takes: what a sizing needs and no rate tells.

``python -m tests.bench.s3_requests --rate 1000 --minutes 3``, after ``make setup dev``. Runs the one application at a
steady rate with a counting relay between it and the store, leaves the first batches out, and writes
docs/evidence/bench_s3.json. Requests of publisher, observer and warehouse are not among them.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from ingestion.sales_producer import Pace, simulate
from ingestion.shop import ShopPlan
from lakehouse.contracts import contract_names
from lakehouse.settings import Layer, Settings
from lakehouse.storage.lake_reader import lake_reader
from tests.bench.evidence import options, write_evidence
from tests.bench.live import application, batches, wait_until
from tests.bench.loaded_topic import ground, topics_of_its_own
from tests.chaos.fault_proxy import FaultProxy

_LAYERS = ("bronze", "silver", "gold", "ops")
_DATA: tuple[Layer, ...] = ("bronze", "silver", "gold")
_PATIENCE_SECONDS = 600


class CountingProxy(FaultProxy):
    """Counts requests by kind as S3 bills them, and by the layer of their key."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.kinds: Counter[str] = Counter()
        self.places: Counter[str] = Counter()

    def _drawn(self, request: str) -> str:
        kind, place = kind_and_place(request)
        self.kinds[kind] += 1
        self.places[place] += 1
        return super()._drawn(request)


class Mark(NamedTuple):
    """What was counted so far: batches, requests by kind and by layer, and when (seconds of the monotonic clock)."""

    batches: int
    kinds: Counter[str]
    places: Counter[str]
    at: float


def kind_and_place(request: str) -> tuple[str, str]:
    """Of a request line: PUT, GET, HEAD, LIST, DELETE or POST, and the layer of its key (``lease`` and all else: other)."""
    method, address, *_ = request.split(" ")
    asked = urlsplit(address)
    query = parse_qs(asked.query, keep_blank_values=True)
    is_list = method == "GET" and ("list-type" in query or "prefix" in query)
    key = f"{asked.path}/{(query.get('prefix') or [''])[0]}"
    place = next((layer for layer in _LAYERS if f"/{layer}/" in key), "other")
    return ("LIST" if is_list else method), place


def measured(
    settings: Settings, rate: int, minutes: float, warm_batches: int, log: Path
) -> dict[str, object]:
    """Requests by kind and layer per batch, and bytes per line, after so many batches that warm the application."""
    proxy, enough, marks = CountingProxy(settings.s3_port), threading.Event(), list[Mark]()
    with (
        proxy,
        ThreadPoolExecutor(1) as pool,
        patch.dict(os.environ, {"RETAIL_S3_ENDPOINT": proxy.endpoint}),
        application(settings, log) as job,
    ):
        pool.submit(simulate, settings, ShopPlan(seed=1), Pace(rate=rate, unit="lines"), enough.is_set)
        try:
            for seconds in (0.0, 60 * minutes):
                time.sleep(seconds)
                wait_until(lambda: len(batches(log)) >= warm_batches, job, log, _PATIENCE_SECONDS)
                told = len(batches(log))
                marks.append(Mark(told, proxy.kinds.copy(), proxy.places.copy(), time.monotonic()))
        finally:
            enough.set()
    return _between(*marks) | _of_lines(settings, batches(log))


def _between(first: Mark, last: Mark) -> dict[str, object]:
    count = last.batches - first.batches

    def each(before: Counter[str], after: Counter[str]) -> dict[str, float]:
        return {name: round((after[name] - before[name]) / count, 1) for name in sorted(after)}

    return {
        "batches": count,
        "seconds_per_batch": round((last.at - first.at) / count, 2),
        "requests_per_batch": each(first.kinds, last.kinds),
        "requests_per_batch_by_layer": each(first.places, last.places),
    }


def _of_lines(settings: Settings, told: list[dict[str, float]]) -> dict[str, object]:
    lines = sum(int(each["lines"]) for each in told)
    received = sum(int(each["received"]) for each in told)
    small = bytes_per_line(settings, lines)
    join_files(settings)
    joined = bytes_per_line(settings, lines)
    return {"lines": lines, "records": received, "bytes_per_line": small, "bytes_per_line_joined": joined}


def join_files(settings: Settings) -> None:
    """Make the small files of every table few, as the stream does every ten minutes."""
    reader = lake_reader(settings)
    for layer in _DATA:
        for name in contract_names(layer):
            table = reader.table(layer, name)
            if table is not None:
                table.optimize.compact()


def bytes_per_line(settings: Settings, lines: int) -> dict[str, float]:
    """For one line of sales: bytes of keys and values in Kafka, and of the current data files of each layer."""
    reader = lake_reader(settings)
    records = reader.rows("bronze", "sales_data", ["key", "value"])
    assert records is not None
    sizes = {"kafka": sum(pc.sum(pc.binary_length(records[name])).as_py() for name in records.column_names)}
    for layer in _DATA:
        tables = [reader.table(layer, name) for name in contract_names(layer)]
        sizes[layer] = sum(
            sum(pa.table(table.get_add_actions())["size_bytes"].to_pylist()) for table in tables if table
        )
    return {name: round(size / lines, 1) for name, size in sizes.items()}


def main() -> None:
    """Measure and write the evidence."""
    parser = options(__doc__)
    parser.add_argument("--rate", type=int, default=1000, help="lines a second")
    parser.add_argument("--minutes", type=float, default=3.0, help="how long to count, once warm")
    parser.add_argument("--warm-batches", type=int, default=15, help="batches before the count begins")
    given = parser.parse_args()
    settings = ground()
    with topics_of_its_own(settings, "s3") as own:
        log = settings.home / "logs" / "bench_s3.log"
        found = measured(own, given.rate, given.minutes, given.warm_batches, log)
    print(json.dumps(write_evidence(given.to, "bench_s3", {"rate": given.rate, **found}), indent=1))


if __name__ == "__main__":
    main()
