"""What gold must say of members and of the versions that facts are bound to, in SQL over the tables of expected_events."""

from __future__ import annotations

from tests.journey.expected_sales import COUNTED

_SINCE = "TIMESTAMP '1900-01-01'"


def versions(changes: str, member: str) -> str:
    """Rows of a table of master data with valid_from, valid_to and is_current."""
    return f"""
    SELECT *, if(lag(effective_at) OVER w IS NULL, {_SINCE}, effective_at) AS valid_from,
      lead(effective_at) OVER w AS valid_to, lead(effective_at) OVER w IS NULL AS is_current
    FROM (SELECT * FROM {changes} QUALIFY row_number() OVER (PARTITION BY {member}, effective_at ORDER BY event_id DESC) = 1)
    WINDOW w AS (PARTITION BY {member} ORDER BY effective_at)"""


_NEVER = f"{_SINCE} AS valid_from, NULL::TIMESTAMP AS valid_to, true AS is_current"

DIM_PRODUCT = f"""
SELECT * EXCLUDE (event_id, effective_at), NULL::TIMESTAMP AS first_seen_at, NULL AS first_event_id, NULL::INT AS first_line_seq,
  false AS is_inferred FROM ({versions("product", "product_id")})
UNION ALL BY NAME
SELECT product_id, arg_min_null(description, (occurred_at, event_id, line_seq)) AS description, min(occurred_at) AS first_seen_at,
  arg_min(event_id, (occurred_at, event_id, line_seq)) AS first_event_id,
  arg_min(line_seq, (occurred_at, event_id, line_seq)) AS first_line_seq, {_NEVER}, true AS is_inferred
FROM line WHERE transaction_type IN {COUNTED} AND product_id NOT IN (SELECT product_id FROM product) GROUP BY product_id"""

DIM_STORE = f"""
SELECT * EXCLUDE (event_id, effective_at), NULL::TIMESTAMP AS first_seen_at, false AS is_inferred
FROM ({versions("store", "store_id")})
UNION ALL BY NAME
SELECT store_id, min(occurred_at) AS first_seen_at, {_NEVER}, true AS is_inferred
FROM receipt WHERE store_id NOT IN (SELECT store_id FROM store) GROUP BY store_id"""

BOUND_LINES = f"""
SELECT l.event_id, l.line_seq, coalesce(p.valid_from, {_SINCE}) AS product_from, coalesce(s.valid_from, {_SINCE}) AS store_from
FROM line AS l
LEFT JOIN ({versions("product", "product_id")}) AS p ON p.product_id = l.product_id
  AND l.occurred_at >= p.valid_from AND (p.valid_to IS NULL OR l.occurred_at < p.valid_to)
LEFT JOIN ({versions("store", "store_id")}) AS s ON s.store_id = l.store_id
  AND l.occurred_at >= s.valid_from AND (s.valid_to IS NULL OR l.occurred_at < s.valid_to)
WHERE l.transaction_type IN {COUNTED}"""

SEEN_BOUND_LINES = """
SELECT l.event_id, l.line_seq, p.valid_from AS product_from, s.valid_from AS store_from FROM gold.fct_sales_lines AS l
LEFT JOIN gold.dim_product AS p ON p.product_key = l.product_key AND p.product_id = l.product_id
LEFT JOIN gold.dim_store AS s ON s.store_key = l.store_key AND s.store_id = l.store_id"""

BOUND_RECEIPTS = f"""
SELECT r.event_id, coalesce(s.valid_from, {_SINCE}) AS store_from FROM receipt AS r
LEFT JOIN ({versions("store", "store_id")}) AS s ON s.store_id = r.store_id
  AND r.occurred_at >= s.valid_from AND (s.valid_to IS NULL OR r.occurred_at < s.valid_to)"""

SEEN_BOUND_RECEIPTS = """
SELECT r.event_id, s.valid_from AS store_from FROM gold.fct_receipts AS r
LEFT JOIN gold.dim_store AS s ON s.store_key = r.store_key AND s.store_id = r.store_id"""


def dim_customer(pepper: str) -> str:
    """Members by pseudonym: those whose newest word is yes, and those whom only receipts name."""
    key = f"sha256('{pepper}' || customer_id)"
    return f"""
    WITH said AS (SELECT customer_id, arg_max(segment, (effective_at, event_id)) AS segment,
      arg_max(has_consent, (effective_at, event_id)) AS has_consent FROM customer GROUP BY 1)
    SELECT {key} AS customer_key, segment, NULL::TIMESTAMP AS first_seen_at, false AS is_inferred FROM said WHERE has_consent
    UNION ALL
    SELECT {key}, NULL, min(occurred_at), true FROM receipt
    WHERE customer_id IS NOT NULL AND customer_id NOT IN (SELECT customer_id FROM said) GROUP BY customer_id"""
