-- Rendered from contract ops.erasures 1.0.0; `retail warehouse render` writes it.
-- Grain: one row per erasure and step.
USE ROLE "{{ prefix }}_LOADER";
USE DATABASE "{{ database }}";

{% if lake_tables == 'iceberg' %}
CREATE ICEBERG TABLE IF NOT EXISTS "LANDING"."OPS_ERASURES_ICEBERG"
EXTERNAL_VOLUME = '{{ external_volume }}'
CATALOG = '{{ catalog_integration }}'
BASE_LOCATION = 'ops/erasures/'
AUTO_REFRESH = FALSE
COMMENT = 'Customers who were erased, and the certificates of it; tells nobody''s id, name or pseudonym. Append-only. Grain: one row per erasure and step. Contract 1.0.0.';
{% else %}
CREATE EXTERNAL TABLE IF NOT EXISTS "LANDING"."OPS_ERASURES" (
  "ERASURE_ID" VARCHAR AS (VALUE:"erasure_id"::VARCHAR),
  "NOTED_AT" TIMESTAMP_NTZ(6) AS (VALUE:"noted_at"::TIMESTAMP_NTZ(6)),
  "STATE" VARCHAR AS (VALUE:"state"::VARCHAR),
  "SUPPRESSION_HASH" VARCHAR AS (VALUE:"suppression_hash"::VARCHAR),
  "SEARCHED_KINDS" ARRAY AS (VALUE:"searched_kinds"::ARRAY),
  "SEARCHED_FILE_COUNT" NUMBER(19, 0) AS (VALUE:"searched_file_count"::NUMBER(19, 0)),
  "FOUND_BEFORE_COUNT" NUMBER(19, 0) AS (VALUE:"found_before_count"::NUMBER(19, 0)),
  "FOUND_AFTER_COUNT" NUMBER(19, 0) AS (VALUE:"found_after_count"::NUMBER(19, 0)),
  "KAFKA_RECORD_COUNT" NUMBER(19, 0) AS (VALUE:"kafka_record_count"::NUMBER(19, 0)),
  "KAFKA_EXPIRES_AT" TIMESTAMP_NTZ(6) AS (VALUE:"kafka_expires_at"::TIMESTAMP_NTZ(6)),
  "CERTIFICATE" VARCHAR AS (VALUE:"certificate"::VARCHAR)
)
LOCATION = @"LANDING"."OPS_STAGE"/erasures/
REFRESH_ON_CREATE = FALSE
AUTO_REFRESH = FALSE
FILE_FORMAT = (FORMAT_NAME = 'LANDING.PARQUET_LOGICAL')
TABLE_FORMAT = DELTA
COMMENT = 'Customers who were erased, and the certificates of it; tells nobody''s id, name or pseudonym. Append-only. Grain: one row per erasure and step. Contract 1.0.0.';
{% endif %}
USE ROLE "{{ prefix }}_ENGINEER";

CREATE OR REPLACE SECURE VIEW "OPS"."ERASURES" (
  "ERASURE_ID" COMMENT 'Erasure, the first 16 hex digits of suppression_hash.',
  "NOTED_AT" COMMENT 'When the step was noted (UTC instant).',
  "STATE" COMMENT 'BEGUN: silver holds the customer no more, later events are suppressed. CERTIFIED: every file was read, nothing found; Kafka may hold records until kafka_expires_at. FOUND: a file still named the customer. CLOSED: Kafka holds nothing either.',
  "SUPPRESSION_HASH" WITH MASKING POLICY "OPS"."MASK_PSEUDONYM" COMMENT 'sha2-256 of the pseudonym; stands in no other table.',
  "SEARCHED_KINDS" COMMENT 'What was looked for: id, pseudonym, name, email, phone, other.',
  "SEARCHED_FILE_COUNT" COMMENT 'Files that were read.',
  "FOUND_BEFORE_COUNT" COMMENT 'Columns of files that named the customer before.',
  "FOUND_AFTER_COUNT" COMMENT 'Columns of files that named the customer afterwards.',
  "KAFKA_RECORD_COUNT" COMMENT 'Records that Kafka still held and that name the customer.',
  "KAFKA_EXPIRES_AT" COMMENT 'By when Kafka has let go of them by retention and compaction (UTC instant).',
  "CERTIFICATE" COMMENT 'Address of the certificate, a JSON file.'
)
COPY GRANTS
COMMENT = 'Customers who were erased, and the certificates of it; tells nobody''s id, name or pseudonym. Append-only. Grain: one row per erasure and step. Contract 1.0.0.'
AS
SELECT
{% if lake_tables == 'iceberg' %}
  "ERASURE_ID",
  CONVERT_TIMEZONE('UTC', "NOTED_AT")::TIMESTAMP_NTZ(6) AS "NOTED_AT",
  "STATE",
  "SUPPRESSION_HASH",
  "SEARCHED_KINDS",
  "SEARCHED_FILE_COUNT",
  "FOUND_BEFORE_COUNT",
  "FOUND_AFTER_COUNT",
  "KAFKA_RECORD_COUNT",
  CONVERT_TIMEZONE('UTC', "KAFKA_EXPIRES_AT")::TIMESTAMP_NTZ(6) AS "KAFKA_EXPIRES_AT",
  "CERTIFICATE"
FROM "LANDING"."OPS_ERASURES_ICEBERG";
{% else %}
  "ERASURE_ID",
  "NOTED_AT",
  "STATE",
  "SUPPRESSION_HASH",
  "SEARCHED_KINDS",
  "SEARCHED_FILE_COUNT",
  "FOUND_BEFORE_COUNT",
  "FOUND_AFTER_COUNT",
  "KAFKA_RECORD_COUNT",
  "KAFKA_EXPIRES_AT",
  "CERTIFICATE"
FROM "LANDING"."OPS_ERASURES";
{% endif %}
