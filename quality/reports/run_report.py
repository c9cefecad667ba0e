"""What the summary page says of a lake, read without a JVM: checks, gates, quarantine, freshness, ledger."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import duckdb

from lakehouse.contracts import load_contract
from lakehouse.storage.gates import latest_gates
from lakehouse.storage.lake_reader import LakeReader

Json = dict[str, Any]

# Layer -> table, column: when the broker received the newest record that the layer holds.
NEWEST = {
    "bronze": ("bronze", "sales_data"),
    "silver": ("silver", "receipts"),
    "gold": ("gold", "fct_receipts"),
}
MOST_BARS, MOST_DAYS, MOST_STORES, MOST_RULES = 30, 14, 12, 20
_STEPS = [60, 300, 900, 3600, 4 * 3600, 86_400, 7 * 86_400, 30 * 86_400]
_UNKNOWN_STORE = "none named"

# The store of a refused record is what its text names, whole JSON or not; a plain line names none.
_REFUSED = f"""
CREATE VIEW told AS
SELECT quarantine_id, received_at, rule_ids, coalesce(nullif(regexp_extract(
    try(decode(CASE WHEN octet_length(value) <= 1048576 THEN value END)), '"store_id"\\s*:\\s*"([^"]{{1,128}})"', 1), ''),
    '{_UNKNOWN_STORE}') AS store
FROM refused
"""
_BY_RULE = """
SELECT rule, floor((epoch(received_at) - $start) / $step)::INT AS bar, count(*) AS n
FROM (SELECT unnest(rule_ids) AS rule, received_at FROM told) GROUP BY ALL
"""
_BY_STORE = """
SELECT store, CAST(received_at AS DATE) AS day, count(*) AS n
FROM told WHERE received_at >= $since GROUP BY ALL
"""
_LEDGER = """
SELECT query, count(DISTINCT batch_id) AS batches, sum(received)::BIGINT AS received,
    sum(accepted)::BIGINT AS accepted, sum(duplicate)::BIGINT AS duplicate,
    sum(quarantined)::BIGINT AS quarantined, sum(lines)::BIGINT AS lines, sum(gaps)::BIGINT AS gaps,
    sum(with_warnings)::BIGINT AS with_warnings, sum(with_unknown_fields)::BIGINT AS with_unknown_fields,
    bool_and(received = accepted + duplicate + quarantined) AS is_balanced
FROM ledger GROUP BY query ORDER BY query
"""
_RESULTS = """
SELECT table_name, rule_id, kind, severity, is_failed, checked_count, failed_count, examples, description, checked_at
FROM results WHERE is_failed AND check_id = (
    SELECT max(check_id) FROM results AS newer WHERE newer.table_name = results.table_name)
