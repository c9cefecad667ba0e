-- May each table be published? The newest verdict on each; closed gates first.
SELECT
    table_name,
    is_open,
    since_at,
    checked_at,
    rule_count,
    checked_count,
    rule_ids,
    warning_ids,
    table_version
FROM ops.gates
QUALIFY ROW_NUMBER() OVER (PARTITION BY table_name ORDER BY checked_at DESC, check_id DESC) = 1
ORDER BY is_open, table_name;

-- Which rules failed in the newest check of each table, and on how many rows?
SELECT
    table_name,
    rule_id,
    severity,
    failed_count,
    checked_count,
    (failed_count / NULLIF(checked_count, 0))::NUMBER(18, 6) AS failed_share,
    description,
    checked_at
FROM ops.quality_results
QUALIFY
    RANK() OVER (PARTITION BY table_name ORDER BY checked_at DESC, check_id DESC) = 1
    AND is_failed
ORDER BY severity, failed_count DESC, table_name, rule_id;

-- Which rules fail again and again? Checks and failures of each rule that ever failed, with its last failure.
SELECT
    table_name,
    rule_id,
    severity,
    COUNT(*) AS checks,
    COUNT_IF(is_failed) AS failed_checks,
    SUM(failed_count) AS failed_rows,
    MAX(IFF(is_failed, checked_at, NULL)) AS last_failed_at
FROM ops.quality_results
GROUP BY table_name, rule_id, severity
HAVING COUNT_IF(is_failed) > 0
ORDER BY failed_checks DESC, table_name, rule_id;

-- Which rules refuse records at the door? A record that breaks several counts under each.
SELECT
    refused.topic,
    broken.value::VARCHAR AS rule_id,
    COUNT(*) AS records,
    MIN(refused.received_at) AS first_received_at,
    MAX(refused.received_at) AS last_received_at
FROM ops.quarantine AS refused,
    LATERAL FLATTEN(input => refused.rule_ids) AS broken
GROUP BY refused.topic, broken.value::VARCHAR
ORDER BY records DESC, refused.topic, rule_id;

-- How many records were refused on each day, and how does that compare with the day before?
SELECT
    topic,
    received_at::DATE AS received_date,
    COUNT(*) AS records,
    COUNT(*) - LAG(COUNT(*)) OVER (PARTITION BY topic ORDER BY received_at::DATE) AS change
FROM ops.quarantine
GROUP BY topic, received_at::DATE
ORDER BY topic, received_date;

-- What did the last twenty batches of each topic do, and what share of their records was refused or came twice?
SELECT
    topic,
    checkpoint_id,
    batch_id,
    SUM(received) AS received,
    SUM(duplicate) AS duplicate,
    SUM(quarantined) AS quarantined,
    (SUM(duplicate) / NULLIF(SUM(received), 0))::NUMBER(18, 6) AS duplicate_share,
    (SUM(quarantined) / NULLIF(SUM(received), 0))::NUMBER(18, 6) AS quarantined_share,
    SUM(with_warnings) AS with_warnings,
    SUM(with_unknown_fields) AS with_unknown_fields
FROM ops.ledger
GROUP BY topic, checkpoint_id, batch_id
QUALIFY ROW_NUMBER() OVER (PARTITION BY topic ORDER BY batch_id DESC, checkpoint_id ASC) <= 20
ORDER BY topic, batch_id DESC, checkpoint_id;
