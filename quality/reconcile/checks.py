"""The comparisons of layer with layer, each as one SQL query that yields only what differs.

A query yields: query, first_batch, last_batch, topic, partition, first_offset, last_offset, business_date,
expected, seen (text). What cannot be told is null. Its sentence takes expected and seen.

The queries stand on LOAD and VIEWS, which take the tables of quality.reconcile.figures under ``given_<name>``. A span is a row of
the ledger: the records of one partition in one batch. Rows that overlap are one span: jobs by layer may read the
first files of a table in any order.
"""

from __future__ import annotations

from dataclasses import dataclass

# The job by layer knows no planned offsets, so it counts no gaps (lakehouse.storage.ledger).
BY_LAYER = "refine_silver"
# Receipts whose lines are in gold.fct_sales_lines; a test holds them to lakehouse.gold.voided.
COUNTED_TYPES = ("SALE", "RETURN", "EXCHANGE", "ADJUSTMENT")

# What is given, read once: the tables may lie on S3, and most are asked several times. Of a receipt's lines only
# their number and their sum are kept.
LOAD = """
CREATE TABLE ledger AS SELECT * FROM given_ledger;
CREATE TABLE broker AS SELECT * FROM given_broker;
CREATE TABLE landed AS SELECT * FROM given_landed;
CREATE TABLE replays AS SELECT * FROM given_replays;
CREATE TABLE receipts AS
SELECT topic, "partition", "offset", event_id, business_date, batch_id, transaction_type,
    coalesce(len(lines), 0)::BIGINT AS lines,
    coalesce(list_sum(list_transform(lines, lambda l: l.net_amount)), 0) AS net
FROM given_receipts;
CREATE TABLE others AS SELECT topic, "partition", "offset" FROM given_others;
CREATE TABLE refused AS SELECT topic, "partition", "offset", quarantine_id FROM given_refused;
CREATE TABLE fct_receipts AS SELECT event_id, business_date, batch_id FROM given_fct_receipts;
CREATE TABLE fct_sales_lines AS
SELECT event_id, business_date, store_id, currency, quantity, tax, net_amount, is_void FROM given_fct_sales_lines;
CREATE TABLE agg_sales_hourly AS
SELECT business_date, store_id, currency, line_count, units, tax, net_amount FROM given_agg_sales_hourly;
"""

VIEWS = f"""
CREATE VIEW spans AS
WITH marked AS (
    SELECT *, CASE WHEN first_offset <= max(last_offset) OVER (
        PARTITION BY topic, "partition" ORDER BY first_offset, last_offset, batch_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) THEN 0 ELSE 1 END AS is_start
    FROM ledger
), numbered AS (
    SELECT *, sum(is_start) OVER (
        PARTITION BY topic, "partition" ORDER BY first_offset, last_offset, batch_id ROWS UNBOUNDED PRECEDING) AS span
    FROM marked
)
SELECT min(query) AS query, min(batch_id) AS first_batch, max(batch_id) AS last_batch, topic, "partition",
    min(first_offset) AS first_offset, max(last_offset) AS last_offset, sum(received)::BIGINT AS received,
    sum(accepted)::BIGINT AS accepted, sum(duplicate)::BIGINT AS duplicate,
    sum(quarantined)::BIGINT AS quarantined, sum(lines)::BIGINT AS lines, sum(gaps)::BIGINT AS gaps,
    count(*) AS row_count
FROM numbered GROUP BY topic, "partition", span;

CREATE VIEW ends AS
SELECT topic, "partition", min(first_offset) AS first_offset, max(last_offset) AS last_offset,
    min_by(query, first_offset) AS query
FROM spans GROUP BY topic, "partition";

CREATE VIEW accepted AS
SELECT topic, "partition", "offset", lines FROM receipts
UNION ALL SELECT topic, "partition", "offset", 1 FROM others;

CREATE VIEW placed_receipts AS
SELECT r.*, s.query, s.first_batch, s.last_batch,
    coalesce(s.query = '{BY_LAYER}', false)
        AND r.batch_id > coalesce((SELECT max(batch_id) FROM fct_receipts), -1) AS is_awaited
FROM receipts r ASOF LEFT JOIN spans s
    ON r.topic = s.topic AND r."partition" = s."partition" AND r."offset" >= s.first_offset;

CREATE VIEW counted_lines AS
SELECT event_id, business_date, count(*) AS lines, sum(net_amount) AS net FROM fct_sales_lines GROUP BY ALL;
"""

