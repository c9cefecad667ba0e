-- Rendered from contract gold.fct_receipts 1.1.0; `retail warehouse render` writes it.
-- Grain: one row per accepted receipt event.
USE ROLE "{{ prefix }}_LOADER";
USE DATABASE "{{ database }}";

{% if lake_tables == 'iceberg' %}
CREATE ICEBERG TABLE IF NOT EXISTS "LANDING"."GOLD_FCT_RECEIPTS_ICEBERG"
EXTERNAL_VOLUME = '{{ external_volume }}'
CATALOG = '{{ catalog_integration }}'
BASE_LOCATION = 'gold/fct_receipts/'
AUTO_REFRESH = FALSE
COMMENT = 'Receipts as the till closed them; baskets, tenders and totals. Grain: one row per accepted receipt event. Contract 1.1.0.';
{% else %}
CREATE EXTERNAL TABLE IF NOT EXISTS "LANDING"."GOLD_FCT_RECEIPTS" (
  "EVENT_ID" VARCHAR AS (VALUE:"event_id"::VARCHAR),
  "BUSINESS_DATE" DATE AS (SPLIT_PART(SPLIT_PART(METADATA$FILENAME, 'business_date=', 2), '/', 1)::DATE),
  "STORE_ID" VARCHAR AS (VALUE:"store_id"::VARCHAR),
  "REGISTER_ID" VARCHAR AS (VALUE:"register_id"::VARCHAR),
  "TILL_SESSION_ID" VARCHAR AS (VALUE:"till_session_id"::VARCHAR),
  "TRANSACTION_SEQ" NUMBER(19, 0) AS (VALUE:"transaction_seq"::NUMBER(19, 0)),
  "TRANSACTION_ID" VARCHAR AS (VALUE:"transaction_id"::VARCHAR),
  "TRANSACTION_TYPE" VARCHAR AS (VALUE:"transaction_type"::VARCHAR),
  "ORIGINAL_TRANSACTION_ID" VARCHAR AS (VALUE:"original_transaction_id"::VARCHAR),
  "OCCURRED_AT" TIMESTAMP_NTZ(6) AS (VALUE:"occurred_at"::TIMESTAMP_NTZ(6)),
  "CUSTOMER_KEY" VARCHAR AS (VALUE:"customer_key"::VARCHAR),
  "OPERATOR_ID" VARCHAR AS (VALUE:"operator_id"::VARCHAR),
  "CHANNEL" VARCHAR AS (VALUE:"channel"::VARCHAR),
  "LINE_COUNT" NUMBER(10, 0) AS (VALUE:"line_count"::NUMBER(10, 0)),
  "UNITS" NUMBER(18, 3) AS (VALUE:"units"::NUMBER(18, 3)),
  "CURRENCY" VARCHAR AS (VALUE:"currency"::VARCHAR),
  "GROSS" NUMBER(18, 4) AS (VALUE:"gross"::NUMBER(18, 4)),
  "DISCOUNT" NUMBER(18, 4) AS (VALUE:"discount"::NUMBER(18, 4)),
  "NET" NUMBER(18, 4) AS (VALUE:"net"::NUMBER(18, 4)),
  "TAX" NUMBER(18, 4) AS (VALUE:"tax"::NUMBER(18, 4)),
  "TOTAL" NUMBER(18, 4) AS (VALUE:"total"::NUMBER(18, 4)),
  "TENDERED" NUMBER(28, 4) AS (VALUE:"tendered"::NUMBER(28, 4)),
  "IS_VOID" BOOLEAN AS (VALUE:"is_void"::BOOLEAN),
  "SCHEMA_VERSION" NUMBER(10, 0) AS (VALUE:"schema_version"::NUMBER(10, 0)),
  "PRODUCED_AT" TIMESTAMP_NTZ(6) AS (VALUE:"produced_at"::TIMESTAMP_NTZ(6)),
  "RECEIVED_AT" TIMESTAMP_NTZ(6) AS (VALUE:"received_at"::TIMESTAMP_NTZ(6)),
  "BATCH_ID" NUMBER(19, 0) AS (VALUE:"batch_id"::NUMBER(19, 0)),
  "STORE_KEY" NUMBER(19, 0) AS (VALUE:"store_key"::NUMBER(19, 0))
)
PARTITION BY ("BUSINESS_DATE")
LOCATION = @"LANDING"."GOLD_STAGE"/fct_receipts/
REFRESH_ON_CREATE = FALSE
AUTO_REFRESH = FALSE
FILE_FORMAT = (FORMAT_NAME = 'LANDING.PARQUET_LOGICAL')
TABLE_FORMAT = DELTA
COMMENT = 'Receipts as the till closed them; baskets, tenders and totals. Grain: one row per accepted receipt event. Contract 1.1.0.';
{% endif %}
USE ROLE "{{ prefix }}_ENGINEER";

