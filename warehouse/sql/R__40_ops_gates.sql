-- Rendered from contract ops.gates 1.0.0; `retail warehouse render` writes it.
-- Grain: one row per check and table.
USE ROLE "{{ prefix }}_LOADER";
USE DATABASE "{{ database }}";

{% if lake_tables == 'iceberg' %}
CREATE ICEBERG TABLE IF NOT EXISTS "LANDING"."OPS_GATES_ICEBERG"
EXTERNAL_VOLUME = '{{ external_volume }}'
CATALOG = '{{ catalog_integration }}'
BASE_LOCATION = 'ops/gates/'
AUTO_REFRESH = FALSE
COMMENT = 'Whether a table may be published. The newest row of a table is its gate. Append-only; written by the checker alone. Grain: one row per check and table. Contract 1.0.0.';
{% else %}
CREATE EXTERNAL TABLE IF NOT EXISTS "LANDING"."OPS_GATES" (
  "CHECK_ID" VARCHAR AS (VALUE:"check_id"::VARCHAR),
  "TABLE_NAME" VARCHAR AS (VALUE:"table_name"::VARCHAR),
  "CHECKED_AT" TIMESTAMP_NTZ(6) AS (VALUE:"checked_at"::TIMESTAMP_NTZ(6)),
  "IS_OPEN" BOOLEAN AS (VALUE:"is_open"::BOOLEAN),
  "SINCE_AT" TIMESTAMP_NTZ(6) AS (VALUE:"since_at"::TIMESTAMP_NTZ(6)),
  "RULE_IDS" ARRAY AS (VALUE:"rule_ids"::ARRAY),
  "WARNING_IDS" ARRAY AS (VALUE:"warning_ids"::ARRAY),
  "RULE_COUNT" NUMBER(19, 0) AS (VALUE:"rule_count"::NUMBER(19, 0)),
  "CHECKED_COUNT" NUMBER(19, 0) AS (VALUE:"checked_count"::NUMBER(19, 0)),
  "IS_WHOLE" BOOLEAN AS (VALUE:"is_whole"::BOOLEAN),
  "SCOPE_DATES" ARRAY AS (VALUE:"scope_dates"::ARRAY),
  "TABLE_VERSION" NUMBER(19, 0) AS (VALUE:"table_version"::NUMBER(19, 0)),
  "SOURCE_VERSIONS" ARRAY AS (VALUE:"source_versions"::ARRAY),
  "RULES_ID" VARCHAR AS (VALUE:"rules_id"::VARCHAR),
  "CONTRACT_VERSION" VARCHAR AS (VALUE:"contract_version"::VARCHAR)
)
LOCATION = @"LANDING"."OPS_STAGE"/gates/
REFRESH_ON_CREATE = FALSE
AUTO_REFRESH = FALSE
FILE_FORMAT = (FORMAT_NAME = 'LANDING.PARQUET_LOGICAL')
TABLE_FORMAT = DELTA
COMMENT = 'Whether a table may be published. The newest row of a table is its gate. Append-only; written by the checker alone. Grain: one row per check and table. Contract 1.0.0.';
{% endif %}
USE ROLE "{{ prefix }}_ENGINEER";

CREATE OR REPLACE SECURE VIEW "OPS"."GATES" (
  "CHECK_ID" COMMENT 'Run of the checker, <UTC time>-<random>; sorts by time.',
  "TABLE_NAME" COMMENT '<layer>.<table> that was checked.',
  "CHECKED_AT" COMMENT 'When the check began (UTC instant).',
  "IS_OPEN" COMMENT 'No rule of severity error failed.',
  "SINCE_AT" COMMENT 'Check at which the gate came into this state (UTC instant).',
  "RULE_IDS" COMMENT 'Rules of severity error that failed; empty for an open gate.',
  "WARNING_IDS" COMMENT 'Rules of severity warning that failed.',
  "RULE_COUNT" COMMENT 'Rules that were asked.',
  "CHECKED_COUNT" COMMENT 'Rows that were looked at.',
  "IS_WHOLE" COMMENT 'The whole table was checked.',
  "SCOPE_DATES" COMMENT 'Business dates that were checked; null when the table was checked whole.',
  "TABLE_VERSION" COMMENT 'Delta version of the table that was checked.',
  "SOURCE_VERSIONS" COMMENT 'Delta versions of the tables that its rules compare it with.',
  "RULES_ID" COMMENT 'sha2-256 of the rules that were asked, first 16 hex digits; other rules mean a whole check.',
  "CONTRACT_VERSION" COMMENT 'Version of the contract of the table.'
)
COPY GRANTS
COMMENT = 'Whether a table may be published. The newest row of a table is its gate. Append-only; written by the checker alone. Grain: one row per check and table. Contract 1.0.0.'
AS
SELECT
{% if lake_tables == 'iceberg' %}
  "CHECK_ID",
  "TABLE_NAME",
  CONVERT_TIMEZONE('UTC', "CHECKED_AT")::TIMESTAMP_NTZ(6) AS "CHECKED_AT",
  "IS_OPEN",
  CONVERT_TIMEZONE('UTC', "SINCE_AT")::TIMESTAMP_NTZ(6) AS "SINCE_AT",
  "RULE_IDS",
  "WARNING_IDS",
  "RULE_COUNT",
  "CHECKED_COUNT",
  "IS_WHOLE",
  "SCOPE_DATES",
  "TABLE_VERSION",
  "SOURCE_VERSIONS",
  "RULES_ID",
  "CONTRACT_VERSION"
FROM "LANDING"."OPS_GATES_ICEBERG";
{% else %}
  "CHECK_ID",
  "TABLE_NAME",
  "CHECKED_AT",
  "IS_OPEN",
  "SINCE_AT",
  "RULE_IDS",
  "WARNING_IDS",
  "RULE_COUNT",
  "CHECKED_COUNT",
  "IS_WHOLE",
  "SCOPE_DATES",
  "TABLE_VERSION",
  "SOURCE_VERSIONS",
  "RULES_ID",
  "CONTRACT_VERSION"
FROM "LANDING"."OPS_GATES";
{% endif %}
