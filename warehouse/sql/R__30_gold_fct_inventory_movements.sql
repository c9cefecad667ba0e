-- Rendered from contract gold.fct_inventory_movements 1.0.0; `retail warehouse render` writes it.
-- Grain: one row per movement of a product at a store.
USE ROLE "{{ prefix }}_LOADER";
USE DATABASE "{{ database }}";

{% if lake_tables == 'iceberg' %}
CREATE ICEBERG TABLE IF NOT EXISTS "LANDING"."GOLD_FCT_INVENTORY_MOVEMENTS_ICEBERG"
EXTERNAL_VOLUME = '{{ external_volume }}'
CATALOG = '{{ catalog_integration }}'
BASE_LOCATION = 'gold/fct_inventory_movements/'
AUTO_REFRESH = FALSE
COMMENT = 'What moved the stock of each product at each store; movements of the stock system, and those that receipts tell of. Grain: one row per movement of a product at a store. Contract 1.0.0.';
{% else %}
CREATE EXTERNAL TABLE IF NOT EXISTS "LANDING"."GOLD_FCT_INVENTORY_MOVEMENTS" (
  "SOURCE_EVENT_ID" VARCHAR AS (VALUE:"source_event_id"::VARCHAR),
  "LINE_SEQ" NUMBER(10, 0) AS (VALUE:"line_seq"::NUMBER(10, 0)),
  "BUSINESS_DATE" DATE AS (SPLIT_PART(SPLIT_PART(METADATA$FILENAME, 'business_date=', 2), '/', 1)::DATE),
  "STORE_ID" VARCHAR AS (VALUE:"store_id"::VARCHAR),
  "PRODUCT_ID" VARCHAR AS (VALUE:"product_id"::VARCHAR),
  "OCCURRED_AT" TIMESTAMP_NTZ(6) AS (VALUE:"occurred_at"::TIMESTAMP_NTZ(6)),
  "MOVEMENT_TYPE" VARCHAR AS (VALUE:"movement_type"::VARCHAR),
  "QUANTITY" NUMBER(22, 3) AS (VALUE:"quantity"::NUMBER(22, 3)),
  "COUNTED_QUANTITY" NUMBER(12, 3) AS (VALUE:"counted_quantity"::NUMBER(12, 3)),
  "COUNT_VARIANCE" NUMBER(22, 3) AS (VALUE:"count_variance"::NUMBER(22, 3)),
  "ON_HAND" NUMBER(22, 3) AS (VALUE:"on_hand"::NUMBER(22, 3)),
  "IS_SOLD_WHILE_OUT" BOOLEAN AS (VALUE:"is_sold_while_out"::BOOLEAN),
  "IS_PHANTOM" BOOLEAN AS (VALUE:"is_phantom"::BOOLEAN),
  "UNIT_COST" NUMBER(18, 4) AS (VALUE:"unit_cost"::NUMBER(18, 4)),
  "CURRENCY" VARCHAR AS (VALUE:"currency"::VARCHAR),
  "NET_AMOUNT" NUMBER(18, 4) AS (VALUE:"net_amount"::NUMBER(18, 4)),
  "COST_AMOUNT" NUMBER(28, 4) AS (VALUE:"cost_amount"::NUMBER(28, 4)),
  "REASON" VARCHAR AS (VALUE:"reason"::VARCHAR),
  "RECEIVED_AT" TIMESTAMP_NTZ(6) AS (VALUE:"received_at"::TIMESTAMP_NTZ(6))
)
PARTITION BY ("BUSINESS_DATE")
LOCATION = @"LANDING"."GOLD_STAGE"/fct_inventory_movements/
REFRESH_ON_CREATE = FALSE
AUTO_REFRESH = FALSE
FILE_FORMAT = (FORMAT_NAME = 'LANDING.PARQUET_LOGICAL')
TABLE_FORMAT = DELTA
COMMENT = 'What moved the stock of each product at each store; movements of the stock system, and those that receipts tell of. Grain: one row per movement of a product at a store. Contract 1.0.0.';
{% endif %}
USE ROLE "{{ prefix }}_ENGINEER";