ORDER BY severity, table_name, rule_id
"""


def run_report(lake: LakeReader, now: dt.datetime) -> Json:
    """The part of the page that the lake tells. ``now`` (UTC) is the moment that ages are measured from.

    ``checks`` is null where no table was ever checked, ``newest`` of a layer where it is empty.
    """
    return {
        "made_at": now,
        "gates": _gates(lake),
        "failed_rules": _failed_rules(lake),
        "quarantine": _quarantine(lake),
        "freshness": [_freshness(lake, layer, *source, now) for layer, source in NEWEST.items()],
        "ledger": _query(lake, {"ledger": ("ops", "ledger")}, _LEDGER),
    }


def trend(first: dt.datetime, last: dt.datetime) -> tuple[int, int]:
    """Step in seconds and number of bars that show the time from first to last in at most MOST_BARS bars.

    Longer than that many months, the oldest are left out by the caller's count of bars.
    """
    span = (last - first).total_seconds()
    step = next((step for step in _STEPS if span < step * MOST_BARS), _STEPS[-1])
    return step, min(MOST_BARS, int(span // step) + 1)


def _gates(lake: LakeReader) -> list[Json] | None:
    found = latest_gates(lake)
    return [vars(gate) for _, gate in sorted(found.items())] or None


def _failed_rules(lake: LakeReader) -> list[Json]:
    return _query(lake, {"results": ("ops", "quality_results")}, _RESULTS)


def _quarantine(lake: LakeReader) -> Json:
    """``all``; ``rules`` with their counts by bar, the most frequent first; ``days`` and ``stores`` with counts by
    day; ``first`` and ``last`` arrival, ``step`` in seconds."""
    empty: Json = {"all": 0, "rules": [], "stores": [], "days": [], "step": 0, "first": None, "last": None}
    table = lake.table("silver", "quarantine")
    if table is None:
        return empty
    with _connected({"refused": lake.dataset(table)}) as connection:
        row = connection.execute(
            "SELECT count(*), min(received_at), max(received_at) FROM refused"
        ).fetchone()
        assert row is not None, "an aggregate has one row"
        count, first, last = row
        if not count:
            return empty
        connection.execute(_REFUSED)
        step, bars = trend(first, last)
        start = last.timestamp() - step * bars if step == _STEPS[-1] else first.timestamp()
        by_rule = connection.execute(_BY_RULE, {"start": start, "step": step}).fetchall()
        since = last - dt.timedelta(days=MOST_DAYS - 1)
        by_store = connection.execute(_BY_STORE, {"since": since.replace(hour=0, minute=0)}).fetchall()
    return {
        "all": count,
        "first": first,
        "last": last,
        "step": step,
        "rules": rules_by_bar(by_rule, bars),
        **stores_by_day(by_store),
    }


def rules_by_bar(rows: list[tuple[str, int, int]], bars: int) -> list[Json]:
    """(rule, bar, count) as one row per rule with a count for each bar; the most frequent first, few of them."""
    found: dict[str, list[int]] = {}
    total: dict[str, int] = {}
    for rule, bar, count in rows:
        total[rule] = total.get(rule, 0) + count
        counts = found.setdefault(rule, [0] * bars)
        if 0 <= bar < bars:
            counts[bar] += count
    order = sorted(found, key=lambda rule: (-total[rule], rule))
    return [{"rule": rule, "count": total[rule], "bars": found[rule]} for rule in order[:MOST_RULES]]


def stores_by_day(rows: list[tuple[str, dt.date, int]]) -> Json:
    """(store, day, count) as ``days`` and ``stores``, each with a count for each day; few stores, the rest as one."""
    days = sorted({day for _, day, _ in rows})
    total: dict[str, int] = {}
    for store, _, count in rows:
        total[store] = total.get(store, 0) + count
    order = sorted(total, key=lambda store: (-total[store], store))
    named = order[:MOST_STORES]
    rest = f"{len(order) - len(named)} others"
    cells: dict[str, dict[dt.date, int]] = {name: {} for name in named}
    for store, day, count in rows:
        own = cells.setdefault(store if store in named else rest, {})
        own[day] = own.get(day, 0) + count
    stores = [
        {"store": name, "count": sum(own.values()), "by_day": [own.get(day, 0) for day in days]}
        for name, own in cells.items()
    ]
    return {"days": days, "stores": stores}


def _freshness(lake: LakeReader, layer: str, folder: str, name: str, now: dt.datetime) -> Json:
    table = lake.table(folder, name)
    newest = None
    if table is not None:
        with _connected({"rows": lake.dataset(table)}) as connection:
            row = connection.execute("SELECT max(received_at) FROM rows").fetchone()
            newest = row[0] if row else None
    return {
        "layer": layer,
        "table": name,
        "newest": newest,
        "age": None if newest is None else max(0.0, (now - newest).total_seconds()),
        "sla": load_contract(folder, name).freshness_seconds,
    }


def _query(lake: LakeReader, tables: Mapping[str, tuple[str, str]], sql: str) -> list[Json]:
    """Rows of the query; none while one of the tables does not exist."""
    opened = {name: lake.table(*source) for name, source in tables.items()}
    found = {name: lake.dataset(table) for name, table in opened.items() if table is not None}
    if len(found) < len(tables):
        return []
    with _connected(found) as connection:
        answer = connection.execute(sql)
        names = [column[0] for column in answer.description or ()]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def _connected(tables: Mapping[str, Any]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    connection.execute("SET TimeZone = 'UTC'")
    for name, rows in tables.items():
        connection.register(name, rows)
    return connection
