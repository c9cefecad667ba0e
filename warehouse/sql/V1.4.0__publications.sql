-- Which version of each Delta table Snowflake shows; written by `retail warehouse refresh`.
USE ROLE "{{ prefix }}_ENGINEER";
USE DATABASE "{{ database }}";

CREATE TABLE IF NOT EXISTS "OPS"."PUBLICATIONS" (
    "LAYER" VARCHAR NOT NULL COMMENT 'Layer of the Delta table.',
    "TABLE_NAME" VARCHAR NOT NULL COMMENT 'Name of its contract.',
    "DELTA_VERSION" NUMBER(19, 0) NOT NULL COMMENT 'Version that it had when the refresh began.',
    "PUBLISHED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'When the refresh ended (UTC instant).'
)
COMMENT = 'Refreshes of the tables over the lake. Grain: one row per table and refresh.';

GRANT SELECT, INSERT ON TABLE "OPS"."PUBLICATIONS" TO ROLE "{{ prefix }}_LOADER";
