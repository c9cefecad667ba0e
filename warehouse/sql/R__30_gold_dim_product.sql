-- Rendered from contract gold.dim_product 1.2.0; `retail warehouse render` writes it.
-- Grain: one row per product and version.
USE ROLE "{{ prefix }}_LOADER";
USE DATABASE "{{ database }}";

{% if lake_tables == 'iceberg' %}
CREATE ICEBERG TABLE IF NOT EXISTS "LANDING"."GOLD_DIM_PRODUCT_ICEBERG"
EXTERNAL_VOLUME = '{{ external_volume }}'
CATALOG = '{{ catalog_integration }}'
BASE_LOCATION = 'gold/dim_product/'
AUTO_REFRESH = FALSE
COMMENT = 'Product dimension with its history (SCD2); an unknown product gets an inferred member with its first sale, which master data complete. Grain: one row per product and version. Contract 1.2.0.';
{% else %}
CREATE EXTERNAL TABLE IF NOT EXISTS "LANDING"."GOLD_DIM_PRODUCT" (
  "PRODUCT_KEY" NUMBER(19, 0) AS (VALUE:"product_key"::NUMBER(19, 0)),
  "PRODUCT_ID" VARCHAR AS (VALUE:"product_id"::VARCHAR),
  "DESCRIPTION" VARCHAR AS (VALUE:"description"::VARCHAR),
  "CATEGORY" VARCHAR AS (VALUE:"category"::VARCHAR),
  "DEPARTMENT" VARCHAR AS (VALUE:"department"::VARCHAR),
  "BRAND" VARCHAR AS (VALUE:"brand"::VARCHAR),
  "UOM" VARCHAR AS (VALUE:"uom"::VARCHAR),
  "UNIT_COST" NUMBER(18, 4) AS (VALUE:"unit_cost"::NUMBER(18, 4)),
  "CURRENCY" VARCHAR AS (VALUE:"currency"::VARCHAR),
  "LIST_PRICE" NUMBER(18, 4) AS (VALUE:"list_price"::NUMBER(18, 4)),
  "LEAD_TIME_DAYS" NUMBER(10, 0) AS (VALUE:"lead_time_days"::NUMBER(10, 0)),
  "SAFETY_STOCK" NUMBER(12, 3) AS (VALUE:"safety_stock"::NUMBER(12, 3)),
  "IS_ACTIVE" BOOLEAN AS (VALUE:"is_active"::BOOLEAN),
  "VALID_FROM" TIMESTAMP_NTZ(6) AS (VALUE:"valid_from"::TIMESTAMP_NTZ(6)),
  "VALID_TO" TIMESTAMP_NTZ(6) AS (VALUE:"valid_to"::TIMESTAMP_NTZ(6)),
  "IS_CURRENT" BOOLEAN AS (VALUE:"is_current"::BOOLEAN),
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
COMMENT = 'Product dimension with its history (SCD2); an unknown product gets an inferred member with its first sale, which master data complete. Grain: one row per product and version. Contract 1.2.0.';
{% endif %}
USE ROLE "{{ prefix }}_ENGINEER";

CREATE OR REPLACE SECURE VIEW "GOLD"."DIM_PRODUCT" (
  "PRODUCT_KEY" COMMENT 'Key of the version, xxhash64 of product_id and valid_from.',
  "PRODUCT_ID" COMMENT 'Product code.',
  "DESCRIPTION" COMMENT 'Text of the product; of an inferred one that of its earliest receipt, the lowest event and line decide between equal instants.',
  "CATEGORY" COMMENT 'Category of goods; null while inferred.',
  "DEPARTMENT" COMMENT 'Department that the category belongs to.',
  "BRAND" COMMENT 'Brand.',
  "UOM" COMMENT 'Unit of measure.',
  "UNIT_COST" COMMENT 'Cost per unit ex tax; null where unknown.',
  "CURRENCY" COMMENT 'ISO 4217 code of unit_cost and list_price.',
  "LIST_PRICE" COMMENT 'Regular price per unit ex tax.',
  "LEAD_TIME_DAYS" COMMENT 'Days from order to delivery.',
  "SAFETY_STOCK" COMMENT 'Stock that is kept against surprises.',
  "IS_ACTIVE" COMMENT 'Whether it is sold; null while inferred.',
  "VALID_FROM" COMMENT 'First instant at which the version holds (UTC); 1900 for the first one of a member, so that a sale before its master data has a version.',
  "VALID_TO" COMMENT 'Instant at which the next version takes over (UTC); null for the last one.',
  "IS_CURRENT" COMMENT 'The last version; it may hold from a day that is still to come.',
  "FIRST_SEEN_AT" COMMENT 'When its earliest receipt was closed (UTC instant); null where master data tell of the member.',
  "FIRST_EVENT_ID" COMMENT 'Event of that receipt.',
  "FIRST_LINE_SEQ" COMMENT 'Line on that receipt.',
  "IS_INFERRED" COMMENT 'Known from receipts only, not from master data.'
)
COPY GRANTS
COMMENT = 'Product dimension with its history (SCD2); an unknown product gets an inferred member with its first sale, which master data complete. Grain: one row per product and version. Contract 1.2.0.'
AS
SELECT
{% if lake_tables == 'iceberg' %}
  "PRODUCT_KEY",
  "PRODUCT_ID",
  "DESCRIPTION",
  "CATEGORY",
  "DEPARTMENT",
  "BRAND",
  "UOM",
  "UNIT_COST",
  "CURRENCY",
  "LIST_PRICE",
  "LEAD_TIME_DAYS",
  "SAFETY_STOCK",
  "IS_ACTIVE",
  CONVERT_TIMEZONE('UTC', "VALID_FROM")::TIMESTAMP_NTZ(6) AS "VALID_FROM",
  CONVERT_TIMEZONE('UTC', "VALID_TO")::TIMESTAMP_NTZ(6) AS "VALID_TO",
  "IS_CURRENT",
  CONVERT_TIMEZONE('UTC', "FIRST_SEEN_AT")::TIMESTAMP_NTZ(6) AS "FIRST_SEEN_AT",
  "FIRST_EVENT_ID",
  "FIRST_LINE_SEQ",
  "IS_INFERRED"
FROM "LANDING"."GOLD_DIM_PRODUCT_ICEBERG";
{% else %}
  "PRODUCT_KEY",
  "PRODUCT_ID",
  "DESCRIPTION",
  "CATEGORY",
  "DEPARTMENT",
  "BRAND",
  "UOM",
  "UNIT_COST",
  "CURRENCY",
  "LIST_PRICE",
  "LEAD_TIME_DAYS",
  "SAFETY_STOCK",
  "IS_ACTIVE",
  "VALID_FROM",
  "VALID_TO",
  "IS_CURRENT",
  "FIRST_SEEN_AT",
  "FIRST_EVENT_ID",
  "FIRST_LINE_SEQ",
  "IS_INFERRED"
FROM "LANDING"."GOLD_DIM_PRODUCT";
{% endif %}
