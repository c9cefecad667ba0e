-- Rendered from contract gold.fct_till_sessions 1.0.0; `retail warehouse render` writes it.
-- Grain: one row per till session that was reported.
USE ROLE "{{ prefix }}_LOADER";
USE DATABASE "{{ database }}";

{% if lake_tables == 'iceberg' %}
CREATE ICEBERG TABLE IF NOT EXISTS "LANDING"."GOLD_FCT_TILL_SESSIONS_ICEBERG"
EXTERNAL_VOLUME = '{{ external_volume }}'
CATALOG = '{{ catalog_integration }}'
BASE_LOCATION = 'gold/fct_till_sessions/'
AUTO_REFRESH = FALSE
COMMENT = 'Till sessions whose Z-report has come, against the receipts that came of them. Grain: one row per till session that was reported. Contract 1.0.0.';
{% else %}
CREATE EXTERNAL TABLE IF NOT EXISTS "LANDING"."GOLD_FCT_TILL_SESSIONS" (
  "TILL_SESSION_ID" VARCHAR AS (VALUE:"till_session_id"::VARCHAR),
  "BUSINESS_DATE" DATE AS (SPLIT_PART(SPLIT_PART(METADATA$FILENAME, 'business_date=', 2), '/', 1)::DATE),
  "STORE_ID" VARCHAR AS (VALUE:"store_id"::VARCHAR),
  "REGISTER_ID" VARCHAR AS (VALUE:"register_id"::VARCHAR),
  "OPERATOR_ID" VARCHAR AS (VALUE:"operator_id"::VARCHAR),
  "OPENED_AT" TIMESTAMP_NTZ(6) AS (VALUE:"opened_at"::TIMESTAMP_NTZ(6)),
  "CLOSED_AT" TIMESTAMP_NTZ(6) AS (VALUE:"closed_at"::TIMESTAMP_NTZ(6)),
  "STATE" VARCHAR AS (VALUE:"state"::VARCHAR),
  "CURRENCY" VARCHAR AS (VALUE:"currency"::VARCHAR),
  "FIRST_TRANSACTION_SEQ" NUMBER(19, 0) AS (VALUE:"first_transaction_seq"::NUMBER(19, 0)),
  "LAST_TRANSACTION_SEQ" NUMBER(19, 0) AS (VALUE:"last_transaction_seq"::NUMBER(19, 0)),
  "RECEIPT_COUNT" NUMBER(10, 0) AS (VALUE:"receipt_count"::NUMBER(10, 0)),
  "RECEIVED_COUNT" NUMBER(19, 0) AS (VALUE:"received_count"::NUMBER(19, 0)),
  "MISSING_COUNT" NUMBER(19, 0) AS (VALUE:"missing_count"::NUMBER(19, 0)),
  "MISSING_TRANSACTION_SEQS" VARCHAR AS (VALUE:"missing_transaction_seqs"::VARCHAR),
  "REPORTED_NET" NUMBER(18, 4) AS (VALUE:"reported_net"::NUMBER(18, 4)),
  "RECEIVED_NET" NUMBER(28, 4) AS (VALUE:"received_net"::NUMBER(28, 4)),
  "REPORTED_TOTAL" NUMBER(18, 4) AS (VALUE:"reported_total"::NUMBER(18, 4)),
  "RECEIVED_TOTAL" NUMBER(28, 4) AS (VALUE:"received_total"::NUMBER(28, 4)),
  "TENDER_DIFFERENCES" VARCHAR AS (VALUE:"tender_differences"::VARCHAR),
  "OVER_SHORT" NUMBER(18, 4) AS (VALUE:"over_short"::NUMBER(18, 4)),
  "RECEIVED_AT" TIMESTAMP_NTZ(6) AS (VALUE:"received_at"::TIMESTAMP_NTZ(6))
)
PARTITION BY ("BUSINESS_DATE")
LOCATION = @"LANDING"."GOLD_STAGE"/fct_till_sessions/
REFRESH_ON_CREATE = FALSE
AUTO_REFRESH = FALSE
FILE_FORMAT = (FORMAT_NAME = 'LANDING.PARQUET_LOGICAL')
TABLE_FORMAT = DELTA
COMMENT = 'Till sessions whose Z-report has come, against the receipts that came of them. Grain: one row per till session that was reported. Contract 1.0.0.';
{% endif %}
USE ROLE "{{ prefix }}_ENGINEER";

