-- Rendered from contract gold.dim_product 1.0.0; `retail warehouse render` writes it.
-- Grain: one row per product.
USE ROLE "{{ prefix }}_LOADER";
USE DATABASE "{{ database }}";

{% if lake_tables == 'iceberg' %}
CREATE ICEBERG TABLE IF NOT EXISTS "LANDING"."GOLD_DIM_PRODUCT_ICEBERG"
EXTERNAL_VOLUME = '{{ external_volume }}'
CATALOG = '{{ catalog_integration }}'
BASE_LOCATION = 'gold/dim_product/'
AUTO_REFRESH = FALSE
COMMENT = 'Product dimension; an unknown product gets an inferred member with its first sale. Grain: one row per product. Contract 1.0.0.';
{% else %}
CREATE EXTERNAL TABLE IF NOT EXISTS "LANDING"."GOLD_DIM_PRODUCT" (
  "PRODUCT_ID" VARCHAR AS (VALUE:"product_id"::VARCHAR),
  "DESCRIPTION" VARCHAR AS (VALUE:"description"::VARCHAR),
  "FIRST_SEEN_AT" TIMESTAMP_NTZ(6) AS (VALUE:"first_seen_at"::TIMESTAMP_NTZ(6)),
  "FIRST_EVENT_ID" VARCHAR AS (VALUE:"first_event_id"::VARCHAR),
  "FIRST_LINE_SEQ" NUMBER(10, 0) AS (VALUE:"first_line_seq"::NUMBER(10, 0)),
  "IS_INFERRED" BOOLEAN AS (VALUE:"is_inferred"::BOOLEAN)
)
LOCATION = @"LANDING"."GOLD_STAGE"/dim_product/
REFRESH_ON_CREATE = FALSE
AUTO_REFRESH = FALSE
FILE_FORMAT = (FORMAT_NAME = 'LANDING.PARQUET_LOGICAL')
TABLE_FORMAT = DELTA
COMMENT = 'Product dimension; an unknown product gets an inferred member with its first sale. Grain: one row per product. Contract 1.0.0.';
{% endif %}
USE ROLE "{{ prefix }}_ENGINEER";

CREATE OR REPLACE SECURE VIEW "GOLD"."DIM_PRODUCT" (
  "PRODUCT_ID" COMMENT 'Product code.',
  "DESCRIPTION" COMMENT 'Text on its earliest receipt; the lowest event and line decide between equal instants.',
  "FIRST_SEEN_AT" COMMENT 'When its earliest receipt was closed (UTC instant).',
  "FIRST_EVENT_ID" COMMENT 'Event of that receipt.',
  "FIRST_LINE_SEQ" COMMENT 'Line on that receipt.',
  "IS_INFERRED" COMMENT 'Known from receipts only, not from master data.'
)
COPY GRANTS
COMMENT = 'Product dimension; an unknown product gets an inferred member with its first sale. Grain: one row per product. Contract 1.0.0.'
AS
SELECT
{% if lake_tables == 'iceberg' %}
  "PRODUCT_ID",
  "DESCRIPTION",
  CONVERT_TIMEZONE('UTC', "FIRST_SEEN_AT")::TIMESTAMP_NTZ(6) AS "FIRST_SEEN_AT",
  "FIRST_EVENT_ID",
  "FIRST_LINE_SEQ",
  "IS_INFERRED"
FROM "LANDING"."GOLD_DIM_PRODUCT_ICEBERG";
{% else %}
  "PRODUCT_ID",
  "DESCRIPTION",
  "FIRST_SEEN_AT",
  "FIRST_EVENT_ID",
  "FIRST_LINE_SEQ",
  "IS_INFERRED"
FROM "LANDING"."GOLD_DIM_PRODUCT";
{% endif %}
