-- Rendered from contract gold.customer_cohorts 1.0.0; `retail warehouse render` writes it.
-- Grain: one row per currency, month of activity, customer type and month of first receipt.
USE ROLE "{{ prefix }}_LOADER";
USE DATABASE "{{ database }}";

{% if lake_tables == 'iceberg' %}
CREATE ICEBERG TABLE IF NOT EXISTS "LANDING"."GOLD_CUSTOMER_COHORTS_ICEBERG"
EXTERNAL_VOLUME = '{{ external_volume }}'
CATALOG = '{{ catalog_integration }}'
BASE_LOCATION = 'gold/customer_cohorts/'
AUTO_REFRESH = FALSE
COMMENT = 'How many customers of each month of first purchase come back in later months; new and returning customers of each month. Grain: one row per currency, month of activity, customer type and month of first receipt. Contract 1.0.0.';
{% else %}
CREATE EXTERNAL TABLE IF NOT EXISTS "LANDING"."GOLD_CUSTOMER_COHORTS" (
  "CURRENCY" VARCHAR AS (VALUE:"currency"::VARCHAR),
  "ACTIVITY_MONTH_DATE" DATE AS (VALUE:"activity_month_date"::DATE),
  "CUSTOMER_TYPE" VARCHAR AS (VALUE:"customer_type"::VARCHAR),
  "COHORT_MONTH_DATE" DATE AS (VALUE:"cohort_month_date"::DATE),
  "MONTH_NUMBER" NUMBER(10, 0) AS (VALUE:"month_number"::NUMBER(10, 0)),
  "CUSTOMER_COUNT" NUMBER(19, 0) AS (VALUE:"customer_count"::NUMBER(19, 0)),
  "COHORT_CUSTOMER_COUNT" NUMBER(19, 0) AS (VALUE:"cohort_customer_count"::NUMBER(19, 0)),
  "RETENTION" NUMBER(18, 6) AS (VALUE:"retention"::NUMBER(18, 6)),
  "RECEIPT_COUNT" NUMBER(19, 0) AS (VALUE:"receipt_count"::NUMBER(19, 0)),
  "NET_AMOUNT" NUMBER(28, 4) AS (VALUE:"net_amount"::NUMBER(28, 4)),
  "UNKNOWN_SHARE" NUMBER(18, 6) AS (VALUE:"unknown_share"::NUMBER(18, 6))
)
LOCATION = @"LANDING"."GOLD_STAGE"/customer_cohorts/
REFRESH_ON_CREATE = FALSE
AUTO_REFRESH = FALSE
FILE_FORMAT = (FORMAT_NAME = 'LANDING.PARQUET_LOGICAL')
TABLE_FORMAT = DELTA
COMMENT = 'How many customers of each month of first purchase come back in later months; new and returning customers of each month. Grain: one row per currency, month of activity, customer type and month of first receipt. Contract 1.0.0.';
{% endif %}
USE ROLE "{{ prefix }}_ENGINEER";

CREATE OR REPLACE SECURE VIEW "GOLD"."CUSTOMER_COHORTS" (
  "CURRENCY" COMMENT 'ISO 4217 code of the amounts; cohorts are made per currency.',
  "ACTIVITY_MONTH_DATE" COMMENT 'First day of the month in which they were active.',
  "CUSTOMER_TYPE" COMMENT 'NEW: month of their first receipt; RETURNING: a later one; UNKNOWN: no customer named, or one without consent.',
  "COHORT_MONTH_DATE" COMMENT 'First day of the month of their first receipt; of UNKNOWN that of activity.',
  "MONTH_NUMBER" COMMENT 'Months from cohort to activity.',
  "CUSTOMER_COUNT" COMMENT 'Customers of the cohort with a receipt in the month; 0 for UNKNOWN.',
  "COHORT_CUSTOMER_COUNT" COMMENT 'Customers of the cohort; 0 for UNKNOWN.',
  "RETENTION" COMMENT 'Share of the cohort that was active: customer_count / cohort_customer_count; null for UNKNOWN.',
  "RECEIPT_COUNT" COMMENT 'Receipts that are not void.',
  "NET_AMOUNT" COMMENT 'Sum of net sales ex tax, returns taken off.',
  "UNKNOWN_SHARE" COMMENT 'Share of net sales of this currency and month of activity that no known customer stands for; null where they are 0.'
)
COPY GRANTS
COMMENT = 'How many customers of each month of first purchase come back in later months; new and returning customers of each month. Grain: one row per currency, month of activity, customer type and month of first receipt. Contract 1.0.0.'
AS
SELECT
{% if lake_tables == 'iceberg' %}
  "CURRENCY",
  "ACTIVITY_MONTH_DATE",
  "CUSTOMER_TYPE",
  "COHORT_MONTH_DATE",
  "MONTH_NUMBER",
  "CUSTOMER_COUNT",
  "COHORT_CUSTOMER_COUNT",
  "RETENTION",
  "RECEIPT_COUNT",
  "NET_AMOUNT",
  "UNKNOWN_SHARE"
FROM "LANDING"."GOLD_CUSTOMER_COHORTS_ICEBERG";
{% else %}
  "CURRENCY",
  "ACTIVITY_MONTH_DATE",
  "CUSTOMER_TYPE",
  "COHORT_MONTH_DATE",
  "MONTH_NUMBER",
  "CUSTOMER_COUNT",
  "COHORT_CUSTOMER_COUNT",
  "RETENTION",
  "RECEIPT_COUNT",
  "NET_AMOUNT",
  "UNKNOWN_SHARE"
FROM "LANDING"."GOLD_CUSTOMER_COHORTS";
{% endif %}
