-- Where the files lie. One stage per served folder: the pipe's stage must not see a Delta table.
USE ROLE "{{ prefix }}_ENGINEER";
USE DATABASE "{{ database }}";

CREATE FILE FORMAT IF NOT EXISTS "LANDING"."PARQUET_LOGICAL"
TYPE = PARQUET
USE_LOGICAL_TYPE = TRUE
COMMENT = 'Parquet with its logical types: without them instants and decimals come as bare integers.';

CREATE STAGE IF NOT EXISTS "LANDING"."GOLD_STAGE"
URL = '{{ lake_url }}gold/'
STORAGE_INTEGRATION = "{{ storage_integration }}"
COMMENT = 'Gold Delta tables.';
CREATE STAGE IF NOT EXISTS "LANDING"."OPS_STAGE"
URL = '{{ lake_url }}ops/'
STORAGE_INTEGRATION = "{{ storage_integration }}"
COMMENT = 'Delta tables of what happened.';
CREATE STAGE IF NOT EXISTS "LANDING"."SILVER_STAGE"
URL = '{{ lake_url }}silver/'
STORAGE_INTEGRATION = "{{ storage_integration }}"
COMMENT = 'The quarantine; the integration allows no other folder of silver.';
CREATE STAGE IF NOT EXISTS "LANDING"."EXPORT_STAGE"
URL = '{{ export_url }}'
STORAGE_INTEGRATION = "{{ storage_integration }}"
COMMENT = 'Append-only parquet files for the pipe.';

GRANT USAGE ON FILE FORMAT "LANDING"."PARQUET_LOGICAL" TO ROLE "{{ prefix }}_LOADER";
GRANT USAGE ON STAGE "LANDING"."GOLD_STAGE" TO ROLE "{{ prefix }}_LOADER";
GRANT USAGE ON STAGE "LANDING"."OPS_STAGE" TO ROLE "{{ prefix }}_LOADER";
GRANT USAGE ON STAGE "LANDING"."SILVER_STAGE" TO ROLE "{{ prefix }}_LOADER";
GRANT USAGE ON STAGE "LANDING"."EXPORT_STAGE" TO ROLE "{{ prefix }}_LOADER";
