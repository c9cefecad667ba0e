-- Is every record accounted for? Difference is received minus accepted, duplicate and quarantined; it must be 0.
SELECT
    topic,
    COUNT(DISTINCT checkpoint_id || '/' || batch_id) AS batches,
    SUM(received) AS received,
    SUM(accepted) AS accepted,
    SUM(duplicate) AS duplicate,
    SUM(quarantined) AS quarantined,
    SUM(received) - SUM(accepted) - SUM(duplicate) - SUM(quarantined) AS difference,
    SUM(gaps) AS gaps
FROM ops.ledger
GROUP BY topic
ORDER BY topic;

-- Do ledger and quarantine agree on the refused records? Difference must be 0.
WITH refused AS (
    SELECT
        topic,
        COUNT(*) AS in_quarantine
    FROM ops.quarantine
    GROUP BY topic
),

counted AS (
    SELECT
        topic,
        SUM(quarantined) AS in_ledger
    FROM ops.ledger
    GROUP BY topic
)

SELECT
    COALESCE(counted.topic, refused.topic) AS topic,
    COALESCE(counted.in_ledger, 0) AS in_ledger,
    COALESCE(refused.in_quarantine, 0) AS in_quarantine,
    COALESCE(counted.in_ledger, 0) - COALESCE(refused.in_quarantine, 0) AS difference
FROM counted
FULL OUTER JOIN refused ON counted.topic = refused.topic
ORDER BY topic;

-- Has every accepted receipt reached gold? Difference must be 0.
WITH ledger AS (
    SELECT COALESCE(SUM(accepted), 0) AS accepted
    FROM ops.ledger
    WHERE topic LIKE '%sales_data'
),

receipts AS (
    SELECT COUNT(*) AS in_gold
    FROM gold.fct_receipts
)

SELECT
    ledger.accepted AS accepted_by_ledger,
    receipts.in_gold AS receipts_in_gold,
    ledger.accepted - receipts.in_gold AS difference
FROM ledger
CROSS JOIN receipts;

-- Does what Snowpipe loaded equal gold, per currency? Both differences must be 0.
WITH loaded AS (
    SELECT
        currency,
        COUNT(*) AS lines,
        SUM(net_amount) AS net_sales
    FROM sales.sales_lines
    WHERE op = 'U'
    GROUP BY currency
),

gold_lines AS (
    SELECT
        currency,
        COUNT(*) AS lines,
        SUM(net_amount) AS net_sales
    FROM gold.fct_sales_lines
    WHERE NOT is_void
    GROUP BY currency
)

SELECT
    COALESCE(gold_lines.currency, loaded.currency) AS currency,
    COALESCE(loaded.lines, 0) AS lines_loaded,
    COALESCE(gold_lines.lines, 0) AS lines_in_gold,
    COALESCE(loaded.lines, 0) - COALESCE(gold_lines.lines, 0) AS difference_in_lines,
    COALESCE(loaded.net_sales, 0) - COALESCE(gold_lines.net_sales, 0) AS difference_in_net_sales
FROM gold_lines
FULL OUTER JOIN loaded ON gold_lines.currency = loaded.currency
ORDER BY currency;

-- Does the plain table hold each line once, with the value that gold has? All differences must be 0.
WITH plain AS (
    SELECT
        COUNT(*) AS lines,
        COUNT(DISTINCT id) AS ids,
        COALESCE(SUM(quantity), 0) AS units
    FROM sales.sales_data
),

gold_lines AS (
    SELECT
        COUNT(*) AS lines,
        COALESCE(SUM(quantity), 0) AS units
    FROM gold.fct_sales_lines
    WHERE NOT is_void
)

SELECT
    plain.lines,
    plain.units,
    plain.lines - plain.ids AS lines_twice,
    plain.lines - gold_lines.lines AS difference_in_lines,
    plain.units - gold_lines.units AS difference_in_units
