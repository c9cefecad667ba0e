-- Rendered from contract ops.quality_results 1.0.0; `retail warehouse render` writes it.
-- Grain: one row per check, table and rule.
USE ROLE "{{ prefix }}_LOADER";
USE DATABASE "{{ database }}";

{% if lake_tables == 'iceberg' %}
CREATE ICEBERG TABLE IF NOT EXISTS "LANDING"."OPS_QUALITY_RESULTS_ICEBERG"
EXTERNAL_VOLUME = '{{ external_volume }}'
CATALOG = '{{ catalog_integration }}'
BASE_LOCATION = 'ops/quality_results/'
AUTO_REFRESH = FALSE
COMMENT = 'What each check of a table found, rule by rule. Append-only; written by the checker alone. Grain: one row per check, table and rule. Contract 1.0.0.';
{% else %}
CREATE EXTERNAL TABLE IF NOT EXISTS "LANDING"."OPS_QUALITY_RESULTS" (
  "CHECK_ID" VARCHAR AS (VALUE:"check_id"::VARCHAR),
  "TABLE_NAME" VARCHAR AS (VALUE:"table_name"::VARCHAR),
  "RULE_ID" VARCHAR AS (VALUE:"rule_id"::VARCHAR),
  "CHECKED_AT" TIMESTAMP_NTZ(6) AS (VALUE:"checked_at"::TIMESTAMP_NTZ(6)),
  "KIND" VARCHAR AS (VALUE:"kind"::VARCHAR),
  "SEVERITY" VARCHAR AS (VALUE:"severity"::VARCHAR),
  "IS_FAILED" BOOLEAN AS (VALUE:"is_failed"::BOOLEAN),
  "CHECKED_COUNT" NUMBER(19, 0) AS (VALUE:"checked_count"::NUMBER(19, 0)),
  "FAILED_COUNT" NUMBER(19, 0) AS (VALUE:"failed_count"::NUMBER(19, 0)),
  "EXAMPLES" ARRAY AS (VALUE:"examples"::ARRAY),
  "DESCRIPTION" VARCHAR AS (VALUE:"description"::VARCHAR),
  "IS_WHOLE" BOOLEAN AS (VALUE:"is_whole"::BOOLEAN),
  "TABLE_VERSION" NUMBER(19, 0) AS (VALUE:"table_version"::NUMBER(19, 0)),
  "CONTRACT_VERSION" VARCHAR AS (VALUE:"contract_version"::VARCHAR)
)
LOCATION = @"LANDING"."OPS_STAGE"/quality_results/
REFRESH_ON_CREATE = FALSE
AUTO_REFRESH = FALSE
FILE_FORMAT = (FORMAT_NAME = 'LANDING.PARQUET_LOGICAL')
TABLE_FORMAT = DELTA
COMMENT = 'What each check of a table found, rule by rule. Append-only; written by the checker alone. Grain: one row per check, table and rule. Contract 1.0.0.';
{% endif %}
USE ROLE "{{ prefix }}_ENGINEER";

CREATE OR REPLACE SECURE VIEW "OPS"."QUALITY_RESULTS" (
  "CHECK_ID" COMMENT 'Run of the checker, <UTC time>-<random>; sorts by time.',
  "TABLE_NAME" COMMENT '<layer>.<table> that was checked.',
  "RULE_ID" COMMENT 'Rule of the contract; the same id in the stream and over the table.',
  "CHECKED_AT" COMMENT 'When the check began (UTC instant).',
  "KIND" COMMENT 'row: asked of each row; set: a query over the table and its neighbours.',
  "SEVERITY" COMMENT 'error closes the gate of the table, warning reports.',
  "IS_FAILED" COMMENT 'Whether something broke the rule.',
  "CHECKED_COUNT" COMMENT 'Rows of the table that were looked at.',
  "FAILED_COUNT" COMMENT 'Rows (row rules) or findings (set rules) that broke the rule.',
  "EXAMPLES" COMMENT 'At most five of them, as JSON: the primary key of the row, or what the query found.',
  "DESCRIPTION" COMMENT 'What the rule expects.',
  "IS_WHOLE" COMMENT 'The whole table was checked, not only what changed since the check before.',
  "TABLE_VERSION" COMMENT 'Delta version of the table that was checked.',
  "CONTRACT_VERSION" COMMENT 'Version of the contract of the table.'
)
COPY GRANTS
COMMENT = 'What each check of a table found, rule by rule. Append-only; written by the checker alone. Grain: one row per check, table and rule. Contract 1.0.0.'
AS
SELECT
{% if lake_tables == 'iceberg' %}
  "CHECK_ID",
  "TABLE_NAME",
  "RULE_ID",
  CONVERT_TIMEZONE('UTC', "CHECKED_AT")::TIMESTAMP_NTZ(6) AS "CHECKED_AT",
  "KIND",
  "SEVERITY",
  "IS_FAILED",
  "CHECKED_COUNT",
  "FAILED_COUNT",
  "EXAMPLES",
  "DESCRIPTION",
  "IS_WHOLE",
  "TABLE_VERSION",
  "CONTRACT_VERSION"
FROM "LANDING"."OPS_QUALITY_RESULTS_ICEBERG";
{% else %}
  "CHECK_ID",
  "TABLE_NAME",
  "RULE_ID",
  "CHECKED_AT",
  "KIND",
  "SEVERITY",
  "IS_FAILED",
  "CHECKED_COUNT",
  "FAILED_COUNT",
  "EXAMPLES",
  "DESCRIPTION",
  "IS_WHOLE",
  "TABLE_VERSION",
  "CONTRACT_VERSION"
FROM "LANDING"."OPS_QUALITY_RESULTS";
{% endif %}
