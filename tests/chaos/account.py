"""The account of a run: what the till sold, what the broker holds, every layer of the lake and the warehouse.

Computed from the journal and the broker's records by DuckDB and plain Python, without code of the pipeline. Each
disagreement is one sentence.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

from lakehouse.settings import Settings
from lakehouse.storage.lake_reader import LakeReader, lake_reader
from tests.chaos.till import Sale
from tests.chaos.topics import Record
from tests.journey.expected_events import TOPICS, expected_events
from tests.journey.expected_sales import FCT_SALES_LINES
from warehouse.connection import connect

_FROM_FILE = "uci:"
_SILVER = {"sales_data": "receipts"}
Totals = dict[str, tuple[int, Decimal, Decimal]]
"""Currency -> lines, units, net amount."""


@dataclass(frozen=True)
class Sold:
    """What came to the broker, judged by what the till knows: event id of each good record, and the broken ones."""

    good: tuple[tuple[Record, str], ...]
    broken: tuple[Record, ...]

    @property
    def accepted(self) -> dict[str, set[str]]:
        """Event ids by topic, each once."""
        found: dict[str, set[str]] = {topic: set() for topic in TOPICS}
        for record, event_id in self.good:
            found[record.topic].add(event_id)
        return found


def arrived(
    sales: Sequence[Sale], unheard: int, held: Sequence[Record], gone: Sequence[Record] = ()
) -> tuple[Sold, list[str]]:
    """What came to the broker, and what is wrong with it: holes, losses, strangers. ``unheard``: sales that were
    never acknowledged; ``gone``: what a topic held before it was deleted."""
    faults = [f"the till says that {unheard} sales were never acknowledged"] if unheard else []
    faults += [*_holes(gone), *_holes(held)]
    records = [*gone, *held]
    known = {(sale.topic, sale.value): sale for sale in sales}
    good, broken = [], []
    for record in records:
        sale = known.get((record.topic, record.value))
        event_id = sale.event_id if sale else _event_id(record.value)
        if sale is None and not event_id.startswith(_FROM_FILE):
            faults.append(f"{record.topic}/{record.partition} offset {record.offset}: nobody sent this")
        elif sale is not None and sale.is_broken:
            broken.append(record)
        else:
            good.append((record, event_id))
    lost = known.keys() - {(record.topic, record.value) for record in records}
    faults += [
        f"{topic}: the broker lost an event that it acknowledged: {value!r:.80}" for topic, value in lost
    ]
    return Sold(tuple(good), tuple(broken)), faults


def _holes(records: Iterable[Record]) -> Iterable[str]:
    places: dict[tuple[str, int], list[int]] = {}
    for record in records:
        places.setdefault((record.topic, record.partition), []).append(record.offset)
    for (topic, number), offsets in sorted(places.items()):
        if offsets != list(range(len(offsets))):
            yield f"{topic}/{number}: offsets of the broker are not contiguous: {_gaps(offsets)}"


def differences(settings: Settings, sold: Sold, folder: Path) -> list[str]:
    """How lake and warehouse differ from what came to the broker; ``folder`` is for files of this account."""
    lake = lake_reader(settings)
    faults = [*_landed(lake, sold), *_ledger(lake, sold), *_silver(lake, sold)]
    connection = expected_events(_event_files(sold, folder), settings.default_currency, settings.default_zone)
    return [*faults, *_gold(lake, sold, connection), *_warehouse(settings, connection)]


def _landed(lake: LakeReader, sold: Sold) -> Iterable[str]:
    """Bronze holds every record once, byte for byte."""
    records = [*(record for record, _ in sold.good), *sold.broken]
    for topic in TOPICS:
        expected = Counter((r.partition, r.offset, _digest(r.value)) for r in records if r.topic == topic)
        rows = _rows(lake, "bronze", topic, ("partition", "offset", "value"))
        seen = Counter((row["partition"], row["offset"], _digest(row["value"])) for row in rows)
        yield from _compared(f"bronze.{topic}", expected, seen)


def _ledger(lake: LakeReader, sold: Sold) -> Iterable[str]:
    accepted = sum(map(len, sold.accepted.values()))
    expected = {
        "received": len(sold.good) + len(sold.broken),
        "accepted": accepted,
        "duplicate": len(sold.good) - accepted,
        "quarantined": len(sold.broken),
        "gaps": 0,
    }
    rows = _rows(lake, "ops", "ledger", tuple(expected))
    seen = {name: sum(row[name] for row in rows) for name in expected}
    if seen != expected:
        yield f"ops.ledger: expected {expected}, seen {seen}"
    for row in rows:
        if row["received"] != row["accepted"] + row["duplicate"] + row["quarantined"]:
            yield f"ops.ledger: a batch does not balance: {row}"


def _silver(lake: LakeReader, sold: Sold) -> Iterable[str]:
    """Silver holds each event once, quarantine each broken record once."""
    for topic, ids in sold.accepted.items():
        name = _SILVER.get(topic, topic)
        seen = Counter(row["event_id"] for row in _rows(lake, "silver", name, ("event_id",)))
        yield from _compared(f"silver.{name}", Counter(ids), seen)
    expected = Counter((r.topic, r.partition, r.offset) for r in sold.broken)
    rows = _rows(lake, "silver", "quarantine", ("topic", "partition", "offset"))
    seen = Counter((_plain(row["topic"]), row["partition"], row["offset"]) for row in rows)
    yield from _compared("silver.quarantine", expected, seen)


def _gold(lake: LakeReader, sold: Sold, connection: duckdb.DuckDBPyConnection) -> Iterable[str]:
    seen = Counter(row["event_id"] for row in _rows(lake, "gold", "fct_receipts", ("event_id",)))
    yield from _compared("gold.fct_receipts", Counter(sold.accepted["sales_data"]), seen)
    lines = connection.execute(f"SELECT event_id, line_seq FROM ({FCT_SALES_LINES})").fetchall()
    columns = ("event_id", "line_seq", "currency", "quantity", "net_amount", "is_void")
    rows = _rows(lake, "gold", "fct_sales_lines", columns)
    yield from _compared(
        "gold.fct_sales_lines", Counter(lines), Counter((row["event_id"], row["line_seq"]) for row in rows)
    )
    standing = [row for row in rows if not row["is_void"]]
    expected = _expected(connection)
    yield from _same("gold.fct_sales_lines", expected, _totals(standing, lambda _: 1, "quantity"))
    hours = _rows(lake, "gold", "agg_sales_hourly", ("currency", "line_count", "units", "net_amount"))
    yield from _same(
        "gold.agg_sales_hourly", expected, _totals(hours, lambda row: row["line_count"], "units")
    )


def _warehouse(settings: Settings, connection: duckdb.DuckDBPyConnection) -> Iterable[str]:
    expected = _expected(connection)
    with connect(settings) as warehouse:
        for source, where in (
            ('"SALES"."SALES_LINES"', "\"OP\" = 'U'"),
            ('"GOLD"."FCT_SALES_LINES"', 'NOT "IS_VOID"'),
        ):
            found = warehouse.rows(
                f'SELECT "CURRENCY", COUNT(*) AS "LINES", SUM("QUANTITY") AS "UNITS", SUM("NET_AMOUNT") AS "NET" '
                f'FROM {source} WHERE {where} GROUP BY "CURRENCY"'
            )
            seen = {r["CURRENCY"]: (int(r["LINES"]), Decimal(r["UNITS"]), Decimal(r["NET"])) for r in found}
            yield from _same(source, expected, seen)
        plain = warehouse.rows(
            'SELECT COUNT(*) AS "LINES", COUNT(DISTINCT "ID") AS "IDS", SUM("QUANTITY") AS "UNITS" FROM "SALES"."SALES_DATA"'
        )[0]
    lines = sum(each[0] for each in expected.values())
    units = sum((each[1] for each in expected.values()), Decimal(0))
    if (int(plain["LINES"]), int(plain["IDS"]), Decimal(plain["UNITS"] or 0)) != (lines, lines, units):
        yield f"SALES.SALES_DATA: expected {lines} lines, each once, and {units} units, seen {plain}"


def _expected(connection: duckdb.DuckDBPyConnection) -> Totals:
    rows = connection.execute(
        f"SELECT currency, count(*), sum(quantity), sum(net_amount) FROM ({FCT_SALES_LINES}) WHERE NOT is_void GROUP BY 1"
    ).fetchall()
    return {currency: (lines, units, net) for currency, lines, units, net in rows}


def _totals(
    rows: Iterable[Mapping[str, Any]], lines: Callable[[Mapping[str, Any]], int], units: str
) -> Totals:
    found: Totals = {}
    for row in rows:
        before = found.get(row["currency"], (0, Decimal(0), Decimal(0)))
        found[row["currency"]] = (
            before[0] + lines(row),
            before[1] + row[units],
            before[2] + row["net_amount"],
        )
    return found


def _same(where: str, expected: Totals, seen: Totals) -> Iterable[str]:
    for currency in sorted(expected.keys() | seen.keys()):
        if expected.get(currency) != seen.get(currency):
            told = "(lines, units, net)"
            yield f"{where}, {currency}: expected {expected.get(currency)} {told}, seen {seen.get(currency)}"


def _compared(where: str, expected: Counter[Any], seen: Counter[Any]) -> Iterable[str]:
    missing, surplus = expected - seen, seen - expected
    if missing:
        yield f"{where}: {missing.total()} are missing, for example {next(iter(missing))}"
    if surplus:
        twice = sum(1 for each in surplus if each in expected)
        yield f"{where}: {surplus.total()} too many, {twice} of them twice, for example {next(iter(surplus))}"


def _event_files(sold: Sold, folder: Path) -> Path:
    """The good events as files, one per topic, as expected_events reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    for topic in TOPICS:
        # The sale from the file comes with each start of `retail run`, sent at another time.
        events = {event_id: record.value or b"" for record, event_id in sold.good if record.topic == topic}
        (folder / f"{topic}.jsonl").write_bytes(b"".join(value + b"\n" for value in events.values()))
    return folder


def _rows(lake: LakeReader, layer: str, name: str, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    found = lake.rows(layer, name, columns)
    return [] if found is None else found.to_pylist()


def _plain(topic: str) -> str:
    return topic.rpartition(".")[2]


def _digest(value: bytes | None) -> str:
    return "none" if value is None else hashlib.sha256(value).hexdigest()[:16]


def _event_id(value: bytes | None) -> str:
    try:
        return str(json.loads(value or b"{}").get("event_id", ""))
    except (ValueError, AttributeError):
        return ""


def _gaps(offsets: Sequence[int]) -> str:
    holes = [f"{a}, then {b}" for a, b in pairwise(offsets) if b != a + 1]
    return "; ".join(holes[:3]) or f"first {offsets[0]}"
