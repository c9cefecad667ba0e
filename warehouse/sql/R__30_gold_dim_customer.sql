-- Rendered from contract gold.dim_customer 1.2.0; `retail warehouse render` writes it.
-- Grain: one row per customer.
USE ROLE "{{ prefix }}_LOADER";
USE DATABASE "{{ database }}";

{% if lake_tables == 'iceberg' %}
CREATE ICEBERG TABLE IF NOT EXISTS "LANDING"."GOLD_DIM_CUSTOMER_ICEBERG"
EXTERNAL_VOLUME = '{{ external_volume }}'
CATALOG = '{{ catalog_integration }}'
BASE_LOCATION = 'gold/dim_customer/'
AUTO_REFRESH = FALSE
COMMENT = 'Customer dimension; an unknown customer gets an inferred member with its first receipt. Customers whose master data refuse consent, and erased ones, are not in it. Grain: one row per customer. Contract 1.2.0.';
{% else %}
CREATE EXTERNAL TABLE IF NOT EXISTS "LANDING"."GOLD_DIM_CUSTOMER" (
  "CUSTOMER_KEY" VARCHAR AS (VALUE:"customer_key"::VARCHAR),
  "SEGMENT" VARCHAR AS (VALUE:"segment"::VARCHAR),
  "FIRST_SEEN_AT" TIMESTAMP_NTZ(6) AS (VALUE:"first_seen_at"::TIMESTAMP_NTZ(6)),
  "IS_INFERRED" BOOLEAN AS (VALUE:"is_inferred"::BOOLEAN)
)
LOCATION = @"LANDING"."GOLD_STAGE"/dim_customer/
REFRESH_ON_CREATE = FALSE
AUTO_REFRESH = FALSE
FILE_FORMAT = (FORMAT_NAME = 'LANDING.PARQUET_LOGICAL')
TABLE_FORMAT = DELTA
COMMENT = 'Customer dimension; an unknown customer gets an inferred member with its first receipt. Customers whose master data refuse consent, and erased ones, are not in it. Grain: one row per customer. Contract 1.2.0.';
{% endif %}
USE ROLE "{{ prefix }}_ENGINEER";

CREATE OR REPLACE SECURE VIEW "GOLD"."DIM_CUSTOMER" (
  "CUSTOMER_KEY" WITH MASKING POLICY "OPS"."MASK_PSEUDONYM" COMMENT 'Pseudonym of the customer, sha2-256 of a secret and the id.',
  "SEGMENT" COMMENT 'Segment that the loyalty programme puts the customer in.',
  "FIRST_SEEN_AT" COMMENT 'When its earliest receipt was closed (UTC instant); null where master data tell of the member.',
  "IS_INFERRED" COMMENT 'Known from receipts only, not from master data.'
)
COPY GRANTS
COMMENT = 'Customer dimension; an unknown customer gets an inferred member with its first receipt. Customers whose master data refuse consent, and erased ones, are not in it. Grain: one row per customer. Contract 1.2.0.'
AS
SELECT
{% if lake_tables == 'iceberg' %}
  "CUSTOMER_KEY",
  "SEGMENT",
  CONVERT_TIMEZONE('UTC', "FIRST_SEEN_AT")::TIMESTAMP_NTZ(6) AS "FIRST_SEEN_AT",
  "IS_INFERRED"
FROM "LANDING"."GOLD_DIM_CUSTOMER_ICEBERG";
{% else %}
  "CUSTOMER_KEY",
  "SEGMENT",
  "FIRST_SEEN_AT",
  "IS_INFERRED"
FROM "LANDING"."GOLD_DIM_CUSTOMER";
{% endif %}