CREATE OR REPLACE SECURE VIEW "GOLD"."FCT_RECEIPTS" (
  "EVENT_ID" COMMENT 'Receipt event; v1:<id> for plain lines.',
  "BUSINESS_DATE" COMMENT 'Business day of the store.',
  "STORE_ID" COMMENT 'Store (dim_store); UNKNOWN for plain lines.',
  "REGISTER_ID" COMMENT 'Till within the store.',
  "TILL_SESSION_ID" COMMENT 'Till session.',
  "TRANSACTION_SEQ" COMMENT 'Running number at the register.',
  "TRANSACTION_ID" COMMENT 'Number of the transaction.',
  "TRANSACTION_TYPE" COMMENT 'SALE, RETURN, EXCHANGE, POST_VOID, CANCELLED or ADJUSTMENT.',
  "ORIGINAL_TRANSACTION_ID" COMMENT 'Transaction that a return or post-void refers to.',
  "OCCURRED_AT" COMMENT 'When it was closed (UTC instant).',
  "CUSTOMER_KEY" WITH MASKING POLICY "OPS"."MASK_PSEUDONYM" COMMENT 'Pseudonym of the customer (dim_customer); null when unknown.',
  "OPERATOR_ID" WITH MASKING POLICY "OPS"."MASK_PSEUDONYM" COMMENT 'Cashier.',
  "CHANNEL" COMMENT 'Where it was sold.',
  "LINE_COUNT" COMMENT 'Lines, without those voided before closing.',
  "UNITS" COMMENT 'Sum of quantity of these lines.',
  "CURRENCY" COMMENT 'ISO 4217 code of the amounts.',
  "GROSS" COMMENT 'Before discount, ex tax.',
  "DISCOUNT" COMMENT 'Discount, ex tax.',
  "NET" COMMENT 'After discount, ex tax.',
  "TAX" COMMENT 'Tax.',
  "TOTAL" COMMENT 'Charged: net plus tax.',
  "TENDERED" COMMENT 'Sum of the tenders in the currency of the receipt.',
  "IS_VOID" COMMENT 'Voided after closing; counts in no KPI.',
  "SCHEMA_VERSION" COMMENT 'Shape of the record: 1 or 2.',
  "PRODUCED_AT" COMMENT 'When the producer sent it (UTC instant); null for plain lines.',
  "RECEIVED_AT" COMMENT 'When the broker appended it (UTC instant).',
  "BATCH_ID" COMMENT 'Micro-batch that wrote the row.',
  "STORE_KEY" COMMENT 'Version of the store that was valid at the time of sale (dim_store).'
)
COPY GRANTS
COMMENT = 'Receipts as the till closed them; baskets, tenders and totals. Grain: one row per accepted receipt event. Contract 1.1.0.'
AS
SELECT
{% if lake_tables == 'iceberg' %}
  "EVENT_ID",
  "BUSINESS_DATE",
  "STORE_ID",
  "REGISTER_ID",
  "TILL_SESSION_ID",
  "TRANSACTION_SEQ",
  "TRANSACTION_ID",
  "TRANSACTION_TYPE",
  "ORIGINAL_TRANSACTION_ID",
  CONVERT_TIMEZONE('UTC', "OCCURRED_AT")::TIMESTAMP_NTZ(6) AS "OCCURRED_AT",
  "CUSTOMER_KEY",
  "OPERATOR_ID",
  "CHANNEL",
  "LINE_COUNT",
  "UNITS",
  "CURRENCY",
  "GROSS",
  "DISCOUNT",
  "NET",
  "TAX",
  "TOTAL",
  "TENDERED",
  "IS_VOID",
  "SCHEMA_VERSION",
  CONVERT_TIMEZONE('UTC', "PRODUCED_AT")::TIMESTAMP_NTZ(6) AS "PRODUCED_AT",
  CONVERT_TIMEZONE('UTC', "RECEIVED_AT")::TIMESTAMP_NTZ(6) AS "RECEIVED_AT",
  "BATCH_ID",
  "STORE_KEY"
FROM "LANDING"."GOLD_FCT_RECEIPTS_ICEBERG";
{% else %}
  "EVENT_ID",
  "BUSINESS_DATE",
  "STORE_ID",
  "REGISTER_ID",
  "TILL_SESSION_ID",
  "TRANSACTION_SEQ",
  "TRANSACTION_ID",
  "TRANSACTION_TYPE",
  "ORIGINAL_TRANSACTION_ID",
  "OCCURRED_AT",
  "CUSTOMER_KEY",
  "OPERATOR_ID",
  "CHANNEL",
  "LINE_COUNT",
  "UNITS",
  "CURRENCY",
  "GROSS",
  "DISCOUNT",
  "NET",
  "TAX",
  "TOTAL",
  "TENDERED",
  "IS_VOID",
  "SCHEMA_VERSION",
  "PRODUCED_AT",
  "RECEIVED_AT",
  "BATCH_ID",
  "STORE_KEY"
FROM "LANDING"."GOLD_FCT_RECEIPTS";
{% endif %}
