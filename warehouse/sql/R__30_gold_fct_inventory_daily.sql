-- Rendered from contract gold.fct_inventory_daily 1.0.0; `retail warehouse render` writes it.
-- Grain: one row per store, product and business date on which its stock moved.
USE ROLE "{{ prefix }}_LOADER";
USE DATABASE "{{ database }}";

{% if lake_tables == 'iceberg' %}
CREATE ICEBERG TABLE IF NOT EXISTS "LANDING"."GOLD_FCT_INVENTORY_DAILY_ICEBERG"
EXTERNAL_VOLUME = '{{ external_volume }}'
CATALOG = '{{ catalog_integration }}'
BASE_LOCATION = 'gold/fct_inventory_daily/'
AUTO_REFRESH = FALSE
COMMENT = 'Stock of each product at each store at the end of each day on which it moved, and what moved it. Grain: one row per store, product and business date on which its stock moved. Contract 1.0.0.';
{% else %}
CREATE EXTERNAL TABLE IF NOT EXISTS "LANDING"."GOLD_FCT_INVENTORY_DAILY" (
  "STORE_ID" VARCHAR AS (VALUE:"store_id"::VARCHAR),
  "PRODUCT_ID" VARCHAR AS (VALUE:"product_id"::VARCHAR),
  "BUSINESS_DATE" DATE AS (SPLIT_PART(SPLIT_PART(METADATA$FILENAME, 'business_date=', 2), '/', 1)::DATE),
  "OPENING" NUMBER(22, 3) AS (VALUE:"opening"::NUMBER(22, 3)),
  "RECEIVED" NUMBER(22, 3) AS (VALUE:"received"::NUMBER(22, 3)),
  "TRANSFERRED_IN" NUMBER(22, 3) AS (VALUE:"transferred_in"::NUMBER(22, 3)),
  "TRANSFERRED_OUT" NUMBER(22, 3) AS (VALUE:"transferred_out"::NUMBER(22, 3)),
  "SOLD" NUMBER(22, 3) AS (VALUE:"sold"::NUMBER(22, 3)),
  "RETURNED" NUMBER(22, 3) AS (VALUE:"returned"::NUMBER(22, 3)),
  "ADJUSTED" NUMBER(22, 3) AS (VALUE:"adjusted"::NUMBER(22, 3)),
  "WRITTEN_OFF" NUMBER(22, 3) AS (VALUE:"written_off"::NUMBER(22, 3)),
  "RETURNED_TO_VENDOR" NUMBER(22, 3) AS (VALUE:"returned_to_vendor"::NUMBER(22, 3)),
  "OPENED" NUMBER(22, 3) AS (VALUE:"opened"::NUMBER(22, 3)),
  "SHRINK" NUMBER(22, 3) AS (VALUE:"shrink"::NUMBER(22, 3)),
  "CLOSING" NUMBER(22, 3) AS (VALUE:"closing"::NUMBER(22, 3)),
  "MOVEMENT_COUNT" NUMBER(19, 0) AS (VALUE:"movement_count"::NUMBER(19, 0)),
  "IS_TRACKED" BOOLEAN AS (VALUE:"is_tracked"::BOOLEAN),
  "IS_NEGATIVE" BOOLEAN AS (VALUE:"is_negative"::BOOLEAN),
  "IS_PHANTOM" BOOLEAN AS (VALUE:"is_phantom"::BOOLEAN),
  "IS_SOLD_WHILE_OUT" BOOLEAN AS (VALUE:"is_sold_while_out"::BOOLEAN),
  "LAST_COUNTED_AT" TIMESTAMP_NTZ(6) AS (VALUE:"last_counted_at"::TIMESTAMP_NTZ(6)),
  "FIRST_MOVED_DATE" DATE AS (VALUE:"first_moved_date"::DATE),
  "UNIT_COST" NUMBER(18, 4) AS (VALUE:"unit_cost"::NUMBER(18, 4)),
  "CURRENCY" VARCHAR AS (VALUE:"currency"::VARCHAR),
  "CLOSING_VALUE" NUMBER(28, 4) AS (VALUE:"closing_value"::NUMBER(28, 4))
)
PARTITION BY ("BUSINESS_DATE")
LOCATION = @"LANDING"."GOLD_STAGE"/fct_inventory_daily/
REFRESH_ON_CREATE = FALSE
AUTO_REFRESH = FALSE
FILE_FORMAT = (FORMAT_NAME = 'LANDING.PARQUET_LOGICAL')
TABLE_FORMAT = DELTA
COMMENT = 'Stock of each product at each store at the end of each day on which it moved, and what moved it. Grain: one row per store, product and business date on which its stock moved. Contract 1.0.0.';
{% endif %}
USE ROLE "{{ prefix }}_ENGINEER";

