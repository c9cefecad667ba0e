-- Rendered from contract gold.fct_sales_lines 1.1.0; `retail warehouse render` writes it.
-- Grain: one row per line of an accepted SALE, RETURN, EXCHANGE or ADJUSTMENT receipt.
USE ROLE "{{ prefix }}_LOADER";
USE DATABASE "{{ database }}";

{% if lake_tables == 'iceberg' %}
CREATE ICEBERG TABLE IF NOT EXISTS "LANDING"."GOLD_FCT_SALES_LINES_ICEBERG"
EXTERNAL_VOLUME = '{{ external_volume }}'
CATALOG = '{{ catalog_integration }}'
BASE_LOCATION = 'gold/fct_sales_lines/'
AUTO_REFRESH = FALSE
COMMENT = 'The sales fact; what KPIs of sales are counted from. Grain: one row per line of an accepted SALE, RETURN, EXCHANGE or ADJUSTMENT receipt. Contract 1.1.0.';
{% else %}
CREATE EXTERNAL TABLE IF NOT EXISTS "LANDING"."GOLD_FCT_SALES_LINES" (
  "EVENT_ID" VARCHAR AS (VALUE:"event_id"::VARCHAR),
  "LINE_SEQ" NUMBER(10, 0) AS (VALUE:"line_seq"::NUMBER(10, 0)),
  "BUSINESS_DATE" DATE AS (SPLIT_PART(SPLIT_PART(METADATA$FILENAME, 'business_date=', 2), '/', 1)::DATE),
  "STORE_ID" VARCHAR AS (VALUE:"store_id"::VARCHAR),
  "REGISTER_ID" VARCHAR AS (VALUE:"register_id"::VARCHAR),
  "TILL_SESSION_ID" VARCHAR AS (VALUE:"till_session_id"::VARCHAR),
  "TRANSACTION_ID" VARCHAR AS (VALUE:"transaction_id"::VARCHAR),
  "TRANSACTION_TYPE" VARCHAR AS (VALUE:"transaction_type"::VARCHAR),
  "ORIGINAL_TRANSACTION_ID" VARCHAR AS (VALUE:"original_transaction_id"::VARCHAR),
  "OCCURRED_AT" TIMESTAMP_NTZ(6) AS (VALUE:"occurred_at"::TIMESTAMP_NTZ(6)),
  "PRODUCT_ID" VARCHAR AS (VALUE:"product_id"::VARCHAR),
  "CUSTOMER_KEY" VARCHAR AS (VALUE:"customer_key"::VARCHAR),
  "OPERATOR_ID" VARCHAR AS (VALUE:"operator_id"::VARCHAR),
  "CHANNEL" VARCHAR AS (VALUE:"channel"::VARCHAR),
  "LINE_TYPE" VARCHAR AS (VALUE:"line_type"::VARCHAR),
  "QUANTITY" NUMBER(12, 3) AS (VALUE:"quantity"::NUMBER(12, 3)),
  "UOM" VARCHAR AS (VALUE:"uom"::VARCHAR),
  "CURRENCY" VARCHAR AS (VALUE:"currency"::VARCHAR),
  "REGULAR_UNIT_PRICE" NUMBER(18, 4) AS (VALUE:"regular_unit_price"::NUMBER(18, 4)),
  "UNIT_PRICE" NUMBER(18, 4) AS (VALUE:"unit_price"::NUMBER(18, 4)),
  "DISCOUNT" NUMBER(18, 4) AS (VALUE:"discount"::NUMBER(18, 4)),
  "TAX" NUMBER(18, 4) AS (VALUE:"tax"::NUMBER(18, 4)),
  "NET_AMOUNT" NUMBER(18, 4) AS (VALUE:"net_amount"::NUMBER(18, 4)),
  "RETURN_REASON" VARCHAR AS (VALUE:"return_reason"::VARCHAR),
  "IS_VOID" BOOLEAN AS (VALUE:"is_void"::BOOLEAN),
  "SCHEMA_VERSION" NUMBER(10, 0) AS (VALUE:"schema_version"::NUMBER(10, 0)),
  "PRODUCED_AT" TIMESTAMP_NTZ(6) AS (VALUE:"produced_at"::TIMESTAMP_NTZ(6)),
  "RECEIVED_AT" TIMESTAMP_NTZ(6) AS (VALUE:"received_at"::TIMESTAMP_NTZ(6)),
  "BATCH_ID" NUMBER(19, 0) AS (VALUE:"batch_id"::NUMBER(19, 0)),
  "PRODUCT_KEY" NUMBER(19, 0) AS (VALUE:"product_key"::NUMBER(19, 0)),
  "STORE_KEY" NUMBER(19, 0) AS (VALUE:"store_key"::NUMBER(19, 0))
)
PARTITION BY ("BUSINESS_DATE")
LOCATION = @"LANDING"."GOLD_STAGE"/fct_sales_lines/
REFRESH_ON_CREATE = FALSE
AUTO_REFRESH = FALSE
FILE_FORMAT = (FORMAT_NAME = 'LANDING.PARQUET_LOGICAL')
TABLE_FORMAT = DELTA
COMMENT = 'The sales fact; what KPIs of sales are counted from. Grain: one row per line of an accepted SALE, RETURN, EXCHANGE or ADJUSTMENT receipt. Contract 1.1.0.';
{% endif %}
USE ROLE "{{ prefix }}_ENGINEER";

