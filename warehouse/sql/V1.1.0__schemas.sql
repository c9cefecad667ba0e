-- Schemas, and the history that deployments are written to (schemachange's own form of it).
USE ROLE "{{ prefix }}_ENGINEER";
USE DATABASE "{{ database }}";

CREATE SCHEMA IF NOT EXISTS "LANDING" WITH MANAGED ACCESS
COMMENT = 'What arrives: stages, tables over the lake, the pipe. No reader has access.';
CREATE SCHEMA IF NOT EXISTS "SALES" WITH MANAGED ACCESS
COMMENT = 'Sale lines, loaded by Snowpipe into native tables.';
CREATE SCHEMA IF NOT EXISTS "GOLD" WITH MANAGED ACCESS
COMMENT = 'Views of the gold tables of the lake.';
CREATE SCHEMA IF NOT EXISTS "OPS" WITH MANAGED ACCESS
COMMENT = 'What happened: ledger, gates, quality, publications, deployments.';

CREATE TABLE IF NOT EXISTS "OPS"."SCHEMA_HISTORY" (
    "VERSION" VARCHAR COMMENT 'Version of a V script.',
    "DESCRIPTION" VARCHAR COMMENT 'Description in the name of the script.',
    "SCRIPT" VARCHAR COMMENT 'File name.',
    "SCRIPT_TYPE" VARCHAR COMMENT 'V once, R when changed, A always.',
    "CHECKSUM" VARCHAR COMMENT 'sha2-224 of the rendered text.',
    "EXECUTION_TIME" NUMBER(19, 0) COMMENT 'Seconds.',
    "STATUS" VARCHAR COMMENT 'Success or Failed.',
    "INSTALLED_BY" VARCHAR COMMENT 'User.',
    "INSTALLED_ON" TIMESTAMP_LTZ COMMENT 'When.'
)
COMMENT = 'Deployments of warehouse/sql. Grain: one row per script and run.';

GRANT USAGE ON DATABASE "{{ database }}" TO ROLE "{{ prefix }}_LOADER";
GRANT USAGE ON SCHEMA "LANDING" TO ROLE "{{ prefix }}_LOADER";
GRANT USAGE ON SCHEMA "SALES" TO ROLE "{{ prefix }}_LOADER";
GRANT USAGE ON SCHEMA "OPS" TO ROLE "{{ prefix }}_LOADER";
GRANT CREATE TABLE ON SCHEMA "LANDING" TO ROLE "{{ prefix }}_LOADER";
GRANT CREATE EXTERNAL TABLE ON SCHEMA "LANDING" TO ROLE "{{ prefix }}_LOADER";
GRANT CREATE PIPE ON SCHEMA "LANDING" TO ROLE "{{ prefix }}_LOADER";
GRANT CREATE STREAM ON SCHEMA "LANDING" TO ROLE "{{ prefix }}_LOADER";
GRANT CREATE TASK ON SCHEMA "LANDING" TO ROLE "{{ prefix }}_LOADER";
