-- Rendered from contract gold.agg_sales_hourly 1.0.0; `retail warehouse render` writes it.
-- Grain: one row per store, currency, business date and start of the store-local hour.
USE ROLE "{{ prefix }}_LOADER";
USE DATABASE "{{ database }}";

{% if lake_tables == 'iceberg' %}
CREATE ICEBERG TABLE IF NOT EXISTS "LANDING"."GOLD_AGG_SALES_HOURLY_ICEBERG"
EXTERNAL_VOLUME = '{{ external_volume }}'
CATALOG = '{{ catalog_integration }}'
BASE_LOCATION = 'gold/agg_sales_hourly/'
AUTO_REFRESH = FALSE
COMMENT = 'Sales by store and hour, for dashboards that must answer at once. Grain: one row per store, currency, business date and start of the store-local hour. Contract 1.0.0.';
{% else %}
CREATE EXTERNAL TABLE IF NOT EXISTS "LANDING"."GOLD_AGG_SALES_HOURLY" (
  "STORE_ID" VARCHAR AS (VALUE:"store_id"::VARCHAR),
  "CURRENCY" VARCHAR AS (VALUE:"currency"::VARCHAR),
  "BUSINESS_DATE" DATE AS (SPLIT_PART(SPLIT_PART(METADATA$FILENAME, 'business_date=', 2), '/', 1)::DATE),
  "HOUR_START_AT" TIMESTAMP_NTZ(6) AS (VALUE:"hour_start_at"::TIMESTAMP_NTZ(6)),
  "LOCAL_HOUR" NUMBER(10, 0) AS (VALUE:"local_hour"::NUMBER(10, 0)),
  "RECEIPT_COUNT" NUMBER(19, 0) AS (VALUE:"receipt_count"::NUMBER(19, 0)),
  "LINE_COUNT" NUMBER(19, 0) AS (VALUE:"line_count"::NUMBER(19, 0)),
  "UNITS" NUMBER(22, 3) AS (VALUE:"units"::NUMBER(22, 3)),
  "DISCOUNT" NUMBER(28, 4) AS (VALUE:"discount"::NUMBER(28, 4)),
  "TAX" NUMBER(28, 4) AS (VALUE:"tax"::NUMBER(28, 4)),
  "NET_AMOUNT" NUMBER(28, 4) AS (VALUE:"net_amount"::NUMBER(28, 4)),
  "RETURN_NET_AMOUNT" NUMBER(28, 4) AS (VALUE:"return_net_amount"::NUMBER(28, 4))
)
PARTITION BY ("BUSINESS_DATE")
LOCATION = @"LANDING"."GOLD_STAGE"/agg_sales_hourly/
REFRESH_ON_CREATE = FALSE
AUTO_REFRESH = FALSE
FILE_FORMAT = (FORMAT_NAME = 'LANDING.PARQUET_LOGICAL')
TABLE_FORMAT = DELTA
COMMENT = 'Sales by store and hour, for dashboards that must answer at once. Grain: one row per store, currency, business date and start of the store-local hour. Contract 1.0.0.';
{% endif %}
USE ROLE "{{ prefix }}_ENGINEER";

CREATE OR REPLACE SECURE VIEW "GOLD"."AGG_SALES_HOURLY" (
  "STORE_ID" COMMENT 'Store (dim_store).',
  "CURRENCY" COMMENT 'ISO 4217 code of the amounts.',
  "BUSINESS_DATE" COMMENT 'Business day of the store.',
  "HOUR_START_AT" COMMENT 'Start of the store-local hour (UTC instant).',
  "LOCAL_HOUR" COMMENT 'Hour on the wall clock of the store, 0 to 23.',
  "RECEIPT_COUNT" COMMENT 'Receipts with at least one line that counts.',
  "LINE_COUNT" COMMENT 'Lines.',
  "UNITS" COMMENT 'Sum of quantity, signed.',
  "DISCOUNT" COMMENT 'Sum of discount, ex tax.',
  "TAX" COMMENT 'Sum of tax.',
  "NET_AMOUNT" COMMENT 'Sum of net_amount, ex tax, signed.',
  "RETURN_NET_AMOUNT" COMMENT 'Part of net_amount on RETURN lines, ex tax, not positive.'
)
COPY GRANTS
COMMENT = 'Sales by store and hour, for dashboards that must answer at once. Grain: one row per store, currency, business date and start of the store-local hour. Contract 1.0.0.'
AS
SELECT
{% if lake_tables == 'iceberg' %}
  "STORE_ID",
  "CURRENCY",
  "BUSINESS_DATE",
  CONVERT_TIMEZONE('UTC', "HOUR_START_AT")::TIMESTAMP_NTZ(6) AS "HOUR_START_AT",
  "LOCAL_HOUR",
  "RECEIPT_COUNT",
  "LINE_COUNT",
  "UNITS",
  "DISCOUNT",
  "TAX",
  "NET_AMOUNT",
  "RETURN_NET_AMOUNT"
FROM "LANDING"."GOLD_AGG_SALES_HOURLY_ICEBERG";
{% else %}
  "STORE_ID",
  "CURRENCY",
  "BUSINESS_DATE",
  "HOUR_START_AT",
  "LOCAL_HOUR",
  "RECEIPT_COUNT",
  "LINE_COUNT",
  "UNITS",
  "DISCOUNT",
  "TAX",
  "NET_AMOUNT",
  "RETURN_NET_AMOUNT"
FROM "LANDING"."GOLD_AGG_SALES_HOURLY";
{% endif %}
