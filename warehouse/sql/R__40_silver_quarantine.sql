-- Rendered from contract silver.quarantine 1.0.0; `retail warehouse render` writes it.
-- Grain: one row per refused Kafka record (topic, partition, offset).
USE ROLE "{{ prefix }}_LOADER";
USE DATABASE "{{ database }}";

{% if lake_tables == 'iceberg' %}
CREATE ICEBERG TABLE IF NOT EXISTS "LANDING"."SILVER_QUARANTINE_ICEBERG"
EXTERNAL_VOLUME = '{{ external_volume }}'
CATALOG = '{{ catalog_integration }}'
BASE_LOCATION = 'silver/quarantine/'
AUTO_REFRESH = FALSE
COMMENT = 'Every refused record of every topic, byte for byte, with where it came from and which rules refused it. Grain: one row per refused Kafka record (topic, partition, offset). Contract 1.0.0.';
{% else %}
CREATE EXTERNAL TABLE IF NOT EXISTS "LANDING"."SILVER_QUARANTINE" (
  "QUARANTINE_ID" VARCHAR AS (VALUE:"quarantine_id"::VARCHAR),
  "TOPIC" VARCHAR AS (VALUE:"topic"::VARCHAR),
  "PARTITION" NUMBER(10, 0) AS (VALUE:"partition"::NUMBER(10, 0)),
  "OFFSET" NUMBER(19, 0) AS (VALUE:"offset"::NUMBER(19, 0)),
  "RECEIVED_AT" TIMESTAMP_NTZ(6) AS (VALUE:"received_at"::TIMESTAMP_NTZ(6)),
  "RULE_IDS" ARRAY AS (VALUE:"rule_ids"::ARRAY),
  "EVENT_ID" VARCHAR AS (VALUE:"event_id"::VARCHAR),
  "CONTRACT_VERSION" VARCHAR AS (VALUE:"contract_version"::VARCHAR),
  "CHECKPOINT_ID" VARCHAR AS (VALUE:"checkpoint_id"::VARCHAR),
  "BATCH_ID" NUMBER(19, 0) AS (VALUE:"batch_id"::NUMBER(19, 0))
)
LOCATION = @"LANDING"."SILVER_STAGE"/quarantine/
REFRESH_ON_CREATE = FALSE
AUTO_REFRESH = FALSE
FILE_FORMAT = (FORMAT_NAME = 'LANDING.PARQUET_LOGICAL')
TABLE_FORMAT = DELTA
COMMENT = 'Every refused record of every topic, byte for byte, with where it came from and which rules refused it. Grain: one row per refused Kafka record (topic, partition, offset). Contract 1.0.0.';
{% endif %}
USE ROLE "{{ prefix }}_ENGINEER";

CREATE OR REPLACE SECURE VIEW "OPS"."QUARANTINE" (
  "QUARANTINE_ID" COMMENT '<topic>-<partition>-<offset>',
  "TOPIC" COMMENT 'Kafka topic.',
  "PARTITION" COMMENT 'Kafka partition.',
  "OFFSET" COMMENT 'Kafka offset.',
  "RECEIVED_AT" COMMENT 'When the broker appended the record (UTC instant).',
  "RULE_IDS" COMMENT 'Rules of severity error that the record breaks.',
  "EVENT_ID" COMMENT 'Identity of the event where it could be read.',
  "CONTRACT_VERSION" COMMENT 'Version of the topic contract that judged it.',
  "CHECKPOINT_ID" COMMENT 'Checkpoint of the query that wrote it.',
  "BATCH_ID" COMMENT 'Micro-batch of that query.'
)
COPY GRANTS
COMMENT = 'Every refused record of every topic, byte for byte, with where it came from and which rules refused it. Grain: one row per refused Kafka record (topic, partition, offset). Contract 1.0.0.'
AS
SELECT
{% if lake_tables == 'iceberg' %}
  "QUARANTINE_ID",
  "TOPIC",
  "PARTITION",
  "OFFSET",
  CONVERT_TIMEZONE('UTC', "RECEIVED_AT")::TIMESTAMP_NTZ(6) AS "RECEIVED_AT",
  "RULE_IDS",
  "EVENT_ID",
  "CONTRACT_VERSION",
  "CHECKPOINT_ID",
  "BATCH_ID"
FROM "LANDING"."SILVER_QUARANTINE_ICEBERG";
{% else %}
  "QUARANTINE_ID",
  "TOPIC",
  "PARTITION",
  "OFFSET",
  "RECEIVED_AT",
  "RULE_IDS",
  "EVENT_ID",
  "CONTRACT_VERSION",
  "CHECKPOINT_ID",
  "BATCH_ID"
FROM "LANDING"."SILVER_QUARANTINE";
{% endif %}