_NOWHERE = 'NULL AS query, NULL AS first_batch, NULL AS last_batch, NULL AS topic, NULL AS "partition", '
_NOWHERE += "NULL AS first_offset, NULL AS last_offset"
_SPAN = 's.query, s.first_batch, s.last_batch, s.topic, s."partition", s.first_offset, s.last_offset, '
_SPAN += "NULL AS business_date"


@dataclass(frozen=True)
class Check:
    """One comparison: what is compared, and how a difference is told."""

    name: str
    compares: str
    sql: str
    sentence: str


def _counted(name: str, held: str, expected: str, seen: str) -> str:
    """Spans whose rows in ``held`` are not as many as expected."""
    return f"""
SELECT {_SPAN}, s.{expected} AS expected, coalesce(h.n, 0) AS seen
FROM spans s LEFT JOIN (
    SELECT s.topic, s."partition", s.first_offset, {seen} AS n
    FROM {held} h ASOF JOIN spans s
        ON h.topic = s.topic AND h."partition" = s."partition" AND h."offset" >= s.first_offset
    WHERE h."offset" <= s.last_offset GROUP BY ALL
) h USING (topic, "partition", first_offset)
WHERE s.{expected} <> coalesce(h.n, 0) -- {name}
"""


def _stray(held: str, beyond: str = "false") -> str:
    """Rows that no row of the ledger accounts for: before its end, or anywhere where ``beyond`` (SQL) is true."""
    return f"""
SELECT e.query, NULL AS first_batch, NULL AS last_batch, h.topic, h."partition", min(h."offset") AS first_offset,
    max(h."offset") AS last_offset, NULL AS business_date, 0 AS expected, count(*) AS seen
FROM {held} h LEFT JOIN ends e ON h.topic = e.topic AND h."partition" = e."partition"
    ASOF LEFT JOIN spans s
    ON h.topic = s.topic AND h."partition" = s."partition" AND h."offset" >= s.first_offset
WHERE (s.last_offset IS NULL OR h."offset" > s.last_offset) AND ({beyond} OR h."offset" <= e.last_offset)
GROUP BY e.query, h.topic, h."partition"
"""


# Silver and ledger are written by one hand. Bronze alone may be ahead: by layer another job judges it later.
_AT_REST = "getvariable('is_at_rest')"

_UNBALANCED = f"""
SELECT {_SPAN}, s.received AS expected, s.accepted + s.duplicate + s.quarantined AS seen FROM (
    SELECT *, batch_id AS first_batch, batch_id AS last_batch FROM ledger
) s WHERE s.received <> s.accepted + s.duplicate + s.quarantined
"""

_OVERLAP = f"""
SELECT {_SPAN}, s.last_offset - s.first_offset + 1 AS expected, s.received AS seen FROM spans s
WHERE s.received > s.last_offset - s.first_offset + 1 OR (s.row_count > 1 AND s.query <> '{BY_LAYER}')
"""

_HOLE = f"""
SELECT query, first_batch, last_batch, topic, "partition",
    CASE WHEN first_offset > start THEN start ELSE first_offset END AS first_offset,
    CASE WHEN first_offset > start THEN first_offset - 1 ELSE last_offset END AS last_offset,
    NULL AS business_date, 0 AS expected, last_offset + 1 - start - received - gaps AS seen
FROM (
    SELECT *, 1 + lag(last_offset, 1, first_offset - 1) OVER (
        PARTITION BY topic, "partition" ORDER BY first_offset) AS start
    FROM spans
) WHERE query <> '{BY_LAYER}' AND last_offset + 1 - start > received + gaps
"""

_EXPIRED = """
SELECT e.query, NULL AS first_batch, NULL AS last_batch, e.topic, e."partition", e.last_offset + 1 AS first_offset,
    b.first_offset - 1 AS last_offset, NULL AS business_date, 0 AS expected,
    b.first_offset - e.last_offset - 1 AS seen
FROM ends e JOIN broker b USING (topic, "partition") WHERE b.first_offset > e.last_offset + 1
"""

