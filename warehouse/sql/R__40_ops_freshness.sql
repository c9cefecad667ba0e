-- Rendered from contract ops.freshness 1.0.0; `retail warehouse render` writes it.
-- Grain: one row per layer and UTC minute in which rows were committed.
USE ROLE "{{ prefix }}_LOADER";
USE DATABASE "{{ database }}";

{% if lake_tables == 'iceberg' %}
CREATE ICEBERG TABLE IF NOT EXISTS "LANDING"."OPS_FRESHNESS_ICEBERG"
EXTERNAL_VOLUME = '{{ external_volume }}'
CATALOG = '{{ catalog_integration }}'
BASE_LOCATION = 'ops/freshness/'
AUTO_REFRESH = FALSE
COMMENT = 'How old the newest sale was when each layer showed it. Append-only; written by the observer alone. A minute without a row brought nothing to that layer. Grain: one row per layer and UTC minute in which rows were committed. Contract 1.0.0.';
{% else %}
CREATE EXTERNAL TABLE IF NOT EXISTS "LANDING"."OPS_FRESHNESS" (
  "LAYER" VARCHAR AS (VALUE:"layer"::VARCHAR),
  "MINUTE_AT" TIMESTAMP_NTZ(6) AS (VALUE:"minute_at"::TIMESTAMP_NTZ(6)),
  "NEWEST_PRODUCED_AT" TIMESTAMP_NTZ(6) AS (VALUE:"newest_produced_at"::TIMESTAMP_NTZ(6)),
  "COMMITTED_AT" TIMESTAMP_NTZ(6) AS (VALUE:"committed_at"::TIMESTAMP_NTZ(6)),
  "LAG_MILLIS" NUMBER(19, 0) AS (VALUE:"lag_millis"::NUMBER(19, 0)),
  "SLOWEST_LAG_MILLIS" NUMBER(19, 0) AS (VALUE:"slowest_lag_millis"::NUMBER(19, 0)),
  "COMMIT_COUNT" NUMBER(19, 0) AS (VALUE:"commit_count"::NUMBER(19, 0)),
  "IS_CANARY" BOOLEAN AS (VALUE:"is_canary"::BOOLEAN)
)
LOCATION = @"LANDING"."OPS_STAGE"/freshness/
REFRESH_ON_CREATE = FALSE
AUTO_REFRESH = FALSE
FILE_FORMAT = (FORMAT_NAME = 'LANDING.PARQUET_LOGICAL')
TABLE_FORMAT = DELTA
COMMENT = 'How old the newest sale was when each layer showed it. Append-only; written by the observer alone. A minute without a row brought nothing to that layer. Grain: one row per layer and UTC minute in which rows were committed. Contract 1.0.0.';
{% endif %}
USE ROLE "{{ prefix }}_ENGINEER";

CREATE OR REPLACE SECURE VIEW "OPS"."FRESHNESS" (
  "LAYER" COMMENT 'Layer of the lake, seen at its table of sales: bronze.sales_data, silver.receipts, gold.fct_receipts.',
  "MINUTE_AT" COMMENT 'Beginning of the minute (UTC instant).',
  "NEWEST_PRODUCED_AT" COMMENT 'When the newest sale of the minute''s last commit was sent (UTC instant); never later than the broker received it, which stands in for a sale that does not say.',
  "COMMITTED_AT" COMMENT 'When the last commit of the minute was made (UTC instant).',
  "LAG_MILLIS" COMMENT 'committed_at less newest_produced_at, in milliseconds.',
  "SLOWEST_LAG_MILLIS" COMMENT 'The largest lag of the minute''s commits, in milliseconds.',
  "COMMIT_COUNT" COMMENT 'Commits of the minute.',
  "IS_CANARY" COMMENT 'No till sold anything: the minute was measured by a canary, a cancelled receipt of store CANARY.'
)
COPY GRANTS
COMMENT = 'How old the newest sale was when each layer showed it. Append-only; written by the observer alone. A minute without a row brought nothing to that layer. Grain: one row per layer and UTC minute in which rows were committed. Contract 1.0.0.'
AS
SELECT
{% if lake_tables == 'iceberg' %}
  "LAYER",
  CONVERT_TIMEZONE('UTC', "MINUTE_AT")::TIMESTAMP_NTZ(6) AS "MINUTE_AT",
  CONVERT_TIMEZONE('UTC', "NEWEST_PRODUCED_AT")::TIMESTAMP_NTZ(6) AS "NEWEST_PRODUCED_AT",
  CONVERT_TIMEZONE('UTC', "COMMITTED_AT")::TIMESTAMP_NTZ(6) AS "COMMITTED_AT",
  "LAG_MILLIS",
  "SLOWEST_LAG_MILLIS",
  "COMMIT_COUNT",
  "IS_CANARY"
FROM "LANDING"."OPS_FRESHNESS_ICEBERG";
{% else %}
  "LAYER",
  "MINUTE_AT",
  "NEWEST_PRODUCED_AT",
  "COMMITTED_AT",
  "LAG_MILLIS",
  "SLOWEST_LAG_MILLIS",
  "COMMIT_COUNT",
  "IS_CANARY"
FROM "LANDING"."OPS_FRESHNESS";
{% endif %}
