"""Writes docs/sizing.md from what was measured: ``python -m tests.bench.sizing``, again after each bench.

Rates come from docs/evidence/bench.json, requests and bytes from bench_s3.json; a test holds the page to them. What is
assumed stands in ``Assumed``, and on the page.
"""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

from lakehouse.contracts import load_contract
from lakehouse.settings import Layer
from lakehouse.storage.batches import SMALL_BATCH
from lakehouse.storage.recent_events import MOST_EVENTS

ROOT = Path(__file__).resolve().parents[2]
TARGET, EVIDENCE = "docs/sizing.md", "docs/evidence"
RATES = (10_000, 100_000, 1_000_000)
_DAY, _MONTH = 86_400, 30 * 86_400
_KEPT: tuple[tuple[Layer, str], ...] = (
    ("bronze", "sales_data"),
    ("silver", "receipts"),
    ("gold", "fct_sales_lines"),
)
# Tables of a plain sale that every writing task adds a file to: bronze, receipts, and the two facts.
_TABLES_OF_TASKS = 4
_EVENT_BYTES = 24


@dataclass(frozen=True)
class Assumed:
    """What nobody measured here. Prices are US dollars."""

    drain_factor: float = 2.0  # an hour's backlog is gone an hour later
    usable: float = 0.7  # of a core's measured rate, for what else runs beside it
    executor_cores: int = 4
    gib_per_core: float = 2.0
    replication: int = 3
    small_batch_seconds: float = 2.0
    batch_seconds: float = 10.0
    put_per_1000: float = 0.005
    get_per_1000: float = 0.0004
    storage_gb_month: float = 0.023


@dataclass(frozen=True)
class Measured:
    """Lines a second and core; requests per batch by kind; bytes a line by layer, as a small batch leaves them and when
    the files of a day were joined."""

    bronze: float
    chain: float
    requests: dict[str, float]
    bytes_per_line: dict[str, float]
    bytes_per_line_joined: dict[str, float]
    sources: str


def measured(root: Path) -> Measured:
    """What the evidence says: medians of all rounds but the first, which warms the JVM. Without bench_s3.json nothing is
    said of requests and bytes."""
    bench = json.loads((root / EVIDENCE / "bench.json").read_text(encoding="utf-8"))
    path, cores = root / EVIDENCE / "bench_s3.json", int(bench["machine"]["cores"])
    s3 = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    told = f"`bench.json` of {bench['at'][:10]} (commit {bench['commit'][:7]}, {cores} cores, which broker and S3 server shared)"
    if s3:
        told += (
            f" and `bench_s3.json` of {s3['at'][:10]} (commit {s3['commit'][:7]}, {s3['rate']:,} lines a second, "
            f"{s3['batches']} batches of {s3['seconds_per_batch']} s)"
        )
    return Measured(
        bronze=_rate(bench, "Kafka -> bronze") / cores,
        chain=_rate(bench, "Kafka -> gold") / cores,
        requests=s3.get("requests_per_batch", {}),
        bytes_per_line=s3.get("bytes_per_line", {}),
        bytes_per_line_joined=s3.get("bytes_per_line_joined", {}),
        sources=told,
    )


def _rate(bench: dict[str, Any], name: str) -> float:
    rounds = [row for row in bench["measurements"] if row["measured"] == name and row["round"] > 0]
    return statistics.median(float(row["rate"]) for row in rounds)


@dataclass(frozen=True)
class Size:
    """What one rate of lines needs."""

    rate: int
    cores: int
    executors: int
    partitions: int
    broker_mb_s: float
    broker_tb: float
    requests_batch: float
    put_month: float
    get_month: float
    lake_tb: float


def size(rate: int, found: Measured, assumed: Assumed) -> Size:
    """Cores for the whole chain with its reserve, and what follows from them."""
    executors = ceil(rate * assumed.drain_factor / (found.chain * assumed.usable) / assumed.executor_cores)
    cores = executors * assumed.executor_cores
    kafka = found.bytes_per_line.get("kafka", 0.0)
    batches = _MONTH / assumed.batch_seconds
    billed = {kind: count for kind, count in found.requests.items() if kind != "DELETE"}
    reads = sum(billed.get(kind, 0.0) for kind in ("GET", "HEAD"))
    writes = sum(billed.values()) - reads + (cores - 1) * _TABLES_OF_TASKS
    kept = {layer: load_contract(layer, name).retention_days for layer, name in _KEPT}
    lake = sum(
        found.bytes_per_line_joined.get(layer, 0.0) * rate * _DAY * days for layer, days in kept.items()
    )
    topic = load_contract("topics", "sales_data").retention_days
    return Size(
        rate=rate,
        cores=cores,
        executors=executors,
        partitions=cores,
        broker_mb_s=rate * kafka / 1e6,
        broker_tb=rate * kafka * _DAY * topic * assumed.replication / 1e12,
        requests_batch=reads + writes,
        put_month=writes * batches,
        get_month=reads * batches,
        lake_tb=lake / 1e12,
    )


