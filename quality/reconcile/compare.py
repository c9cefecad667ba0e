"""Layer against layer: what differs, and where in Kafka it stands. Pure: tables in, findings out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from quality.reconcile.checks import CHECKS, COUNTED_TYPES, LOAD, VIEWS, Check

Json = dict[str, Any]


@dataclass(frozen=True)
class Difference:
    """One disagreement. Batches, partition and offsets (both ends included) are null where it has none: a row of
    gold knows only its business date."""

    check: str
    query: str | None
    batches: tuple[int, int] | None
    topic: str | None
    partition: int | None
    first_offset: int | None
    last_offset: int | None
    business_date: dt.date | None
    expected: str
    seen: str
    message: str


@dataclass(frozen=True)
class Comparison:
    """``partitions``: query, topic and partition with their counts in each layer; ``chain``: pairs of sums that
    must agree; ``differences``: what does not; ``waiting``: offsets on the broker that no compared batch has taken,
    records and the gaps among them."""

    partitions: list[Json]
    chain: list[Json]
    differences: list[Difference]
    waiting: int


_PARTITIONS = """
SELECT s.query, s.topic, s."partition", count(*) AS batches, min(s.first_offset) AS first_offset,
    max(s.last_offset) AS last_offset, any_value(b.first_offset) AS broker_first,
    any_value(b.next_offset) AS broker_next, sum(s.received)::BIGINT AS received,
    sum(s.accepted)::BIGINT AS accepted, sum(s.duplicate)::BIGINT AS duplicate,
    sum(s.quarantined)::BIGINT AS quarantined, sum(s.gaps)::BIGINT AS gaps, sum(s.lines)::BIGINT AS lines
FROM spans s LEFT JOIN broker b USING (topic, "partition") GROUP BY ALL ORDER BY ALL
"""

_CHAIN = f"""
WITH l AS (SELECT coalesce(sum(received), 0)::BIGINT AS received, coalesce(sum(accepted), 0)::BIGINT AS accepted,
    coalesce(sum(quarantined), 0)::BIGINT AS quarantined, coalesce(sum(lines), 0)::BIGINT AS lines FROM ledger),
landed_known AS (SELECT count(*) AS n FROM landed JOIN ends USING (topic, "partition") WHERE "offset" <= ends.last_offset),
awaited AS (SELECT count(*) AS n FROM placed_receipts WHERE is_awaited),
awaited_lines AS (SELECT coalesce(sum(lines), 0)::BIGINT AS n FROM placed_receipts
    WHERE is_awaited AND transaction_type IN {COUNTED_TYPES}),
other AS (SELECT coalesce(sum(lines), 0)::BIGINT AS n FROM receipts WHERE transaction_type NOT IN {COUNTED_TYPES})
SELECT 'records received by the ledger' AS left_name, l.received AS left_value,
    'rows of bronze' AS right_name, (SELECT n FROM landed_known) AS right_value FROM l
UNION ALL SELECT 'records accepted by the ledger', l.accepted, 'rows of silver', (SELECT count(*) FROM accepted) FROM l
UNION ALL SELECT 'records quarantined by the ledger', l.quarantined, 'rows of quarantine',
    (SELECT count(*) FROM refused) FROM l
UNION ALL SELECT 'receipts of silver', (SELECT count(*) FROM receipts), 'rows of fct_receipts (and awaited)',
    (SELECT count(*) FROM fct_receipts) + (SELECT n FROM awaited) FROM l
UNION ALL SELECT 'lines counted by the ledger', l.lines,
    'rows of fct_sales_lines, lines of cancelled and voiding receipts, movements, tills, master data (and awaited)',
    (SELECT count(*) FROM fct_sales_lines) + (SELECT n FROM other) + (SELECT count(*) FROM others)
    + (SELECT n FROM awaited_lines) FROM l
UNION ALL SELECT 'lines of fct_sales_lines that are not void', (SELECT count(*) FROM fct_sales_lines WHERE NOT is_void),
    'lines of agg_sales_hourly', (SELECT coalesce(sum(line_count), 0)::BIGINT FROM agg_sales_hourly) FROM l
"""

_WAITING = """
SELECT coalesce(sum(greatest(b.next_offset - greatest(b.first_offset, coalesce(e.last_offset + 1, 0)), 0)), 0)::BIGINT
    AS waiting
FROM broker b LEFT JOIN ends e USING (topic, "partition")
"""


def compare(figures: Mapping[str, Any], with_gold: bool = True, is_at_rest: bool = False) -> Comparison:
    """Compare the layers; ``figures`` as quality.reconcile.figures makes them (Arrow tables or data sets).

    ``with_gold`` False leaves out what looks at gold, for while a job of its own writes there. ``is_at_rest``: nobody
    writes, so silver holds nothing that the ledger is yet to count.
    """
    checks = [check for check in CHECKS if with_gold or "gold" not in check.compares]
    with _connected(figures) as connection:
        connection.execute(f"SET VARIABLE is_at_rest = {is_at_rest}")
        partitions = _rows(connection, _PARTITIONS)
        chain = [
            row | {"agrees": row["left_value"] == row["right_value"]} for row in _rows(connection, _CHAIN)
        ]
        differences = [_difference(check, row) for check in checks for row in _rows(connection, check.sql)]
        waiting = int(_rows(connection, _WAITING)[0]["waiting"])
    return Comparison(partitions, chain, sorted(differences, key=_order), waiting)


def _connected(figures: Mapping[str, Any]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    for name, rows in figures.items():
        connection.register(f"given_{name}", rows)
    connection.execute(LOAD)
    connection.execute(VIEWS)
    return connection


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Json]:
    answer = connection.execute(sql)
    names = [column[0] for column in answer.description or ()]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def _difference(check: Check, row: Json) -> Difference:
    expected, seen = str(row["expected"]), str(row["seen"])
    first_batch = row["first_batch"]
    return Difference(
        check=check.name,
        query=row["query"],
        batches=None if first_batch is None else (first_batch, row["last_batch"]),
        topic=row["topic"],
        partition=row["partition"],
        first_offset=row["first_offset"],
        last_offset=row["last_offset"],
        business_date=row["business_date"],
        expected=expected,
        seen=seen,
        message=f"{_place(row)}: {check.sentence.format(expected=expected, seen=seen)}",
    )


def _place(row: Json) -> str:
    """``query medallion, batch 3, sales_data/1 offsets 120 to 180``, as far as it is known."""
    parts = [f"query {row['query']}"] if row["query"] else []
    if row["first_batch"] is not None:
        first, last = row["first_batch"], row["last_batch"]
        parts.append(f"batch {first}" if first == last else f"batches {first} to {last}")
    if row["topic"] is not None:
        parts.append(
            f"{row['topic']}/{row['partition']} offsets {row['first_offset']} to {row['last_offset']}"
        )
    if row["business_date"] is not None:
        parts.append(f"business date {row['business_date']}")
    return ", ".join(parts) or "the lake"


def _order(difference: Difference) -> tuple[Any, ...]:
    names = [check.name for check in CHECKS]
    where = (difference.topic or "", difference.partition or 0, difference.first_offset or 0)
    return names.index(difference.check), *where, str(difference.business_date)