_ENDS_EARLY = """
SELECT e.query, NULL AS first_batch, NULL AS last_batch, e.topic, e."partition",
    coalesce(b.next_offset, e.first_offset) AS first_offset, e.last_offset, NULL AS business_date,
    e.last_offset + 1 AS expected, coalesce(b.next_offset::VARCHAR, 'no such partition') AS seen
FROM ends e LEFT JOIN broker b USING (topic, "partition") WHERE coalesce(b.next_offset, 0) < e.last_offset + 1
"""

_NEVER_READ = f"""
SELECT query, first_batch, last_batch, topic, "partition", b.first_offset, start - 1 AS last_offset,
    NULL AS business_date, 0 AS expected, start - b.first_offset AS seen
FROM (
    -- Counted gaps lie before the first record as well as among them.
    SELECT s.*, least(first_offset, last_offset + 1 - received - gaps) AS start
    FROM spans s SEMI JOIN ends e USING (topic, "partition", first_offset)
) JOIN broker b USING (topic, "partition")
WHERE query <> '{BY_LAYER}' AND b.first_offset < start
"""

_RECEIPTS = f"""
WITH gold AS (SELECT event_id, business_date, count(*) AS n FROM fct_receipts GROUP BY ALL)
SELECT r.query, r.first_batch, r.last_batch, r.topic, r."partition", min(r."offset") AS first_offset,
    max(r."offset") AS last_offset, NULL AS business_date, count(*) AS expected, sum(coalesce(g.n, 0)) AS seen
FROM placed_receipts r LEFT JOIN gold g USING (event_id, business_date)
WHERE coalesce(g.n, 0) <> 1 AND NOT r.is_awaited
GROUP BY r.query, r.first_batch, r.last_batch, r.topic, r."partition"
UNION ALL
SELECT {_NOWHERE}, business_date, 0, sum(g.n)
FROM gold g ANTI JOIN receipts r USING (event_id, business_date) GROUP BY business_date
"""

_LINES_IN_GOLD = f"""
WITH sold AS (
    SELECT * FROM placed_receipts WHERE transaction_type IN {COUNTED_TYPES} AND NOT is_awaited
)
SELECT s.query, s.first_batch, s.last_batch, s.topic, s."partition", min(s."offset") AS first_offset,
    max(s."offset") AS last_offset, NULL AS business_date,
    sum(s.lines) || ' lines, net ' || sum(s.net) AS expected,
    coalesce(sum(g.lines), 0) || ' lines, net ' || coalesce(sum(g.net), 0) AS seen
FROM sold s LEFT JOIN counted_lines g USING (event_id, business_date)
WHERE s.lines <> coalesce(g.lines, 0) OR s.net <> coalesce(g.net, 0)
GROUP BY s.query, s.first_batch, s.last_batch, s.topic, s."partition"
UNION ALL
SELECT {_NOWHERE}, business_date, '0 lines, net 0', sum(g.lines) || ' lines, net ' || sum(g.net)
FROM counted_lines g ANTI JOIN (SELECT * FROM receipts WHERE transaction_type IN {COUNTED_TYPES}) r
    USING (event_id, business_date)
GROUP BY business_date
"""

_HOURS = f"""
WITH facts AS (
    SELECT business_date, store_id, currency, count(*) AS n, sum(quantity) AS units, sum(tax) AS tax,
        sum(net_amount) AS net
    FROM fct_sales_lines WHERE NOT is_void GROUP BY ALL
), hours AS (
    SELECT business_date, store_id, currency, sum(line_count) AS n, sum(units) AS units, sum(tax) AS tax,
        sum(net_amount) AS net
    FROM agg_sales_hourly GROUP BY ALL
)
SELECT {_NOWHERE}, business_date,
    store_id || ' ' || currency || ' ' || coalesce(f.n, 0) || ' lines, net ' || coalesce(f.net, 0) AS expected,
    coalesce(h.n, 0) || ' lines, net ' || coalesce(h.net, 0) AS seen
FROM facts f FULL JOIN hours h USING (business_date, store_id, currency)
WHERE (coalesce(f.n, 0), coalesce(f.units, 0), coalesce(f.tax, 0), coalesce(f.net, 0))
    <> (coalesce(h.n, 0), coalesce(h.units, 0), coalesce(h.tax, 0), coalesce(h.net, 0))
"""