CREATE OR REPLACE SECURE VIEW "GOLD"."FCT_INVENTORY_MOVEMENTS" (
  "SOURCE_EVENT_ID" COMMENT 'Event that tells of the movement; of SALE and RETURN the receipt.',
  "LINE_SEQ" COMMENT 'Line of the receipt; 0 for an event of the stock system.',
  "BUSINESS_DATE" COMMENT 'Business day of the store.',
  "STORE_ID" COMMENT 'Store whose stock moved (dim_store).',
  "PRODUCT_ID" COMMENT 'Product (dim_product).',
  "OCCURRED_AT" COMMENT 'When the stock moved (UTC instant).',
  "MOVEMENT_TYPE" COMMENT 'What moved the stock; SALE and RETURN are merchandise lines of receipts that are not void.',
  "QUANTITY" COMMENT 'Sum of what the movement adds to the stock, signed; of a COUNT counted less expected stock.',
  "COUNTED_QUANTITY" COMMENT 'What a COUNT found; the stock after it. Null for other movements.',
  "COUNT_VARIANCE" COMMENT 'Sum of what a COUNT found more (or less, negative) than the books held: the shrink. Null for other movements, and for the COUNT that opens the books.',
  "ON_HAND" COMMENT 'Sum of the stock after the movement, by the books.',
  "IS_SOLD_WHILE_OUT" COMMENT 'A SALE of more than the opened books held.',
  "IS_PHANTOM" COMMENT 'A COUNT that found none where the books held stock.',
  "UNIT_COST" COMMENT 'Cost per unit ex tax: that of the movement, or of SALE and RETURN that of the product at the time of sale; null where unknown.',
  "CURRENCY" COMMENT 'ISO 4217 code of the amounts of the row; null where it has none.',
  "NET_AMOUNT" COMMENT 'What a SALE brought in ex tax, negative for a RETURN; null for other movements.',
  "COST_AMOUNT" COMMENT 'Sum of what the sold goods cost, negative for a RETURN; null for other movements and where the cost is unknown.',
  "REASON" COMMENT 'Why it moved, in the words of the stock system.',
  "RECEIVED_AT" COMMENT 'When the broker appended the record (UTC instant).'
)
COPY GRANTS
COMMENT = 'What moved the stock of each product at each store; movements of the stock system, and those that receipts tell of. Grain: one row per movement of a product at a store. Contract 1.0.0.'
AS
SELECT
{% if lake_tables == 'iceberg' %}
  "SOURCE_EVENT_ID",
  "LINE_SEQ",
  "BUSINESS_DATE",
  "STORE_ID",
  "PRODUCT_ID",
  CONVERT_TIMEZONE('UTC', "OCCURRED_AT")::TIMESTAMP_NTZ(6) AS "OCCURRED_AT",
  "MOVEMENT_TYPE",
  "QUANTITY",
  "COUNTED_QUANTITY",
  "COUNT_VARIANCE",
  "ON_HAND",
  "IS_SOLD_WHILE_OUT",
  "IS_PHANTOM",
  "UNIT_COST",
  "CURRENCY",
  "NET_AMOUNT",
  "COST_AMOUNT",
  "REASON",
  CONVERT_TIMEZONE('UTC', "RECEIVED_AT")::TIMESTAMP_NTZ(6) AS "RECEIVED_AT"
FROM "LANDING"."GOLD_FCT_INVENTORY_MOVEMENTS_ICEBERG";
{% else %}
  "SOURCE_EVENT_ID",
  "LINE_SEQ",
  "BUSINESS_DATE",
  "STORE_ID",
  "PRODUCT_ID",
  "OCCURRED_AT",
  "MOVEMENT_TYPE",
  "QUANTITY",
  "COUNTED_QUANTITY",
  "COUNT_VARIANCE",
  "ON_HAND",
  "IS_SOLD_WHILE_OUT",
  "IS_PHANTOM",
  "UNIT_COST",
  "CURRENCY",
  "NET_AMOUNT",
  "COST_AMOUNT",
  "REASON",
  "RECEIVED_AT"
FROM "LANDING"."GOLD_FCT_INVENTORY_MOVEMENTS";
{% endif %}