CREATE OR REPLACE SECURE VIEW "GOLD"."FCT_SALES_LINES" (
  "EVENT_ID" COMMENT 'Receipt event; v1:<id> for plain lines.',
  "LINE_SEQ" COMMENT 'Number of the line within the receipt.',
  "BUSINESS_DATE" COMMENT 'Business day of the store.',
  "STORE_ID" COMMENT 'Store (dim_store); UNKNOWN for plain lines.',
  "REGISTER_ID" COMMENT 'Till within the store.',
  "TILL_SESSION_ID" COMMENT 'Till session.',
  "TRANSACTION_ID" COMMENT 'Number of the transaction.',
  "TRANSACTION_TYPE" COMMENT 'SALE, RETURN, EXCHANGE or ADJUSTMENT.',
  "ORIGINAL_TRANSACTION_ID" COMMENT 'Transaction that a return refers to.',
  "OCCURRED_AT" COMMENT 'When it was sold (UTC instant).',
  "PRODUCT_ID" COMMENT 'Product (dim_product).',
  "CUSTOMER_KEY" WITH MASKING POLICY "OPS"."MASK_PSEUDONYM" COMMENT 'Pseudonym of the customer (dim_customer); null when unknown.',
  "OPERATOR_ID" WITH MASKING POLICY "OPS"."MASK_PSEUDONYM" COMMENT 'Cashier.',
  "CHANNEL" COMMENT 'Where it was sold.',
  "LINE_TYPE" COMMENT 'ITEM, RETURN, FEE, SHIPPING, DEPOSIT or GIFT_CARD.',
  "QUANTITY" COMMENT 'Units or weight; negative when returned.',
  "UOM" COMMENT 'Unit of measure.',
  "CURRENCY" COMMENT 'ISO 4217 code of the amounts.',
  "REGULAR_UNIT_PRICE" COMMENT 'Price before promotion, ex tax.',
  "UNIT_PRICE" COMMENT 'Price charged per unit, ex tax.',
  "DISCOUNT" COMMENT 'Discount on the line, ex tax.',
  "TAX" COMMENT 'Tax of the line.',
  "NET_AMOUNT" COMMENT 'What the till charged, ex tax.',
  "RETURN_REASON" COMMENT 'Why it came back.',
  "IS_VOID" COMMENT 'Voided; counts in no KPI.',
  "SCHEMA_VERSION" COMMENT 'Shape of the record: 1 or 2.',
  "PRODUCED_AT" COMMENT 'When the producer sent it (UTC instant); null for plain lines.',
  "RECEIVED_AT" COMMENT 'When the broker appended it (UTC instant).',
  "BATCH_ID" COMMENT 'Micro-batch that wrote the row.',
  "PRODUCT_KEY" COMMENT 'Version of the product that was valid at the time of sale (dim_product).',
  "STORE_KEY" COMMENT 'Version of the store that was valid at the time of sale (dim_store).'
)
COPY GRANTS
COMMENT = 'The sales fact; what KPIs of sales are counted from. Grain: one row per line of an accepted SALE, RETURN, EXCHANGE or ADJUSTMENT receipt. Contract 1.1.0.'
AS
SELECT
{% if lake_tables == 'iceberg' %}
  "EVENT_ID",
  "LINE_SEQ",
  "BUSINESS_DATE",
  "STORE_ID",
  "REGISTER_ID",
  "TILL_SESSION_ID",
  "TRANSACTION_ID",
  "TRANSACTION_TYPE",
  "ORIGINAL_TRANSACTION_ID",
  CONVERT_TIMEZONE('UTC', "OCCURRED_AT")::TIMESTAMP_NTZ(6) AS "OCCURRED_AT",
  "PRODUCT_ID",
  "CUSTOMER_KEY",
  "OPERATOR_ID",
  "CHANNEL",
  "LINE_TYPE",
  "QUANTITY",
  "UOM",
  "CURRENCY",
  "REGULAR_UNIT_PRICE",
  "UNIT_PRICE",
  "DISCOUNT",
  "TAX",
  "NET_AMOUNT",
  "RETURN_REASON",
  "IS_VOID",
  "SCHEMA_VERSION",
  CONVERT_TIMEZONE('UTC', "PRODUCED_AT")::TIMESTAMP_NTZ(6) AS "PRODUCED_AT",
  CONVERT_TIMEZONE('UTC', "RECEIVED_AT")::TIMESTAMP_NTZ(6) AS "RECEIVED_AT",
  "BATCH_ID",
  "PRODUCT_KEY",
  "STORE_KEY"
FROM "LANDING"."GOLD_FCT_SALES_LINES_ICEBERG";
{% else %}
  "EVENT_ID",
  "LINE_SEQ",
  "BUSINESS_DATE",
  "STORE_ID",
  "REGISTER_ID",
  "TILL_SESSION_ID",
  "TRANSACTION_ID",
  "TRANSACTION_TYPE",
  "ORIGINAL_TRANSACTION_ID",
  "OCCURRED_AT",
  "PRODUCT_ID",
  "CUSTOMER_KEY",
  "OPERATOR_ID",
  "CHANNEL",
  "LINE_TYPE",
  "QUANTITY",
  "UOM",
  "CURRENCY",
  "REGULAR_UNIT_PRICE",
  "UNIT_PRICE",
  "DISCOUNT",
  "TAX",
  "NET_AMOUNT",
  "RETURN_REASON",
  "IS_VOID",
  "SCHEMA_VERSION",
  "PRODUCED_AT",
  "RECEIVED_AT",
  "BATCH_ID",
  "PRODUCT_KEY",
  "STORE_KEY"
FROM "LANDING"."GOLD_FCT_SALES_LINES";
{% endif %}
