-- Rendered from contract gold.inventory_now 1.0.0; `retail warehouse render` writes it.
-- Grain: one row per store and product.
USE ROLE "{{ prefix }}_LOADER";
USE DATABASE "{{ database }}";

{% if lake_tables == 'iceberg' %}
CREATE ICEBERG TABLE IF NOT EXISTS "LANDING"."GOLD_INVENTORY_NOW_ICEBERG"
EXTERNAL_VOLUME = '{{ external_volume }}'
CATALOG = '{{ catalog_integration }}'
BASE_LOCATION = 'gold/inventory_now/'
AUTO_REFRESH = FALSE
COMMENT = 'What is on hand now and how long it lasts, for the one who orders. Grain: one row per store and product. Contract 1.0.0.';
{% else %}
CREATE EXTERNAL TABLE IF NOT EXISTS "LANDING"."GOLD_INVENTORY_NOW" (
  "STORE_ID" VARCHAR AS (VALUE:"store_id"::VARCHAR),
  "PRODUCT_ID" VARCHAR AS (VALUE:"product_id"::VARCHAR),
  "AS_OF_DATE" DATE AS (VALUE:"as_of_date"::DATE),
  "ON_HAND" NUMBER(22, 3) AS (VALUE:"on_hand"::NUMBER(22, 3)),
  "IS_TRACKED" BOOLEAN AS (VALUE:"is_tracked"::BOOLEAN),
  "LAST_MOVED_DATE" DATE AS (VALUE:"last_moved_date"::DATE),
  "LAST_COUNTED_AT" TIMESTAMP_NTZ(6) AS (VALUE:"last_counted_at"::TIMESTAMP_NTZ(6)),
  "DEMAND_DAY_COUNT" NUMBER(10, 0) AS (VALUE:"demand_day_count"::NUMBER(10, 0)),
  "DEMAND" NUMBER(22, 3) AS (VALUE:"demand"::NUMBER(22, 3)),
  "AVAILABLE" NUMBER(22, 3) AS (VALUE:"available"::NUMBER(22, 3)),
  "DAILY_DEMAND" NUMBER(18, 6) AS (VALUE:"daily_demand"::NUMBER(18, 6)),
  "DAYS_OF_SUPPLY" NUMBER(18, 6) AS (VALUE:"days_of_supply"::NUMBER(18, 6)),
  "SELL_THROUGH" NUMBER(18, 6) AS (VALUE:"sell_through"::NUMBER(18, 6)),
  "IS_STOCK_OUT" BOOLEAN AS (VALUE:"is_stock_out"::BOOLEAN),
  "LEAD_TIME_DAYS" NUMBER(10, 0) AS (VALUE:"lead_time_days"::NUMBER(10, 0)),
  "SAFETY_STOCK" NUMBER(12, 3) AS (VALUE:"safety_stock"::NUMBER(12, 3)),
  "REORDER_POINT" NUMBER(18, 6) AS (VALUE:"reorder_point"::NUMBER(18, 6)),
  "IS_BELOW_REORDER_POINT" BOOLEAN AS (VALUE:"is_below_reorder_point"::BOOLEAN),
  "IS_NEGATIVE" BOOLEAN AS (VALUE:"is_negative"::BOOLEAN),
  "UNIT_COST" NUMBER(18, 4) AS (VALUE:"unit_cost"::NUMBER(18, 4)),
  "CURRENCY" VARCHAR AS (VALUE:"currency"::VARCHAR),
  "STOCK_VALUE" NUMBER(28, 4) AS (VALUE:"stock_value"::NUMBER(28, 4))
)
LOCATION = @"LANDING"."GOLD_STAGE"/inventory_now/
REFRESH_ON_CREATE = FALSE
AUTO_REFRESH = FALSE
FILE_FORMAT = (FORMAT_NAME = 'LANDING.PARQUET_LOGICAL')
TABLE_FORMAT = DELTA
COMMENT = 'What is on hand now and how long it lasts, for the one who orders. Grain: one row per store and product. Contract 1.0.0.';
{% endif %}
USE ROLE "{{ prefix }}_ENGINEER";

