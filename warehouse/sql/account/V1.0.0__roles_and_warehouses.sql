-- Roles, warehouses and their budget. Terraform can own these instead: RETAIL_SNOWFLAKE_ACCOUNT_OBJECTS=false.
USE ROLE "{{ admin_role }}";

CREATE ROLE IF NOT EXISTS "{{ prefix }}_ENGINEER"
COMMENT = 'Owns the database and deploys it.';
CREATE ROLE IF NOT EXISTS "{{ prefix }}_LOADER"
COMMENT = 'Machines: refreshes external tables, owns pipe and task.';
CREATE ROLE IF NOT EXISTS "{{ prefix }}_ANALYST"
COMMENT = 'Reads all views; sees pseudonyms.';
CREATE ROLE IF NOT EXISTS "{{ prefix }}_BI"
COMMENT = 'Reports: reads sales and gold; pseudonyms are hashed once more.';

GRANT ROLE "{{ prefix }}_BI" TO ROLE "{{ prefix }}_ANALYST";
GRANT ROLE "{{ prefix }}_ANALYST" TO ROLE "{{ prefix }}_ENGINEER";
GRANT ROLE "{{ prefix }}_LOADER" TO ROLE "{{ prefix }}_ENGINEER";
GRANT ROLE "{{ prefix }}_ENGINEER" TO ROLE "SYSADMIN";

CREATE RESOURCE MONITOR IF NOT EXISTS "{{ prefix }}_MONITOR" WITH
CREDIT_QUOTA = {{ credit_quota }}
FREQUENCY = MONTHLY
START_TIMESTAMP = IMMEDIATELY
TRIGGERS
ON 80 PERCENT DO NOTIFY
ON 100 PERCENT DO SUSPEND
ON 110 PERCENT DO SUSPEND_IMMEDIATE;

-- One warehouse per kind of work: a slow report never holds up the loading.
CREATE WAREHOUSE IF NOT EXISTS "{{ prefix }}_LOAD_WH" WITH
WAREHOUSE_SIZE = 'XSMALL'
AUTO_SUSPEND = 60
AUTO_RESUME = TRUE
INITIALLY_SUSPENDED = TRUE
RESOURCE_MONITOR = "{{ prefix }}_MONITOR"
COMMENT = 'Refresh, merge and deployment.'
STATEMENT_TIMEOUT_IN_SECONDS = 3600;
CREATE WAREHOUSE IF NOT EXISTS "{{ prefix }}_ANALYST_WH" WITH
WAREHOUSE_SIZE = 'XSMALL'
AUTO_SUSPEND = 60
AUTO_RESUME = TRUE
INITIALLY_SUSPENDED = TRUE
RESOURCE_MONITOR = "{{ prefix }}_MONITOR"
COMMENT = 'Worksheets.'
STATEMENT_TIMEOUT_IN_SECONDS = 1800;
CREATE WAREHOUSE IF NOT EXISTS "{{ prefix }}_BI_WH" WITH
WAREHOUSE_SIZE = 'XSMALL'
AUTO_SUSPEND = 60
AUTO_RESUME = TRUE
INITIALLY_SUSPENDED = TRUE
RESOURCE_MONITOR = "{{ prefix }}_MONITOR"
COMMENT = 'Power BI and the dashboard.'
STATEMENT_TIMEOUT_IN_SECONDS = 300;

GRANT USAGE ON WAREHOUSE "{{ prefix }}_LOAD_WH" TO ROLE "{{ prefix }}_LOADER";
GRANT USAGE ON WAREHOUSE "{{ prefix }}_ANALYST_WH" TO ROLE "{{ prefix }}_ANALYST";
GRANT USAGE ON WAREHOUSE "{{ prefix }}_BI_WH" TO ROLE "{{ prefix }}_BI";
GRANT EXECUTE TASK ON ACCOUNT TO ROLE "{{ prefix }}_LOADER";

CREATE DATABASE IF NOT EXISTS "{{ database }}"
COMMENT = 'Retail lakehouse: gold over the lake, sale lines loaded by Snowpipe.';
GRANT OWNERSHIP ON DATABASE "{{ database }}" TO ROLE "{{ prefix }}_ENGINEER" COPY CURRENT GRANTS;
