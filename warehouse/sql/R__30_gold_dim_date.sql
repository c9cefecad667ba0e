-- Rendered from contract gold.dim_date 1.1.0; `retail warehouse render` writes it.
-- Grain: one row per calendar date.
USE ROLE "{{ prefix }}_LOADER";
USE DATABASE "{{ database }}";

{% if lake_tables == 'iceberg' %}
CREATE ICEBERG TABLE IF NOT EXISTS "LANDING"."GOLD_DIM_DATE_ICEBERG"
EXTERNAL_VOLUME = '{{ external_volume }}'
CATALOG = '{{ catalog_integration }}'
BASE_LOCATION = 'gold/dim_date/'
AUTO_REFRESH = FALSE
COMMENT = 'Calendar. Grain: one row per calendar date. Contract 1.1.0.';
{% else %}
CREATE EXTERNAL TABLE IF NOT EXISTS "LANDING"."GOLD_DIM_DATE" (
  "BUSINESS_DATE" DATE AS (VALUE:"business_date"::DATE),
  "YEAR" NUMBER(10, 0) AS (VALUE:"year"::NUMBER(10, 0)),
  "QUARTER" NUMBER(10, 0) AS (VALUE:"quarter"::NUMBER(10, 0)),
  "MONTH" NUMBER(10, 0) AS (VALUE:"month"::NUMBER(10, 0)),
  "DAY_OF_MONTH" NUMBER(10, 0) AS (VALUE:"day_of_month"::NUMBER(10, 0)),
  "MONTH_NAME" VARCHAR AS (VALUE:"month_name"::VARCHAR),
  "ISO_YEAR" NUMBER(10, 0) AS (VALUE:"iso_year"::NUMBER(10, 0)),
  "ISO_WEEK" NUMBER(10, 0) AS (VALUE:"iso_week"::NUMBER(10, 0)),
  "ISO_DAY_OF_WEEK" NUMBER(10, 0) AS (VALUE:"iso_day_of_week"::NUMBER(10, 0)),
  "DAY_NAME" VARCHAR AS (VALUE:"day_name"::VARCHAR),
  "IS_WEEKEND" BOOLEAN AS (VALUE:"is_weekend"::BOOLEAN),
  "FISCAL_YEAR" NUMBER(10, 0) AS (VALUE:"fiscal_year"::NUMBER(10, 0)),
  "FISCAL_QUARTER" NUMBER(10, 0) AS (VALUE:"fiscal_quarter"::NUMBER(10, 0)),
  "FISCAL_MONTH" NUMBER(10, 0) AS (VALUE:"fiscal_month"::NUMBER(10, 0)),
  "FISCAL_WEEK" NUMBER(10, 0) AS (VALUE:"fiscal_week"::NUMBER(10, 0))
)
LOCATION = @"LANDING"."GOLD_STAGE"/dim_date/
REFRESH_ON_CREATE = FALSE
AUTO_REFRESH = FALSE
FILE_FORMAT = (FORMAT_NAME = 'LANDING.PARQUET_LOGICAL')
TABLE_FORMAT = DELTA
COMMENT = 'Calendar. Grain: one row per calendar date. Contract 1.1.0.';
{% endif %}
USE ROLE "{{ prefix }}_ENGINEER";

CREATE OR REPLACE SECURE VIEW "GOLD"."DIM_DATE" (
  "BUSINESS_DATE" COMMENT 'Date.',
  "YEAR" COMMENT 'Calendar year.',
  "QUARTER" COMMENT 'Quarter, 1 to 4.',
  "MONTH" COMMENT 'Month, 1 to 12.',
  "DAY_OF_MONTH" COMMENT 'Day of the month.',
  "MONTH_NAME" COMMENT 'English name of the month.',
  "ISO_YEAR" COMMENT 'Year of the ISO 8601 week.',
  "ISO_WEEK" COMMENT 'ISO 8601 week, 1 to 53.',
  "ISO_DAY_OF_WEEK" COMMENT '1 = Monday to 7 = Sunday.',
  "DAY_NAME" COMMENT 'English name of the day.',
  "IS_WEEKEND" COMMENT 'Saturday or Sunday.',
  "FISCAL_YEAR" COMMENT 'Year of the 4-4-5 calendar, named after the calendar year in which it begins.',
  "FISCAL_QUARTER" COMMENT 'Quarter of that year, 1 to 4.',
  "FISCAL_MONTH" COMMENT 'Period of that year, 1 to 12: two of 4 weeks and one of 5 a quarter; a 53rd week belongs to the last.',
  "FISCAL_WEEK" COMMENT 'Week of that year, 1 to 53.'
)
COPY GRANTS
COMMENT = 'Calendar. Grain: one row per calendar date. Contract 1.1.0.'
AS
SELECT
{% if lake_tables == 'iceberg' %}
  "BUSINESS_DATE",
  "YEAR",
  "QUARTER",
  "MONTH",
  "DAY_OF_MONTH",
  "MONTH_NAME",
  "ISO_YEAR",
  "ISO_WEEK",
  "ISO_DAY_OF_WEEK",
  "DAY_NAME",
  "IS_WEEKEND",
  "FISCAL_YEAR",
  "FISCAL_QUARTER",
  "FISCAL_MONTH",
  "FISCAL_WEEK"
FROM "LANDING"."GOLD_DIM_DATE_ICEBERG";
{% else %}
  "BUSINESS_DATE",
  "YEAR",
  "QUARTER",
  "MONTH",
  "DAY_OF_MONTH",
  "MONTH_NAME",
  "ISO_YEAR",
  "ISO_WEEK",
  "ISO_DAY_OF_WEEK",
  "DAY_NAME",
  "IS_WEEKEND",
  "FISCAL_YEAR",
  "FISCAL_QUARTER",
  "FISCAL_MONTH",
  "FISCAL_WEEK"
FROM "LANDING"."GOLD_DIM_DATE";
{% endif %}
