-- Rendered from contract gold.basket_pairs 1.0.0; `retail warehouse render` writes it.
-- Grain: one row per pair of products, the lower product_id first.
USE ROLE "{{ prefix }}_LOADER";
USE DATABASE "{{ database }}";

{% if lake_tables == 'iceberg' %}
CREATE ICEBERG TABLE IF NOT EXISTS "LANDING"."GOLD_BASKET_PAIRS_ICEBERG"
EXTERNAL_VOLUME = '{{ external_volume }}'
CATALOG = '{{ catalog_integration }}'
BASE_LOCATION = 'gold/basket_pairs/'
AUTO_REFRESH = FALSE
COMMENT = 'Which goods are bought together, for promotions and shelves. Grain: one row per pair of products, the lower product_id first. Contract 1.0.0.';
{% else %}
CREATE EXTERNAL TABLE IF NOT EXISTS "LANDING"."GOLD_BASKET_PAIRS" (
  "PRODUCT_ID" VARCHAR AS (VALUE:"product_id"::VARCHAR),
  "PAIRED_PRODUCT_ID" VARCHAR AS (VALUE:"paired_product_id"::VARCHAR),
  "AS_OF_DATE" DATE AS (VALUE:"as_of_date"::DATE),
  "BASKET_COUNT" NUMBER(19, 0) AS (VALUE:"basket_count"::NUMBER(19, 0)),
  "PRODUCT_BASKET_COUNT" NUMBER(19, 0) AS (VALUE:"product_basket_count"::NUMBER(19, 0)),
  "PAIRED_BASKET_COUNT" NUMBER(19, 0) AS (VALUE:"paired_basket_count"::NUMBER(19, 0)),
  "TOTAL_BASKET_COUNT" NUMBER(19, 0) AS (VALUE:"total_basket_count"::NUMBER(19, 0)),
  "SUPPORT" NUMBER(18, 6) AS (VALUE:"support"::NUMBER(18, 6)),
  "CONFIDENCE" NUMBER(18, 6) AS (VALUE:"confidence"::NUMBER(18, 6)),
  "REVERSE_CONFIDENCE" NUMBER(18, 6) AS (VALUE:"reverse_confidence"::NUMBER(18, 6)),
  "LIFT" NUMBER(18, 6) AS (VALUE:"lift"::NUMBER(18, 6)),
  "UNKNOWN_SHARE" NUMBER(18, 6) AS (VALUE:"unknown_share"::NUMBER(18, 6))
)
LOCATION = @"LANDING"."GOLD_STAGE"/basket_pairs/
REFRESH_ON_CREATE = FALSE
AUTO_REFRESH = FALSE
FILE_FORMAT = (FORMAT_NAME = 'LANDING.PARQUET_LOGICAL')
TABLE_FORMAT = DELTA
COMMENT = 'Which goods are bought together, for promotions and shelves. Grain: one row per pair of products, the lower product_id first. Contract 1.0.0.';
{% endif %}
USE ROLE "{{ prefix }}_ENGINEER";

CREATE OR REPLACE SECURE VIEW "GOLD"."BASKET_PAIRS" (
  "PRODUCT_ID" COMMENT 'The one product (dim_product).',
  "PAIRED_PRODUCT_ID" COMMENT 'The other product; its id is the higher one.',
  "AS_OF_DATE" COMMENT 'Newest business day of the baskets.',
  "BASKET_COUNT" COMMENT 'Baskets with both.',
  "PRODUCT_BASKET_COUNT" COMMENT 'Baskets with product_id.',
  "PAIRED_BASKET_COUNT" COMMENT 'Baskets with paired_product_id.',
  "TOTAL_BASKET_COUNT" COMMENT 'All baskets with merchandise.',
  "SUPPORT" COMMENT 'Share of baskets with both: basket_count / total_basket_count.',
  "CONFIDENCE" COMMENT 'Share of the baskets with product_id that hold paired_product_id too.',
  "REVERSE_CONFIDENCE" COMMENT 'Share of the baskets with paired_product_id that hold product_id too.',
  "LIFT" COMMENT 'Ratio of support to what it would be if both were bought independently; above 1 they attract.',
  "UNKNOWN_SHARE" COMMENT 'Share of all baskets that name no known customer; equal on all rows.'
)
COPY GRANTS
COMMENT = 'Which goods are bought together, for promotions and shelves. Grain: one row per pair of products, the lower product_id first. Contract 1.0.0.'
AS
SELECT
{% if lake_tables == 'iceberg' %}
  "PRODUCT_ID",
  "PAIRED_PRODUCT_ID",
  "AS_OF_DATE",
  "BASKET_COUNT",
  "PRODUCT_BASKET_COUNT",
  "PAIRED_BASKET_COUNT",
  "TOTAL_BASKET_COUNT",
  "SUPPORT",
  "CONFIDENCE",
  "REVERSE_CONFIDENCE",
  "LIFT",
  "UNKNOWN_SHARE"
FROM "LANDING"."GOLD_BASKET_PAIRS_ICEBERG";
{% else %}
  "PRODUCT_ID",
  "PAIRED_PRODUCT_ID",
  "AS_OF_DATE",
  "BASKET_COUNT",
  "PRODUCT_BASKET_COUNT",
  "PAIRED_BASKET_COUNT",
  "TOTAL_BASKET_COUNT",
  "SUPPORT",
  "CONFIDENCE",
  "REVERSE_CONFIDENCE",
  "LIFT",
  "UNKNOWN_SHARE"
FROM "LANDING"."GOLD_BASKET_PAIRS";
{% endif %}