CREATE OR REPLACE SECURE VIEW "GOLD"."INVENTORY_NOW" (
  "STORE_ID" COMMENT 'Store (dim_store).',
  "PRODUCT_ID" COMMENT 'Product (dim_product).',
  "AS_OF_DATE" COMMENT 'Newest business day of the lake; the days of demand end with it.',
  "ON_HAND" COMMENT 'Sum of the stock by the books.',
  "IS_TRACKED" COMMENT 'The books are opened: a COUNT, RECEIPT or TRANSFER_IN has told of stock.',
  "LAST_MOVED_DATE" COMMENT 'Business day of the newest movement.',
  "LAST_COUNTED_AT" COMMENT 'Newest COUNT (UTC instant).',
  "DEMAND_DAY_COUNT" COMMENT 'Days that demand is averaged over: 28, or those since the first movement if fewer.',
  "DEMAND" COMMENT 'Sum of units sold less units brought back in those days; at least 0.',
  "AVAILABLE" COMMENT 'Sum of the stock when those days began and of all that was delivered or came from other stores in them.',
  "DAILY_DEMAND" COMMENT 'Average demand a day: demand / demand_day_count.',
  "DAYS_OF_SUPPLY" COMMENT 'Days that the stock lasts at that demand: on_hand (at least 0) / daily_demand; null without demand.',
  "SELL_THROUGH" COMMENT 'Share of what could be sold that was: demand / available; null when nothing was available.',
  "IS_STOCK_OUT" COMMENT 'The books are opened and hold nothing.',
  "LEAD_TIME_DAYS" COMMENT 'Days from order to delivery (dim_product); null where unknown.',
  "SAFETY_STOCK" COMMENT 'Stock that is kept against surprises (dim_product).',
  "REORDER_POINT" COMMENT 'Average demand over lead_time_days, plus safety_stock: stock at which to order; null where lead_time_days is unknown.',
  "IS_BELOW_REORDER_POINT" COMMENT 'on_hand is at or below reorder_point; null where that is unknown.',
  "IS_NEGATIVE" COMMENT 'on_hand is below zero: something was not recorded.',
  "UNIT_COST" COMMENT 'Cost per unit ex tax (dim_product); where it has none that of the newest movement with a cost.',
  "CURRENCY" COMMENT 'ISO 4217 code of unit_cost and stock_value.',
  "STOCK_VALUE" COMMENT 'Sum of on_hand (at least 0) at unit_cost; null where the cost is unknown.'
)
COPY GRANTS
COMMENT = 'What is on hand now and how long it lasts, for the one who orders. Grain: one row per store and product. Contract 1.0.0.'
AS
SELECT
{% if lake_tables == 'iceberg' %}
  "STORE_ID",
  "PRODUCT_ID",
  "AS_OF_DATE",
  "ON_HAND",
  "IS_TRACKED",
  "LAST_MOVED_DATE",
  CONVERT_TIMEZONE('UTC', "LAST_COUNTED_AT")::TIMESTAMP_NTZ(6) AS "LAST_COUNTED_AT",
  "DEMAND_DAY_COUNT",
  "DEMAND",
  "AVAILABLE",
  "DAILY_DEMAND",
  "DAYS_OF_SUPPLY",
  "SELL_THROUGH",
  "IS_STOCK_OUT",
  "LEAD_TIME_DAYS",
  "SAFETY_STOCK",
  "REORDER_POINT",
  "IS_BELOW_REORDER_POINT",
  "IS_NEGATIVE",
  "UNIT_COST",
  "CURRENCY",
  "STOCK_VALUE"
FROM "LANDING"."GOLD_INVENTORY_NOW_ICEBERG";
{% else %}
  "STORE_ID",
  "PRODUCT_ID",
  "AS_OF_DATE",
  "ON_HAND",
  "IS_TRACKED",
  "LAST_MOVED_DATE",
  "LAST_COUNTED_AT",
  "DEMAND_DAY_COUNT",
  "DEMAND",
  "AVAILABLE",
  "DAILY_DEMAND",
  "DAYS_OF_SUPPLY",
  "SELL_THROUGH",
  "IS_STOCK_OUT",
  "LEAD_TIME_DAYS",
  "SAFETY_STOCK",
  "REORDER_POINT",
  "IS_BELOW_REORDER_POINT",
  "IS_NEGATIVE",
  "UNIT_COST",
  "CURRENCY",
  "STOCK_VALUE"
FROM "LANDING"."GOLD_INVENTORY_NOW";
{% endif %}