CREATE OR REPLACE SECURE VIEW "GOLD"."FCT_TILL_SESSIONS" (
  "TILL_SESSION_ID" COMMENT 'Till session.',
  "BUSINESS_DATE" COMMENT 'Business day by the till.',
  "STORE_ID" COMMENT 'Store (dim_store).',
  "REGISTER_ID" COMMENT 'Till within the store.',
  "OPERATOR_ID" WITH MASKING POLICY "OPS"."MASK_PSEUDONYM" COMMENT 'Cashier who counted.',
  "OPENED_AT" COMMENT 'When the session was opened (UTC instant).',
  "CLOSED_AT" COMMENT 'When it was closed and counted (UTC instant).',
  "STATE" COMMENT 'PROVISIONAL: receipts are missing, or there are more than the report says. COMPLETE: all are there, amounts differ. CERTIFIED: all are there and net, total and each way of payment agree.',
  "CURRENCY" COMMENT 'ISO 4217 code of the amounts.',
  "FIRST_TRANSACTION_SEQ" COMMENT 'Number of the first transaction of the session.',
  "LAST_TRANSACTION_SEQ" COMMENT 'Number of the last one; numbers run without holes.',
  "RECEIPT_COUNT" COMMENT 'Transactions by the report; voids and cancellations included.',
  "RECEIVED_COUNT" COMMENT 'Receipts of the session that came.',
  "MISSING_COUNT" COMMENT 'Numbers from the first to the last that no receipt has.',
  "MISSING_TRANSACTION_SEQS" COMMENT 'These numbers, like 17, 19-21; null when none is missing.',
  "REPORTED_NET" COMMENT 'Net by the report, ex tax, without receipts voided in the session.',
  "RECEIVED_NET" COMMENT 'Sum of net of the receipts, ex tax, without those voided in the session.',
  "REPORTED_TOTAL" COMMENT 'Charged by the report: net plus tax.',
  "RECEIVED_TOTAL" COMMENT 'Sum of total of the receipts.',
  "TENDER_DIFFERENCES" COMMENT 'Ways of payment whose receipts and report differ, with receipts less report, like CARD -12.5000; null when none does.',
  "OVER_SHORT" COMMENT 'Counted less expected by the report: positive is over, negative is short.',
  "RECEIVED_AT" COMMENT 'When the broker appended the report (UTC instant).'
)
COPY GRANTS
COMMENT = 'Till sessions whose Z-report has come, against the receipts that came of them. Grain: one row per till session that was reported. Contract 1.0.0.'
AS
SELECT
{% if lake_tables == 'iceberg' %}
  "TILL_SESSION_ID",
  "BUSINESS_DATE",
  "STORE_ID",
  "REGISTER_ID",
  "OPERATOR_ID",
  CONVERT_TIMEZONE('UTC', "OPENED_AT")::TIMESTAMP_NTZ(6) AS "OPENED_AT",
  CONVERT_TIMEZONE('UTC', "CLOSED_AT")::TIMESTAMP_NTZ(6) AS "CLOSED_AT",
  "STATE",
  "CURRENCY",
  "FIRST_TRANSACTION_SEQ",
  "LAST_TRANSACTION_SEQ",
  "RECEIPT_COUNT",
  "RECEIVED_COUNT",
  "MISSING_COUNT",
  "MISSING_TRANSACTION_SEQS",
  "REPORTED_NET",
  "RECEIVED_NET",
  "REPORTED_TOTAL",
  "RECEIVED_TOTAL",
  "TENDER_DIFFERENCES",
  "OVER_SHORT",
  CONVERT_TIMEZONE('UTC', "RECEIVED_AT")::TIMESTAMP_NTZ(6) AS "RECEIVED_AT"
FROM "LANDING"."GOLD_FCT_TILL_SESSIONS_ICEBERG";
{% else %}
  "TILL_SESSION_ID",
  "BUSINESS_DATE",
  "STORE_ID",
  "REGISTER_ID",
  "OPERATOR_ID",
  "OPENED_AT",
  "CLOSED_AT",
  "STATE",
  "CURRENCY",
  "FIRST_TRANSACTION_SEQ",
  "LAST_TRANSACTION_SEQ",
  "RECEIPT_COUNT",
  "RECEIVED_COUNT",
  "MISSING_COUNT",
  "MISSING_TRANSACTION_SEQS",
  "REPORTED_NET",
  "RECEIVED_NET",
  "REPORTED_TOTAL",
  "RECEIVED_TOTAL",
  "TENDER_DIFFERENCES",
  "OVER_SHORT",
  "RECEIVED_AT"
FROM "LANDING"."GOLD_FCT_TILL_SESSIONS";
{% endif %}
