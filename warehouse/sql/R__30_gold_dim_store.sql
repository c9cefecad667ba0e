-- Rendered from contract gold.dim_store 1.0.0; `retail warehouse render` writes it.
-- Grain: one row per store.
USE ROLE "{{ prefix }}_LOADER";
USE DATABASE "{{ database }}";

{% if lake_tables == 'iceberg' %}
CREATE ICEBERG TABLE IF NOT EXISTS "LANDING"."GOLD_DIM_STORE_ICEBERG"
EXTERNAL_VOLUME = '{{ external_volume }}'
CATALOG = '{{ catalog_integration }}'
BASE_LOCATION = 'gold/dim_store/'
AUTO_REFRESH = FALSE
COMMENT = 'Store dimension; an unknown store gets an inferred member with its first receipt. Grain: one row per store. Contract 1.0.0.';
{% else %}
CREATE EXTERNAL TABLE IF NOT EXISTS "LANDING"."GOLD_DIM_STORE" (
  "STORE_ID" VARCHAR AS (VALUE:"store_id"::VARCHAR),
  "FIRST_SEEN_AT" TIMESTAMP_NTZ(6) AS (VALUE:"first_seen_at"::TIMESTAMP_NTZ(6)),
  "IS_INFERRED" BOOLEAN AS (VALUE:"is_inferred"::BOOLEAN)
)
LOCATION = @"LANDING"."GOLD_STAGE"/dim_store/
REFRESH_ON_CREATE = FALSE
AUTO_REFRESH = FALSE
FILE_FORMAT = (FORMAT_NAME = 'LANDING.PARQUET_LOGICAL')
TABLE_FORMAT = DELTA
COMMENT = 'Store dimension; an unknown store gets an inferred member with its first receipt. Grain: one row per store. Contract 1.0.0.';
{% endif %}
USE ROLE "{{ prefix }}_ENGINEER";

CREATE OR REPLACE SECURE VIEW "GOLD"."DIM_STORE" (
  "STORE_ID" COMMENT 'Store.',
  "FIRST_SEEN_AT" COMMENT 'When its earliest receipt was closed (UTC instant).',
  "IS_INFERRED" COMMENT 'Known from receipts only, not from master data.'
)
COPY GRANTS
COMMENT = 'Store dimension; an unknown store gets an inferred member with its first receipt. Grain: one row per store. Contract 1.0.0.'
AS
SELECT
{% if lake_tables == 'iceberg' %}
  "STORE_ID",
  CONVERT_TIMEZONE('UTC', "FIRST_SEEN_AT")::TIMESTAMP_NTZ(6) AS "FIRST_SEEN_AT",
  "IS_INFERRED"
FROM "LANDING"."GOLD_DIM_STORE_ICEBERG";
{% else %}
  "STORE_ID",
  "FIRST_SEEN_AT",
  "IS_INFERRED"
FROM "LANDING"."GOLD_DIM_STORE";
{% endif %}
