-- Rendered from contract ops.ledger 1.0.0; `retail warehouse render` writes it.
-- Grain: one row per query, batch, topic and partition.
USE ROLE "{{ prefix }}_LOADER";
USE DATABASE "{{ database }}";

{% if lake_tables == 'iceberg' %}
CREATE ICEBERG TABLE IF NOT EXISTS "LANDING"."OPS_LEDGER_ICEBERG"
EXTERNAL_VOLUME = '{{ external_volume }}'
CATALOG = '{{ catalog_integration }}'
BASE_LOCATION = 'ops/ledger/'
AUTO_REFRESH = FALSE
COMMENT = 'What happened to every record received. received = accepted + duplicate + quarantined, or the batch stops. Grain: one row per query, batch, topic and partition. Contract 1.0.0.';
{% else %}
CREATE EXTERNAL TABLE IF NOT EXISTS "LANDING"."OPS_LEDGER" (
  "QUERY" VARCHAR AS (VALUE:"query"::VARCHAR),
  "CHECKPOINT_ID" VARCHAR AS (VALUE:"checkpoint_id"::VARCHAR),
  "BATCH_ID" NUMBER(19, 0) AS (VALUE:"batch_id"::NUMBER(19, 0)),
  "TOPIC" VARCHAR AS (VALUE:"topic"::VARCHAR),
  "PARTITION" NUMBER(10, 0) AS (VALUE:"partition"::NUMBER(10, 0)),
  "FIRST_OFFSET" NUMBER(19, 0) AS (VALUE:"first_offset"::NUMBER(19, 0)),
  "LAST_OFFSET" NUMBER(19, 0) AS (VALUE:"last_offset"::NUMBER(19, 0)),
  "RECEIVED" NUMBER(19, 0) AS (VALUE:"received"::NUMBER(19, 0)),
  "ACCEPTED" NUMBER(19, 0) AS (VALUE:"accepted"::NUMBER(19, 0)),
  "DUPLICATE" NUMBER(19, 0) AS (VALUE:"duplicate"::NUMBER(19, 0)),
  "QUARANTINED" NUMBER(19, 0) AS (VALUE:"quarantined"::NUMBER(19, 0)),
  "LINES" NUMBER(19, 0) AS (VALUE:"lines"::NUMBER(19, 0)),
  "GAPS" NUMBER(19, 0) AS (VALUE:"gaps"::NUMBER(19, 0)),
  "WITH_WARNINGS" NUMBER(19, 0) AS (VALUE:"with_warnings"::NUMBER(19, 0)),
  "WITH_UNKNOWN_FIELDS" NUMBER(19, 0) AS (VALUE:"with_unknown_fields"::NUMBER(19, 0))
)
LOCATION = @"LANDING"."OPS_STAGE"/ledger/
REFRESH_ON_CREATE = FALSE
AUTO_REFRESH = FALSE
FILE_FORMAT = (FORMAT_NAME = 'LANDING.PARQUET_LOGICAL')
TABLE_FORMAT = DELTA
COMMENT = 'What happened to every record received. received = accepted + duplicate + quarantined, or the batch stops. Grain: one row per query, batch, topic and partition. Contract 1.0.0.';
{% endif %}
USE ROLE "{{ prefix }}_ENGINEER";

CREATE OR REPLACE SECURE VIEW "OPS"."LEDGER" (
  "QUERY" COMMENT 'Streaming query.',
  "CHECKPOINT_ID" COMMENT 'Checkpoint of the query.',
  "BATCH_ID" COMMENT 'Micro-batch of the query.',
  "TOPIC" COMMENT 'Kafka topic.',
  "PARTITION" COMMENT 'Kafka partition.',
  "FIRST_OFFSET" COMMENT 'Lowest offset of the batch.',
  "LAST_OFFSET" COMMENT 'Highest offset of the batch.',
  "RECEIVED" COMMENT 'Records received.',
  "ACCEPTED" COMMENT 'Records accepted.',
  "DUPLICATE" COMMENT 'Records whose id and content were accepted before.',
  "QUARANTINED" COMMENT 'Records refused.',
  "LINES" COMMENT 'Lines of the accepted records; a movement counts as one.',
  "GAPS" COMMENT 'Offsets between the end of the batch before and last_offset that carried no record (transaction markers and aborted records).',
  "WITH_WARNINGS" COMMENT 'Accepted records that break a rule of severity warning.',
  "WITH_UNKNOWN_FIELDS" COMMENT 'Accepted records with fields that the contract does not know.'
)
COPY GRANTS
COMMENT = 'What happened to every record received. received = accepted + duplicate + quarantined, or the batch stops. Grain: one row per query, batch, topic and partition. Contract 1.0.0.'
AS
SELECT
{% if lake_tables == 'iceberg' %}
  "QUERY",
  "CHECKPOINT_ID",
  "BATCH_ID",
  "TOPIC",
  "PARTITION",
  "FIRST_OFFSET",
  "LAST_OFFSET",
  "RECEIVED",
  "ACCEPTED",
  "DUPLICATE",
  "QUARANTINED",
  "LINES",
  "GAPS",
  "WITH_WARNINGS",
  "WITH_UNKNOWN_FIELDS"
FROM "LANDING"."OPS_LEDGER_ICEBERG";
{% else %}
  "QUERY",
  "CHECKPOINT_ID",
  "BATCH_ID",
  "TOPIC",
  "PARTITION",
  "FIRST_OFFSET",
  "LAST_OFFSET",
  "RECEIVED",
  "ACCEPTED",
  "DUPLICATE",
  "QUARANTINED",
  "LINES",
  "GAPS",
  "WITH_WARNINGS",
  "WITH_UNKNOWN_FIELDS"
FROM "LANDING"."OPS_LEDGER";
{% endif %}
