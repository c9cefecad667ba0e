-- Rendered from contract ops.restatements 1.1.0; `retail warehouse render` writes it.
-- Grain: one row per voided receipt, or per business day, store and currency that a batch of late receipts or changes moved, and cause.
USE ROLE "{{ prefix }}_LOADER";
USE DATABASE "{{ database }}";

{% if lake_tables == 'iceberg' %}
CREATE ICEBERG TABLE IF NOT EXISTS "LANDING"."OPS_RESTATEMENTS_ICEBERG"
EXTERNAL_VOLUME = '{{ external_volume }}'
CATALOG = '{{ catalog_integration }}'
BASE_LOCATION = 'ops/restatements/'
AUTO_REFRESH = FALSE
COMMENT = 'What was corrected in gold after it had been published, by how much and why. Grain: one row per voided receipt, or per business day, store and currency that a batch of late receipts or changes moved, and cause. Contract 1.1.0.';
{% else %}
CREATE EXTERNAL TABLE IF NOT EXISTS "LANDING"."OPS_RESTATEMENTS" (
  "EVENT_ID" VARCHAR AS (VALUE:"event_id"::VARCHAR),
  "CAUSED_BY" VARCHAR AS (VALUE:"caused_by"::VARCHAR),
  "REASON" VARCHAR AS (VALUE:"reason"::VARCHAR),
  "BUSINESS_DATE" DATE AS (VALUE:"business_date"::DATE),
  "STORE_ID" VARCHAR AS (VALUE:"store_id"::VARCHAR),
  "CURRENCY" VARCHAR AS (VALUE:"currency"::VARCHAR),
  "LINE_COUNT" NUMBER(19, 0) AS (VALUE:"line_count"::NUMBER(19, 0)),
  "UNITS" NUMBER(22, 3) AS (VALUE:"units"::NUMBER(22, 3)),
  "NET_AMOUNT" NUMBER(28, 4) AS (VALUE:"net_amount"::NUMBER(28, 4)),
  "RECEIVED_AT" TIMESTAMP_NTZ(6) AS (VALUE:"received_at"::TIMESTAMP_NTZ(6)),
  "CHECKPOINT_ID" VARCHAR AS (VALUE:"checkpoint_id"::VARCHAR),
  "BATCH_ID" NUMBER(19, 0) AS (VALUE:"batch_id"::NUMBER(19, 0)),
  "RECEIPT_COUNT" NUMBER(19, 0) AS (VALUE:"receipt_count"::NUMBER(19, 0)),
  "REKEYED_LINE_COUNT" NUMBER(19, 0) AS (VALUE:"rekeyed_line_count"::NUMBER(19, 0)),
  "REKEYED_NET_AMOUNT" NUMBER(28, 4) AS (VALUE:"rekeyed_net_amount"::NUMBER(28, 4))
)
LOCATION = @"LANDING"."OPS_STAGE"/restatements/
REFRESH_ON_CREATE = FALSE
AUTO_REFRESH = FALSE
FILE_FORMAT = (FORMAT_NAME = 'LANDING.PARQUET_LOGICAL')
TABLE_FORMAT = DELTA
COMMENT = 'What was corrected in gold after it had been published, by how much and why. Grain: one row per voided receipt, or per business day, store and currency that a batch of late receipts or changes moved, and cause. Contract 1.1.0.';
{% endif %}
USE ROLE "{{ prefix }}_ENGINEER";

CREATE OR REPLACE SECURE VIEW "OPS"."RESTATEMENTS" (
  "EVENT_ID" COMMENT 'Receipt that was corrected; of several receipts of a day the first to arrive, or the lowest one.',
  "CAUSED_BY" COMMENT 'Event that made the correction necessary; of several the first to arrive.',
  "REASON" COMMENT 'POST_VOID: the receipt was voided after closing. LATE_RECEIPT: receipts came after their business day was published. PRODUCT_CHANGE, STORE_CHANGE: master data came late, and another version describes what was sold; sums of the day stay.',
  "BUSINESS_DATE" COMMENT 'Business day that moved.',
  "STORE_ID" COMMENT 'Store (dim_store).',
  "CURRENCY" COMMENT 'ISO 4217 code of the amounts.',
  "LINE_COUNT" COMMENT 'Change of the number of lines that count.',
  "UNITS" COMMENT 'Sum of the change of units, signed.',
  "NET_AMOUNT" COMMENT 'Sum of the change of net sales, ex tax, signed.',
  "RECEIVED_AT" COMMENT 'When the broker appended the causing record (UTC instant).',
  "CHECKPOINT_ID" COMMENT 'Checkpoint of the query that wrote it.',
  "BATCH_ID" COMMENT 'Micro-batch of that query.',
  "RECEIPT_COUNT" COMMENT 'Change of the number of receipts that count.',
  "REKEYED_LINE_COUNT" COMMENT 'Lines that another version of their product or store now describes.',
  "REKEYED_NET_AMOUNT" COMMENT 'Sum of their net sales, ex tax, signed.'
)
COPY GRANTS
COMMENT = 'What was corrected in gold after it had been published, by how much and why. Grain: one row per voided receipt, or per business day, store and currency that a batch of late receipts or changes moved, and cause. Contract 1.1.0.'
AS
SELECT
{% if lake_tables == 'iceberg' %}
  "EVENT_ID",
  "CAUSED_BY",
  "REASON",
  "BUSINESS_DATE",
  "STORE_ID",
  "CURRENCY",
  "LINE_COUNT",
  "UNITS",
  "NET_AMOUNT",
  CONVERT_TIMEZONE('UTC', "RECEIVED_AT")::TIMESTAMP_NTZ(6) AS "RECEIVED_AT",
  "CHECKPOINT_ID",
  "BATCH_ID",
  "RECEIPT_COUNT",
  "REKEYED_LINE_COUNT",
  "REKEYED_NET_AMOUNT"
FROM "LANDING"."OPS_RESTATEMENTS_ICEBERG";
{% else %}
  "EVENT_ID",
  "CAUSED_BY",
  "REASON",
  "BUSINESS_DATE",
  "STORE_ID",
  "CURRENCY",
  "LINE_COUNT",
  "UNITS",
  "NET_AMOUNT",
  "RECEIVED_AT",
  "CHECKPOINT_ID",
  "BATCH_ID",
  "RECEIPT_COUNT",
  "REKEYED_LINE_COUNT",
  "REKEYED_NET_AMOUNT"
FROM "LANDING"."OPS_RESTATEMENTS";
{% endif %}