CREATE OR REPLACE SECURE VIEW "GOLD"."FCT_INVENTORY_DAILY" (
  "STORE_ID" COMMENT 'Store (dim_store).',
  "PRODUCT_ID" COMMENT 'Product (dim_product).',
  "BUSINESS_DATE" COMMENT 'Business day of the store.',
  "OPENING" COMMENT 'Sum of the stock before the first movement of the day, by the books.',
  "RECEIVED" COMMENT 'Sum of units delivered.',
  "TRANSFERRED_IN" COMMENT 'Sum of units that came from other stores.',
  "TRANSFERRED_OUT" COMMENT 'Sum of units that went to other stores.',
  "SOLD" COMMENT 'Sum of units sold.',
  "RETURNED" COMMENT 'Sum of units that customers brought back.',
  "ADJUSTED" COMMENT 'Sum of corrections, signed.',
  "WRITTEN_OFF" COMMENT 'Sum of units written off.',
  "RETURNED_TO_VENDOR" COMMENT 'Sum of units sent back to the vendor.',
  "OPENED" COMMENT 'Sum of what the COUNT that opened the books found beyond them, signed.',
  "SHRINK" COMMENT 'Sum of what counts found beyond the books, signed: negative is loss.',
  "CLOSING" COMMENT 'Sum of the stock after the last movement of the day, by the books.',
  "MOVEMENT_COUNT" COMMENT 'Movements of the day.',
  "IS_TRACKED" COMMENT 'The books are opened: a COUNT, RECEIPT or TRANSFER_IN has told of stock up to this day.',
  "IS_NEGATIVE" COMMENT 'The closing is below zero: something was not recorded.',
  "IS_PHANTOM" COMMENT 'A COUNT of the day found none where the books held stock.',
  "IS_SOLD_WHILE_OUT" COMMENT 'A SALE of the day took more than the opened books held.',
  "LAST_COUNTED_AT" COMMENT 'Newest COUNT up to this day (UTC instant).',
  "FIRST_MOVED_DATE" COMMENT 'Business day of the first movement of the product at the store.',
  "UNIT_COST" COMMENT 'Cost per unit ex tax that the newest movement with a cost up to this day tells.',
  "CURRENCY" COMMENT 'ISO 4217 code of unit_cost and closing_value.',
  "CLOSING_VALUE" COMMENT 'Sum of closing at unit_cost; null where the cost is unknown.'
)
COPY GRANTS
COMMENT = 'Stock of each product at each store at the end of each day on which it moved, and what moved it. Grain: one row per store, product and business date on which its stock moved. Contract 1.0.0.'
AS
SELECT
{% if lake_tables == 'iceberg' %}
  "STORE_ID",
  "PRODUCT_ID",
  "BUSINESS_DATE",
  "OPENING",
  "RECEIVED",
  "TRANSFERRED_IN",
  "TRANSFERRED_OUT",
  "SOLD",
  "RETURNED",
  "ADJUSTED",
  "WRITTEN_OFF",
  "RETURNED_TO_VENDOR",
  "OPENED",
  "SHRINK",
  "CLOSING",
  "MOVEMENT_COUNT",
  "IS_TRACKED",
  "IS_NEGATIVE",
  "IS_PHANTOM",
  "IS_SOLD_WHILE_OUT",
  CONVERT_TIMEZONE('UTC', "LAST_COUNTED_AT")::TIMESTAMP_NTZ(6) AS "LAST_COUNTED_AT",
  "FIRST_MOVED_DATE",
  "UNIT_COST",
  "CURRENCY",
  "CLOSING_VALUE"
FROM "LANDING"."GOLD_FCT_INVENTORY_DAILY_ICEBERG";
{% else %}
  "STORE_ID",
  "PRODUCT_ID",
  "BUSINESS_DATE",
  "OPENING",
  "RECEIVED",
  "TRANSFERRED_IN",
  "TRANSFERRED_OUT",
  "SOLD",
  "RETURNED",
  "ADJUSTED",
  "WRITTEN_OFF",
  "RETURNED_TO_VENDOR",
  "OPENED",
  "SHRINK",
  "CLOSING",
  "MOVEMENT_COUNT",
  "IS_TRACKED",
  "IS_NEGATIVE",
  "IS_PHANTOM",
  "IS_SOLD_WHILE_OUT",
  "LAST_COUNTED_AT",
  "FIRST_MOVED_DATE",
  "UNIT_COST",
  "CURRENCY",
  "CLOSING_VALUE"
FROM "LANDING"."GOLD_FCT_INVENTORY_DAILY";
{% endif %}