def page(root: Path) -> str:
    """The text of the page for the evidence under ``root``."""
    found, assumed = measured(root), Assumed()
    sizes = [size(rate, found, assumed) for rate in RATES]
    kept = {layer: load_contract(layer, name).retention_days for layer, name in _KEPT}
    small = sum(found.requests.values()) * _DAY / assumed.small_batch_seconds
    rows = _rows(sizes, assumed) + (_store_rows(sizes, assumed) if found.requests else [])
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return _PAGE.format(
        found=found,
        assumed=assumed,
        table=table,
        kept=kept,
        topic=load_contract("topics", "sales_data").retention_days,
        bronze=f"{found.bronze:,.0f}",
        chain=f"{found.chain:,.0f}",
        with_reserve=f"{found.chain * assumed.usable / assumed.drain_factor:,.0f}",
        store=_store(found) if found.requests else _NO_STORE,
        small=f"{small / 1e6:.1f} million" if small else "(not measured)",
        most=f"{sizes[-1].cores:,}",
        files=f"{sizes[-1].cores * _DAY / assumed.batch_seconds / 1e6:.1f}",
        index=f"{MOST_EVENTS * _EVENT_BYTES / 1e6:.0f}",
        events=f"{MOST_EVENTS:,}",
        small_batch=f"{SMALL_BATCH:,}",
    )


def _rows(sizes: list[Size], assumed: Assumed) -> list[tuple[str, ...]]:
    memory = f"{assumed.executor_cores * assumed.gib_per_core:.0f}"
    return [
        ("cores of executors", *(f"{each.cores:,}" for each in sizes)),
        (f"executors of {assumed.executor_cores} cores", *(f"{each.executors:,}" for each in sizes)),
        ("memory of an executor, GiB", *(memory for _ in sizes)),
        ("partitions of `sales_data`", *(f"{each.partitions:,}" for each in sizes)),
    ]


def _store_rows(sizes: list[Size], assumed: Assumed) -> list[tuple[str, ...]]:
    gb_dollars = 1e3 * assumed.storage_gb_month
    return [
        ("into Kafka, MB/s", *(f"{each.broker_mb_s:,.1f}" for each in sizes)),
        ("disk of all brokers, TB", *(f"{each.broker_tb:,.1f}" for each in sizes)),
        ("S3 requests of a batch", *(f"{each.requests_batch:,.0f}" for each in sizes)),
        ("PUT and LIST a month, million", *(f"{each.put_month / 1e6:,.1f}" for each in sizes)),
        ("GET and HEAD a month, million", *(f"{each.get_month / 1e6:,.1f}" for each in sizes)),
        ("requests a month, $", *(f"{_requests_dollars(each, assumed):,.0f}" for each in sizes)),
        ("lake when full, TB", *(f"{each.lake_tb:,.1f}" for each in sizes)),
        ("its storage a month, $", *(f"{each.lake_tb * gb_dollars:,.0f}" for each in sizes)),
    ]


def _store(found: Measured) -> str:
    requests = ", ".join(f"{count:g} {kind}" for kind, count in found.requests.items())
    layers = ", ".join(
        f"{layer} {count:g}"
        + ("" if layer == "kafka" else f" ({found.bytes_per_line_joined[layer]:g} joined)")
        for layer, count in found.bytes_per_line.items()
    )
    total = sum(found.requests.values())
    return f"A batch makes {total:.0f} requests to S3 ({requests}). Bytes a line: {layers}."


_NO_STORE = (
    "Requests to S3 and bytes of a line were not measured yet (`python -m tests.bench.s3_requests` does, in some five "
    "minutes); rows that need them are left out below."
)


def _requests_dollars(each: Size, assumed: Assumed) -> float:
    return each.put_month / 1000 * assumed.put_per_1000 + each.get_month / 1000 * assumed.get_per_1000


