"""What gold must say of sales, in SQL over the tables of expected_events: one query per table, by its contract's words."""

from __future__ import annotations

COUNTED = "('SALE', 'RETURN', 'EXCHANGE', 'ADJUSTMENT')"
_IS_VOIDED = f"(r.transaction_type IN {COUNTED} AND v.transaction_id IS NOT NULL)"

FCT_SALES_LINES = f"""
SELECT r.* EXCLUDE (is_void, customer_id), r.customer_id, r.is_void OR {_IS_VOIDED} AS is_void
FROM line AS r LEFT JOIN voided AS v ON v.store_id = r.store_id AND v.transaction_id = r.transaction_id
WHERE r.transaction_type IN {COUNTED}"""

FCT_RECEIPTS = f"""
WITH counted AS (SELECT event_id, count(*) AS line_count, sum(quantity) AS units, sum(net_amount) AS line_net
  FROM line WHERE NOT is_void GROUP BY 1),
paid AS (SELECT event_id, sum(amount) AS tendered FROM tender GROUP BY 1)
SELECT r.event_id, r.business_date, r.store_id, r.register_id, r.till_session_id, r.transaction_seq, r.transaction_id,
  r.transaction_type, r.original_transaction_id, r.occurred_at, r.customer_id, r.operator_id, r.channel,
  coalesce(c.line_count, 0) AS line_count, coalesce(c.units, 0) AS units, r.currency,
  coalesce(r.gross, r.net) AS gross, coalesce(r.discount, 0) AS discount, r.net, coalesce(r.tax, 0) AS tax,
  coalesce(r.total, r.net) AS total, p.tendered, {_IS_VOIDED} AS is_void
FROM receipt AS r
LEFT JOIN voided AS v ON v.store_id = r.store_id AND v.transaction_id = r.transaction_id
LEFT JOIN counted AS c USING (event_id) LEFT JOIN paid AS p USING (event_id)"""


def agg_sales_hourly(zone: str) -> str:
    """Hours of the wall clock of each store; ``zone`` where a store is not known."""
    return f"""
    WITH zoned AS (SELECT store_id, max_by(zone, effective_at) AS zone FROM store GROUP BY 1),
    local AS (SELECT l.*, timezone(coalesce(z.zone, '{zone}'), timezone('UTC', occurred_at)) AS wall
      FROM ({FCT_SALES_LINES}) AS l LEFT JOIN zoned AS z USING (store_id) WHERE NOT is_void)
    SELECT store_id, currency, business_date, occurred_at - (wall - date_trunc('hour', wall)) AS hour_start_at,
      hour(wall) AS local_hour, count(DISTINCT event_id) AS receipt_count, count(*) AS line_count,
      sum(quantity) AS units, sum(discount) AS discount, sum(tax) AS tax, sum(net_amount) AS net_amount,
      coalesce(sum(net_amount) FILTER (WHERE line_type = 'RETURN'), 0) AS return_net_amount
    FROM local GROUP BY ALL"""
