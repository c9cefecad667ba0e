-- What Iceberg tables over Delta files need (Delta Direct); nothing while lake_tables is external.
{% if lake_tables == 'iceberg' %}
USE ROLE "{{ admin_role }}";

CREATE EXTERNAL VOLUME IF NOT EXISTS "{{ external_volume }}"
STORAGE_LOCATIONS = (
    (
        NAME = 'lake'
        STORAGE_PROVIDER = 'S3'
        STORAGE_AWS_ROLE_ARN = '{{ aws_role_arn }}'
        STORAGE_BASE_URL = '{{ lake_url }}'
    )
)
ALLOW_WRITES = FALSE;

CREATE CATALOG INTEGRATION IF NOT EXISTS "{{ catalog_integration }}"
CATALOG_SOURCE = OBJECT_STORE
TABLE_FORMAT = DELTA
ENABLED = TRUE;

GRANT USAGE ON EXTERNAL VOLUME "{{ external_volume }}" TO ROLE "{{ prefix }}_LOADER";
GRANT USAGE ON INTEGRATION "{{ catalog_integration }}" TO ROLE "{{ prefix }}_LOADER";
GRANT CREATE ICEBERG TABLE ON SCHEMA "{{ database }}"."LANDING" TO ROLE "{{ prefix }}_LOADER";
{% endif %}