_PAGE = """\
# Sizing

Written by `python -m tests.bench.sizing` from {found.sources}; a test fails while page and evidence differ. A line is one line of a receipt. Rates are those of plain lines, one a record, which is the dearest way to send them; requests and bytes those of simulated receipts in small batches, so bytes hold the dimensions and the calendar too and are too high rather than too low.

**Measured**, a core: {bronze} lines/s into bronze, {chain} lines/s through all layers. {store}

**Never measured**: more than one machine. Two executors, on standalone and on YARN, gave the right totals ([cluster.md](cluster.md)), not a rate. Everything below multiplies the rate of one machine and is a first guess for a load test, more so the further right it stands.

## What a rate needs

| lines a second | 10,000 | 100,000 | 1,000,000 |
|---|---|---|---|
{table}

How it is worked out:

- **Cores**: lines a second × {assumed.drain_factor:g} (an hour's backlog is gone an hour later) ÷ ({chain} × {assumed.usable:g}, for what else runs on the core): {with_reserve} lines/s a core. `RETAIL_SPARK_EXECUTORS`, `RETAIL_SPARK_EXECUTOR_CORES`, `RETAIL_SPARK_EXECUTOR_MEMORY`; the number of cores is also given to shuffles. Memory: {assumed.gib_per_core:g} GiB a core; the bench had 1.5 (a heap of 3 GiB, two cores, driver included).
- **Partitions**: one a core, since Spark's Kafka source reads a partition by one task. More partitions later are fine (new ones are read from their beginning); fewer are not. Topics besides `sales_data`: as many as a tenth of it, at least 3; master data keep 1. Keys of tills (`store|register`) spread well while registers outnumber partitions tenfold.
- **Brokers**: bytes of a record with its key × lines; {topic} days of retention, {assumed.replication} copies.
- **Batches**: one in {assumed.batch_seconds:g} s here (`RETAIL_TRIGGER_SECONDS`, `RETAIL_MAX_RECORDS_PER_BATCH` at least rate × {assumed.drain_factor:g} × {assumed.batch_seconds:g}). Requests: those measured, plus one file in each of {_tables} tables for each further core. The small batches of one machine ({assumed.small_batch_seconds:g} s) make {small} requests a day.
- **Lake**: bytes a line × retention of the contracts (bronze {kept[bronze]} days, silver {kept[silver]}, gold {kept[gold]}). The bytes are those of joined files, full is after that many days; files that VACUUM has not removed yet come on top. Compression (`spark.sql.parquet.compression.codec`, snappy unless set) and shorter retention are the levers.

## State

- Spark keeps none: no query has a stateful operator, so there is no state store to size.
- The driver remembers at most {events} events of the business dates touched last, {index} MB, and of the last one all it has (`lakehouse/storage/recent_events.py`). Batches above {small_batch} records do not use it and join with silver instead, pruned to their dates; at 100,000 lines a second and more all batches are of that kind.
- Delta's snapshot grows with files, not with lines: a day is one partition of receipts, lines and facts. `RETAIL_JOIN_FILES_SECONDS` and the nightly maintenance keep a day at a few files; {most} tasks that each write a file every {assumed.batch_seconds:g} s make {files} million a day and table in between, so let fewer tasks write (a `coalesce` in `file_layout.py`) before going there.
- Driver: `RETAIL_SPARK_DRIVER_MEMORY`, 3g on one machine; plan, lists of files and broadcast of verdicts live there.

## Where one application ends

One driver writes a lake and commits a batch after the other; `agg_sales_hourly` is added up by one task a batch. That task has the hours of the touched days in hand, not the lines, so it grows with stores and days rather than with the rate. Nobody has seen where this ends. When batches take longer than their trigger though cores idle, divide: a lake (`RETAIL_LAKE_PREFIX`), a topic (`RETAIL_TOPIC_PREFIX`) and an application for each region, and views over them in Snowflake. For 1,000,000 lines a second plan with that from the start.

## Prices

Of S3 Standard in US East, as assumed here in November 2026: ${assumed.put_per_1000:g} for 1,000 PUT or LIST, ${assumed.get_per_1000:g} for 1,000 GET or HEAD, ${assumed.storage_gb_month:g} a GB and month. **Check them**: they were not read from a bill, large accounts pay less, other regions more. Change them in `tests/bench/sizing.py` and write the page anew. Machines, brokers and Snowflake are not priced: the table gives their units, and [operator.md](operator.md#cost-sheet) the others.
""".replace("{_tables}", str(_TABLES_OF_TASKS))


def main() -> None:
    """Write the page."""
    (ROOT / TARGET).write_text(page(ROOT), encoding="utf-8")


if __name__ == "__main__":
    main()
