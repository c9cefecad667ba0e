-- Rendered from contract gold.dim_store 1.2.0; `retail warehouse render` writes it.
-- Grain: one row per store and version.
USE ROLE "{{ prefix }}_LOADER";
USE DATABASE "{{ database }}";

{% if lake_tables == 'iceberg' %}
CREATE ICEBERG TABLE IF NOT EXISTS "LANDING"."GOLD_DIM_STORE_ICEBERG"
EXTERNAL_VOLUME = '{{ external_volume }}'
CATALOG = '{{ catalog_integration }}'
BASE_LOCATION = 'gold/dim_store/'
AUTO_REFRESH = FALSE
COMMENT = 'Store dimension with its history (SCD2); an unknown store gets an inferred member with its first receipt, which master data complete. Grain: one row per store and version. Contract 1.2.0.';
{% else %}
CREATE EXTERNAL TABLE IF NOT EXISTS "LANDING"."GOLD_DIM_STORE" (
  "STORE_KEY" NUMBER(19, 0) AS (VALUE:"store_key"::NUMBER(19, 0)),
  "STORE_ID" VARCHAR AS (VALUE:"store_id"::VARCHAR),
  "STORE_NAME" VARCHAR AS (VALUE:"store_name"::VARCHAR),
  "REGION" VARCHAR AS (VALUE:"region"::VARCHAR),
  "COUNTRY" VARCHAR AS (VALUE:"country"::VARCHAR),
  "ZONE" VARCHAR AS (VALUE:"zone"::VARCHAR),
  "CURRENCY" VARCHAR AS (VALUE:"currency"::VARCHAR),
  "CLOSING_HOUR" NUMBER(10, 0) AS (VALUE:"closing_hour"::NUMBER(10, 0)),
  "VALID_FROM" TIMESTAMP_NTZ(6) AS (VALUE:"valid_from"::TIMESTAMP_NTZ(6)),
  "VALID_TO" TIMESTAMP_NTZ(6) AS (VALUE:"valid_to"::TIMESTAMP_NTZ(6)),
  "IS_CURRENT" BOOLEAN AS (VALUE:"is_current"::BOOLEAN),
  "FIRST_SEEN_AT" TIMESTAMP_NTZ(6) AS (VALUE:"first_seen_at"::TIMESTAMP_NTZ(6)),
  "IS_INFERRED" BOOLEAN AS (VALUE:"is_inferred"::BOOLEAN)
)
LOCATION = @"LANDING"."GOLD_STAGE"/dim_store/
REFRESH_ON_CREATE = FALSE
AUTO_REFRESH = FALSE
FILE_FORMAT = (FORMAT_NAME = 'LANDING.PARQUET_LOGICAL')
TABLE_FORMAT = DELTA
COMMENT = 'Store dimension with its history (SCD2); an unknown store gets an inferred member with its first receipt, which master data complete. Grain: one row per store and version. Contract 1.2.0.';
{% endif %}
USE ROLE "{{ prefix }}_ENGINEER";

CREATE OR REPLACE SECURE VIEW "GOLD"."DIM_STORE" (
  "STORE_KEY" COMMENT 'Key of the version, xxhash64 of store_id and valid_from.',
  "STORE_ID" COMMENT 'Store.',
  "STORE_NAME" COMMENT 'Name of the store; null while inferred.',
  "REGION" COMMENT 'Sales region.',
  "COUNTRY" COMMENT 'Country.',
  "ZONE" COMMENT 'IANA time zone of the store.',
  "CURRENCY" COMMENT 'ISO 4217 code of the currency that the store sells in.',
  "CLOSING_HOUR" COMMENT 'Local hour at which the business day ends.',
  "VALID_FROM" COMMENT 'First instant at which the version holds (UTC); 1900 for the first one of a member, so that a sale before its master data has a version.',
  "VALID_TO" COMMENT 'Instant at which the next version takes over (UTC); null for the last one.',
  "IS_CURRENT" COMMENT 'The last version; it may hold from a day that is still to come.',
  "FIRST_SEEN_AT" COMMENT 'When its earliest receipt was closed (UTC instant); null where master data tell of the member.',
  "IS_INFERRED" COMMENT 'Known from receipts only, not from master data.'
)
COPY GRANTS
COMMENT = 'Store dimension with its history (SCD2); an unknown store gets an inferred member with its first receipt, which master data complete. Grain: one row per store and version. Contract 1.2.0.'
AS
SELECT
{% if lake_tables == 'iceberg' %}
  "STORE_KEY",
  "STORE_ID",
  "STORE_NAME",
  "REGION",
  "COUNTRY",
  "ZONE",
  "CURRENCY",
  "CLOSING_HOUR",
  CONVERT_TIMEZONE('UTC', "VALID_FROM")::TIMESTAMP_NTZ(6) AS "VALID_FROM",
  CONVERT_TIMEZONE('UTC', "VALID_TO")::TIMESTAMP_NTZ(6) AS "VALID_TO",
  "IS_CURRENT",
  CONVERT_TIMEZONE('UTC', "FIRST_SEEN_AT")::TIMESTAMP_NTZ(6) AS "FIRST_SEEN_AT",
  "IS_INFERRED"
FROM "LANDING"."GOLD_DIM_STORE_ICEBERG";
{% else %}
  "STORE_KEY",
  "STORE_ID",
  "STORE_NAME",
  "REGION",
  "COUNTRY",
  "ZONE",
  "CURRENCY",
  "CLOSING_HOUR",
  "VALID_FROM",
  "VALID_TO",
  "IS_CURRENT",
  "FIRST_SEEN_AT",
  "IS_INFERRED"
FROM "LANDING"."GOLD_DIM_STORE";
{% endif %}
