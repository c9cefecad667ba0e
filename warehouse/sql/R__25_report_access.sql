-- Who sees which stores in Power BI (roles Store reader and Region reader). Rows are kept here by hand.
USE ROLE "{{ prefix }}_ENGINEER";
USE DATABASE "{{ database }}";

CREATE TABLE IF NOT EXISTS "SALES"."REPORT_ACCESS" (
    "USER_NAME" VARCHAR NOT NULL COMMENT 'Sign-in name in Power BI (user principal name).',
    "STORE_ID" VARCHAR COMMENT 'A store that the reader may see.',
    "REGION" VARCHAR COMMENT 'A region whose stores the reader may see.'
)
COMMENT = 'Row-level security of the reports. Grain: one row per reader and store or region.';

GRANT SELECT ON TABLE "SALES"."REPORT_ACCESS" TO ROLE "{{ prefix }}_BI";
