"""What gold must say of till sessions and of what was restated, in SQL over the tables of expected_events.

``part(event_id, part)`` tells with which part of the run an event was sent first; each part was one batch.
"""

from __future__ import annotations

from tests.journey.expected_sales import COUNTED

FCT_TILL_SESSIONS = """
WITH mine AS (SELECT r.*, s.till_session_id IS NOT NULL FROM receipt AS r JOIN session AS s USING (till_session_id)),
gone AS (SELECT till_session_id, original_transaction_id AS transaction_id FROM mine WHERE transaction_type = 'POST_VOID'),
counted AS (SELECT m.* FROM mine AS m ANTI JOIN gone USING (till_session_id, transaction_id)),
numbers AS (SELECT till_session_id, unnest(range(first_transaction_seq, last_transaction_seq + 1)) AS seq FROM session),
absent AS (SELECT * FROM numbers ANTI JOIN (SELECT till_session_id, transaction_seq AS seq FROM mine) USING (till_session_id, seq)),
islands AS (SELECT till_session_id, min(seq) AS first, max(seq) AS last FROM
  (SELECT *, seq - row_number() OVER (PARTITION BY till_session_id ORDER BY seq) AS island FROM absent) GROUP BY till_session_id, island),
named AS (SELECT till_session_id, sum(last - first + 1)::BIGINT AS missing_count,
  string_agg(if(first = last, first::VARCHAR, first || '-' || last), ', ' ORDER BY first) AS missing_transaction_seqs
  FROM islands GROUP BY 1),
told AS (SELECT till_session_id, unnest(json_extract(text, '$.tenders[*]'))::VARCHAR AS text FROM session),
paid AS (
  SELECT till_session_id, type, sum(amount) AS difference FROM
    (SELECT c.till_session_id, t.type, t.amount FROM counted AS c JOIN tender AS t USING (event_id)
     UNION ALL SELECT till_session_id, text->>'type', -(text->>'amount')::DECIMAL(18,4) FROM told)
  GROUP BY ALL HAVING difference <> 0),
differs AS (SELECT till_session_id, string_agg(type || ' ' || difference::DECIMAL(28,4)::VARCHAR, ', ' ORDER BY type) AS tender_differences
  FROM paid GROUP BY 1),
sums AS (SELECT till_session_id, sum(net) AS received_net, sum(total) AS received_total FROM counted GROUP BY 1),
came AS (SELECT till_session_id, count(*) AS received_count FROM mine GROUP BY 1)
SELECT s.till_session_id, s.business_date, s.store_id, s.register_id, s.currency, s.first_transaction_seq,
  s.last_transaction_seq, s.receipt_count, s.over_short, s.net AS reported_net, s.total AS reported_total,
  coalesce(received_count, 0) AS received_count, coalesce(missing_count, 0) AS missing_count, missing_transaction_seqs,
  coalesce(received_net, 0) AS received_net, coalesce(received_total, 0) AS received_total, tender_differences,
  CASE WHEN missing_count > 0 OR coalesce(received_count, 0) <> s.receipt_count THEN 'PROVISIONAL'
    WHEN tender_differences IS NOT NULL OR coalesce(received_net, 0) <> s.net OR coalesce(received_total, 0) <> s.total
    THEN 'COMPLETE' ELSE 'CERTIFIED' END AS state
FROM session AS s LEFT JOIN came USING (till_session_id) LEFT JOIN named USING (till_session_id)
LEFT JOIN sums USING (till_session_id) LEFT JOIN differs USING (till_session_id)"""

# Lines with the part in which they came, and the part from which they are void (0 = from the beginning).
_SOLD = f"""
sold AS (SELECT l.*, p.part, CASE WHEN l.is_void THEN 0 ELSE v.part END AS void_part FROM line AS l
  JOIN part AS p USING (event_id)
  LEFT JOIN (SELECT r.store_id, r.original_transaction_id AS transaction_id, min(p.part) AS part FROM receipt AS r
    JOIN part AS p USING (event_id) WHERE r.transaction_type = 'POST_VOID' GROUP BY ALL) AS v USING (store_id, transaction_id)
  WHERE l.transaction_type IN {COUNTED})"""
_DAY = "business_date, store_id, currency"

_VOIDED = f"""
SELECT 'POST_VOID' AS reason, {_DAY}, -1 AS receipt_count, -count(*) AS line_count, -sum(quantity) AS units,
  -sum(net_amount) AS net_amount, NULL AS rekeyed_line_count, NULL AS rekeyed_net_amount
FROM sold WHERE void_part > part GROUP BY event_id, {_DAY}"""

_LATE = f"""
SELECT 'LATE_RECEIPT', {_DAY}, count(DISTINCT event_id), count(*), sum(quantity), sum(net_amount), NULL, NULL
FROM sold AS s WHERE (void_part IS NULL OR void_part > part)
  AND EXISTS (FROM receipt AS r JOIN part AS p USING (event_id) WHERE p.part < s.part
    AND r.business_date = s.business_date AND r.store_id = s.store_id AND r.currency = s.currency)
GROUP BY part, {_DAY}"""


def _changed(reason: str, member: str, table: str) -> str:
    """Lines of earlier parts whose version is another one once the changes of a part are known."""

    def since(known: str) -> str:
        return f"""(SELECT nullif(max(c.effective_at), first(f.at)) FROM {table} AS c JOIN part AS p USING (event_id),
          (SELECT min(c.effective_at) AS at FROM {table} AS c JOIN part AS p USING (event_id)
           WHERE c.{member} = s.{member} AND p.part {known}) AS f
          WHERE c.{member} = s.{member} AND p.part {known} AND c.effective_at <= s.occurred_at)"""

    counts = "(void_part IS NULL OR void_part >= now)"
    return f"""
    SELECT '{reason}', {_DAY}, 0, 0, 0, 0, count(*) FILTER ({counts}), coalesce(sum(net_amount) FILTER ({counts}), 0)
    FROM (SELECT s.*, n.now, {since("< n.now")} AS before, {since("<= n.now")} AS after
      FROM sold AS s JOIN (SELECT DISTINCT part AS now FROM part) AS n ON s.part < n.now)
    WHERE before IS DISTINCT FROM after GROUP BY now, {_DAY}"""


RESTATEMENTS = f"""
WITH {_SOLD}
{_VOIDED} UNION ALL {_LATE}
UNION ALL {_changed("PRODUCT_CHANGE", "product_id", "product")}
UNION ALL {_changed("STORE_CHANGE", "store_id", "store")}"""