FROM plain
CROSS JOIN gold_lines;

-- Which lines are in gold but not loaded, or loaded but not in gold? At most 20; none is good.
WITH gold_lines AS (
    SELECT
        event_id,
        line_seq
    FROM gold.fct_sales_lines
    WHERE NOT is_void
),

loaded AS (
    SELECT
        event_id,
        line_seq
    FROM sales.sales_lines
    WHERE op = 'U'
)

SELECT
    COALESCE(gold_lines.event_id, loaded.event_id) AS event_id,
    COALESCE(gold_lines.line_seq, loaded.line_seq) AS line_seq,
    IFF(loaded.event_id IS NULL, 'not loaded', 'not in gold') AS finding
FROM gold_lines
FULL OUTER JOIN loaded
    ON gold_lines.event_id = loaded.event_id AND gold_lines.line_seq = loaded.line_seq
WHERE gold_lines.event_id IS NULL OR loaded.event_id IS NULL
ORDER BY event_id, line_seq
LIMIT 20;

-- On which business days does the hourly aggregate differ from the lines? None is good.
WITH by_hour AS (
    SELECT
        currency,
        business_date,
        SUM(line_count) AS lines,
        SUM(net_amount) AS net_sales
    FROM gold.agg_sales_hourly
    GROUP BY currency, business_date
),

by_line AS (
    SELECT
        currency,
        business_date,
        COUNT(*) AS lines,
        SUM(net_amount) AS net_sales
    FROM gold.fct_sales_lines
    WHERE NOT is_void
    GROUP BY currency, business_date
)

SELECT
    COALESCE(by_hour.currency, by_line.currency) AS currency,
    COALESCE(by_hour.business_date, by_line.business_date) AS business_date,
    COALESCE(by_hour.lines, 0) - COALESCE(by_line.lines, 0) AS difference_in_lines,
    COALESCE(by_hour.net_sales, 0) - COALESCE(by_line.net_sales, 0) AS difference_in_net_sales
FROM by_hour
FULL OUTER JOIN by_line
    ON by_hour.currency = by_line.currency AND by_hour.business_date = by_line.business_date
WHERE
    COALESCE(by_hour.lines, 0) <> COALESCE(by_line.lines, 0)
    OR COALESCE(by_hour.net_sales, 0) <> COALESCE(by_line.net_sales, 0)
ORDER BY currency, business_date;

-- How fresh is what Snowflake shows? Age in seconds of the newest record, and of the last refresh of each table.
WITH newest AS (
    SELECT
        'gold' AS layer,
        'fct_sales_lines' AS table_name,
        MAX(received_at) AS newest_record_at
    FROM gold.fct_sales_lines
    UNION ALL
    SELECT
        'gold' AS layer,
        'fct_receipts' AS table_name,
        MAX(received_at) AS newest_record_at
    FROM gold.fct_receipts
    UNION ALL
    SELECT
        'sales' AS layer,
        'sales_lines' AS table_name,
        MAX(received_at) AS newest_record_at
    FROM sales.sales_lines
),

published AS (
    SELECT
        layer,
        table_name,
        delta_version,
        published_at
    FROM ops.publications
    QUALIFY ROW_NUMBER() OVER (PARTITION BY layer, table_name ORDER BY published_at DESC, delta_version DESC) = 1
)

SELECT
    COALESCE(newest.layer, published.layer) AS layer,
    COALESCE(newest.table_name, published.table_name) AS table_name,
    newest.newest_record_at,
    DATEDIFF(
        'second', newest.newest_record_at, CONVERT_TIMEZONE('UTC', CURRENT_TIMESTAMP())::TIMESTAMP_NTZ
    ) AS record_age_seconds,
    published.delta_version,
    published.published_at
FROM newest
FULL OUTER JOIN published
    ON newest.layer = published.layer AND newest.table_name = published.table_name
ORDER BY layer, table_name;
