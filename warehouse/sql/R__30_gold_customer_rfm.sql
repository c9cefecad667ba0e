-- Rendered from contract gold.customer_rfm 1.0.0; `retail warehouse render` writes it.
-- Grain: one row per customer and currency.
USE ROLE "{{ prefix }}_LOADER";
USE DATABASE "{{ database }}";

{% if lake_tables == 'iceberg' %}
CREATE ICEBERG TABLE IF NOT EXISTS "LANDING"."GOLD_CUSTOMER_RFM_ICEBERG"
EXTERNAL_VOLUME = '{{ external_volume }}'
CATALOG = '{{ catalog_integration }}'
BASE_LOCATION = 'gold/customer_rfm/'
AUTO_REFRESH = FALSE
COMMENT = 'Customers by recency, frequency and money, and the segment that follows; none without consent. Grain: one row per customer and currency. Contract 1.0.0.';
{% else %}
CREATE EXTERNAL TABLE IF NOT EXISTS "LANDING"."GOLD_CUSTOMER_RFM" (
  "CUSTOMER_KEY" VARCHAR AS (VALUE:"customer_key"::VARCHAR),
  "CURRENCY" VARCHAR AS (VALUE:"currency"::VARCHAR),
  "AS_OF_DATE" DATE AS (VALUE:"as_of_date"::DATE),
  "FIRST_PURCHASE_DATE" DATE AS (VALUE:"first_purchase_date"::DATE),
  "LAST_PURCHASE_DATE" DATE AS (VALUE:"last_purchase_date"::DATE),
  "RECENCY_DAYS" NUMBER(10, 0) AS (VALUE:"recency_days"::NUMBER(10, 0)),
  "RECEIPT_COUNT" NUMBER(19, 0) AS (VALUE:"receipt_count"::NUMBER(19, 0)),
  "NET_AMOUNT" NUMBER(28, 4) AS (VALUE:"net_amount"::NUMBER(28, 4)),
  "RECENCY_SCORE" NUMBER(10, 0) AS (VALUE:"recency_score"::NUMBER(10, 0)),
  "FREQUENCY_SCORE" NUMBER(10, 0) AS (VALUE:"frequency_score"::NUMBER(10, 0)),
  "MONEY_SCORE" NUMBER(10, 0) AS (VALUE:"money_score"::NUMBER(10, 0)),
  "SEGMENT" VARCHAR AS (VALUE:"segment"::VARCHAR),
  "IS_REPEAT" BOOLEAN AS (VALUE:"is_repeat"::BOOLEAN),
  "UNKNOWN_SHARE" NUMBER(18, 6) AS (VALUE:"unknown_share"::NUMBER(18, 6))
)
LOCATION = @"LANDING"."GOLD_STAGE"/customer_rfm/
REFRESH_ON_CREATE = FALSE
AUTO_REFRESH = FALSE
FILE_FORMAT = (FORMAT_NAME = 'LANDING.PARQUET_LOGICAL')
TABLE_FORMAT = DELTA
COMMENT = 'Customers by recency, frequency and money, and the segment that follows; none without consent. Grain: one row per customer and currency. Contract 1.0.0.';
{% endif %}
USE ROLE "{{ prefix }}_ENGINEER";

CREATE OR REPLACE SECURE VIEW "GOLD"."CUSTOMER_RFM" (
  "CUSTOMER_KEY" WITH MASKING POLICY "OPS"."MASK_PSEUDONYM" COMMENT 'Pseudonym of the customer (dim_customer).',
  "CURRENCY" COMMENT 'ISO 4217 code of the amounts; who bought in two currencies stands once in each.',
  "AS_OF_DATE" COMMENT 'Newest business day of the lake; recency counts back from it.',
  "FIRST_PURCHASE_DATE" COMMENT 'Business day of the first purchase.',
  "LAST_PURCHASE_DATE" COMMENT 'Business day of the newest purchase.',
  "RECENCY_DAYS" COMMENT 'Days from last_purchase_date to as_of_date.',
  "RECEIPT_COUNT" COMMENT 'Purchases: SALE and EXCHANGE receipts that are not void.',
  "NET_AMOUNT" COMMENT 'Sum of net sales ex tax, returns taken off.',
  "RECENCY_SCORE" COMMENT '1 to 5; 5 is the fifth of customers who bought last. Equal values have equal scores.',
  "FREQUENCY_SCORE" COMMENT '1 to 5; 5 is the fifth with most purchases.',
  "MONEY_SCORE" COMMENT '1 to 5; 5 is the fifth with the highest net sales.',
  "SEGMENT" COMMENT 'CHAMPION: all scores 4 or 5; AT_RISK: recency at most 2, frequency at least 3; LOST: both at most 2; LOYAL: frequency at least 4; NEW: one purchase, recency at least 4; PROMISING: all others. The first that fits.',
  "IS_REPEAT" COMMENT 'Two or more purchases.',
  "UNKNOWN_SHARE" COMMENT 'Share of net sales of this currency that no customer of this table stands for; equal on all rows of a currency, null where net sales are 0.'
)
COPY GRANTS
COMMENT = 'Customers by recency, frequency and money, and the segment that follows; none without consent. Grain: one row per customer and currency. Contract 1.0.0.'
AS
SELECT
{% if lake_tables == 'iceberg' %}
  "CUSTOMER_KEY",
  "CURRENCY",
  "AS_OF_DATE",
  "FIRST_PURCHASE_DATE",
  "LAST_PURCHASE_DATE",
  "RECENCY_DAYS",
  "RECEIPT_COUNT",
  "NET_AMOUNT",
  "RECENCY_SCORE",
  "FREQUENCY_SCORE",
  "MONEY_SCORE",
  "SEGMENT",
  "IS_REPEAT",
  "UNKNOWN_SHARE"
FROM "LANDING"."GOLD_CUSTOMER_RFM_ICEBERG";
{% else %}
  "CUSTOMER_KEY",
  "CURRENCY",
  "AS_OF_DATE",
  "FIRST_PURCHASE_DATE",
  "LAST_PURCHASE_DATE",
  "RECENCY_DAYS",
  "RECEIPT_COUNT",
  "NET_AMOUNT",
  "RECENCY_SCORE",
  "FREQUENCY_SCORE",
  "MONEY_SCORE",
  "SEGMENT",
  "IS_REPEAT",
  "UNKNOWN_SHARE"
FROM "LANDING"."GOLD_CUSTOMER_RFM";
{% endif %}
