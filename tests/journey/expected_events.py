"""The simulator's event files as DuckDB tables: what gold must hold is computed from these, without Spark and without
code of the pipeline.

An event counts once, however often it was sent. Amounts are read from their text, so no penny is lost on the way.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

TOPICS = ("sales_data", "inventory_movements", "till_sessions", "products", "stores", "customers")
MONEY, QUANTITY = "DECIMAL(18,4)", "DECIMAL(12,3)"


def expected_events(folder: Path, currency: str, zone: str) -> duckdb.DuckDBPyConnection:
    """A connection with the tables receipt, line, tender, movement, session, product, store, customer.

    ``currency`` and ``zone`` are those of plain lines, whose store is unknown. Instants are UTC without zone.
    """
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for topic in TOPICS:
        path = folder / f"{topic}.jsonl"
        rows = (
            f"SELECT DISTINCT json::VARCHAR AS text FROM read_ndjson_objects('{path}')"
            if path.exists()
            else ""
        )
        connection.execute(
            f"CREATE TABLE raw_{topic} AS {rows or 'SELECT NULL::VARCHAR AS text WHERE false'}"
        )
    connection.execute(_receipts(currency, zone))
    connection.execute(_LINES)
    connection.execute(_TENDERS)
    connection.execute(_VOIDS)
    for statement in (_MOVEMENTS, _SESSIONS, *_MASTER):
        connection.execute(statement)
    return connection


def instant(path: str) -> str:
    """SQL of a time in an event as UTC instant."""
    return f"timezone('UTC', (text->>'{path}')::TIMESTAMPTZ)"


def fields(**columns: str) -> str:
    """SQL that takes fields out of an event: name -> type."""
    return ", ".join(f"(text->>'{name}')::{kind} AS {name}" for name, kind in columns.items())


def _receipts(currency: str, zone: str) -> str:
    plain_at = instant("sales_time")
    net = f"((text->>'quantity')::{QUANTITY} * (text->>'price')::{MONEY})::{MONEY}"
    kinds = dict.fromkeys(("event_id", "transaction_id", "transaction_type", "store_id"), "VARCHAR")
    more = dict.fromkeys(
        ("register_id", "till_session_id", "operator_id", "customer_id", "currency", "channel"), "VARCHAR"
    )
    return f"""
    CREATE TABLE receipt AS
    SELECT {fields(**kinds, **more, original_transaction_id="VARCHAR", transaction_seq="BIGINT")},
      (text->>'business_date')::DATE AS business_date, {instant("occurred_at")} AS occurred_at,
      {", ".join(f"(text->'totals'->>'{name}')::{MONEY} AS {name}" for name in _TOTALS)}, text
    FROM raw_sales_data WHERE text->>'schema_version' = '2'
    UNION ALL BY NAME
    SELECT 'v1:' || (text->>'id') AS event_id, text->>'id' AS transaction_id, 'SALE' AS transaction_type,
      'UNKNOWN' AS store_id, 'UNKNOWN' AS register_id, 'UNKNOWN' AS channel, '{currency}' AS currency, timezone('{zone}', timezone('UTC', {plain_at}))::DATE AS business_date,
      {plain_at} AS occurred_at, {net} AS net, text
    FROM raw_sales_data WHERE text->>'schema_version' IS NULL"""


_TOTALS = ("gross", "discount", "net", "tax", "total")

_LINES = f"""
CREATE TABLE line AS
WITH receipt_line AS (
  SELECT * EXCLUDE (text, discount, tax), unnest(json_extract(text, '$.lines[*]'))::VARCHAR AS text
  FROM receipt WHERE text->>'schema_version' = '2')
SELECT event_id, transaction_id, transaction_type, store_id, register_id, till_session_id, original_transaction_id,
  operator_id, customer_id, currency, channel, business_date, occurred_at,
  {
    fields(
        line_seq="INT",
        line_type="VARCHAR",
        product_id="VARCHAR",
        description="VARCHAR",
        quantity=QUANTITY,
        uom="VARCHAR",
        regular_unit_price=MONEY,
        unit_price=MONEY,
        discount=MONEY,
        tax=MONEY,
        net_amount=MONEY,
        is_void="BOOLEAN",
        return_reason="VARCHAR",
    )
}
FROM receipt_line
UNION ALL BY NAME
SELECT event_id, transaction_id, transaction_type, store_id, register_id, channel, currency, business_date, occurred_at,
  1 AS line_seq,
  'ITEM' AS line_type, text->>'product' AS product_id, (text->>'quantity')::{
    QUANTITY
} AS quantity, 'EA' AS uom,
  (text->>'price')::{MONEY} AS unit_price, 0::{MONEY} AS discount, 0::{
    MONEY
} AS tax, net AS net_amount, false AS is_void
FROM receipt WHERE text->>'schema_version' IS NULL"""

_TENDERS = f"""
CREATE TABLE tender AS
SELECT event_id, text->>'type' AS type, (text->>'amount')::{MONEY} AS amount
FROM (SELECT event_id, unnest(json_extract(text, '$.tenders[*]'))::VARCHAR AS text
  FROM receipt WHERE text->>'schema_version' = '2')"""

_VOIDS = """
CREATE TABLE voided AS
SELECT DISTINCT store_id, original_transaction_id AS transaction_id FROM receipt WHERE transaction_type = 'POST_VOID'"""

_MOVEMENTS = f"""
CREATE TABLE movement AS
SELECT {
    fields(
        event_id="VARCHAR",
        movement_type="VARCHAR",
        store_id="VARCHAR",
        product_id="VARCHAR",
        quantity=QUANTITY,
        business_date="DATE",
        unit_cost=MONEY,
        currency="VARCHAR",
        reason="VARCHAR",
    )
}, {instant("occurred_at")} AS occurred_at FROM raw_inventory_movements"""

_SESSIONS = f"""
CREATE TABLE session AS
SELECT {
    fields(
        till_session_id="VARCHAR",
        store_id="VARCHAR",
        register_id="VARCHAR",
        business_date="DATE",
        currency="VARCHAR",
        first_transaction_seq="BIGINT",
        last_transaction_seq="BIGINT",
        receipt_count="INT",
        over_short=MONEY,
    )
}, {
    ", ".join(f"(text->'totals'->>'{name}')::{MONEY} AS {name}" for name in _TOTALS)
}, text FROM raw_till_sessions"""

_MASTER = (
    f"""CREATE TABLE product AS SELECT {
        fields(
            event_id="VARCHAR",
            product_id="VARCHAR",
            description="VARCHAR",
            category="VARCHAR",
            department="VARCHAR",
            brand="VARCHAR",
            uom="VARCHAR",
            unit_cost=MONEY,
            currency="VARCHAR",
            list_price=MONEY,
            lead_time_days="INT",
            safety_stock=QUANTITY,
            is_active="BOOLEAN",
        )
    }, {instant("effective_at")} AS effective_at FROM raw_products""",
    f"""CREATE TABLE store AS SELECT {
        fields(
            event_id="VARCHAR",
            store_id="VARCHAR",
            store_name="VARCHAR",
            region="VARCHAR",
            country="VARCHAR",
            zone="VARCHAR",
            currency="VARCHAR",
            closing_hour="INT",
        )
    }, {instant("effective_at")} AS effective_at FROM raw_stores""",
    f"""CREATE TABLE customer AS SELECT {
        fields(event_id="VARCHAR", customer_id="VARCHAR", segment="VARCHAR", has_consent="BOOLEAN")
    }, {instant("effective_at")} AS effective_at FROM raw_customers""",
)