_REPLAY_OF_NOTHING = """
SELECT e.query, NULL AS first_batch, NULL AS last_batch, p.topic, p."partition", p."offset" AS first_offset,
    p."offset" AS last_offset, NULL AS business_date, 'a refused record' AS expected, p.replay_of AS seen
FROM replays p JOIN ends e ON p.topic = e.topic AND p."partition" = e."partition" AND p."offset" <= e.last_offset
    ANTI JOIN refused q ON q.quarantine_id = p.replay_of
"""

CHECKS = (
    Check("unbalanced", "the ledger with itself", _UNBALANCED,
          "received {expected}, but accepted + duplicate + quarantined is {seen}"),
    Check("counted_twice", "the ledger with itself", _OVERLAP,
          "batches count the same offsets: {seen} records received of {expected} offsets (or the topic was made again)"),
    Check("hole", "the ledger with itself", _HOLE,
          "{seen} offsets are in no batch and are no counted gap"),
    Check("never_read", "broker and ledger", _NEVER_READ,
          "{seen} records before the first batch are on the broker and were never read"),
    Check("expired", "broker and ledger", _EXPIRED,
          "{seen} records expired on the broker before a batch read them"),
    Check("broker_ends_early", "broker and ledger", _ENDS_EARLY,
          "the ledger ends before offset {expected}, the broker's partition at {seen}: it was made again, or is another one"),
    Check("bronze", "bronze and ledger", _counted("bronze", "landed", "received", "count(DISTINCT h.\"offset\")"),
          "the ledger received {expected} records, bronze holds {seen}"),
    Check("bronze_twice", "bronze and ledger", """
SELECT e.query, NULL AS first_batch, NULL AS last_batch, h.topic, h."partition", min(h."offset") AS first_offset,
    max(h."offset") AS last_offset, NULL AS business_date, count(*) AS expected, sum(h.n) AS seen
FROM (SELECT topic, "partition", "offset", count(*) AS n FROM landed GROUP BY ALL HAVING count(*) > 1) h
    LEFT JOIN ends e USING (topic, "partition") GROUP BY e.query, h.topic, h."partition"
""", "{expected} records stand {seen} times in bronze"),
    Check("not_judged", "bronze and ledger", _stray("landed"), "{seen} records of bronze are in no row of the ledger"),
    Check("accepted", "silver and ledger", _counted("accepted", "accepted", "accepted", "count(*)"),
          "the ledger accepted {expected} records, silver holds {seen}"),
    Check("quarantined", "silver and ledger", _counted("quarantined", "refused", "quarantined", "count(*)"),
          "the ledger refused {expected} records, quarantine holds {seen}"),
    Check("lines", "silver and ledger", _counted("lines", "accepted", "lines", "sum(h.lines)::BIGINT"),
          "the ledger counts {expected} lines, silver holds {seen}"),
    Check("stray_silver", "silver and ledger", _stray("accepted", _AT_REST),
          "{seen} accepted records of silver are in no row of the ledger"),
    Check("stray_quarantine", "silver and ledger", _stray("refused", _AT_REST),
          "{seen} records of quarantine are in no row of the ledger"),
    Check("receipts", "silver and gold", _RECEIPTS,
          "silver holds {expected} receipts that stand {seen} times in gold.fct_receipts"),
    Check("sales_lines", "silver and gold", _LINES_IN_GOLD,
          "receipts of silver have {expected}, gold.fct_sales_lines holds {seen} of them"),
    Check("hours", "gold with itself", _HOURS,
          "gold.fct_sales_lines has {expected}, gold.agg_sales_hourly adds up to {seen}"),
    Check("replay_of_nothing", "bronze and quarantine", _REPLAY_OF_NOTHING,
          "the record claims to replay {seen}, which was never refused"),
)  # fmt: skip
