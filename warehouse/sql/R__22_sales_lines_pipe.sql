-- Rendered from contract export.sales_lines 2.0.0; `retail warehouse render` writes it.
USE ROLE "{{ prefix }}_LOADER";
USE DATABASE "{{ database }}";

-- A new pipe forgets which files it has loaded; the task's MERGE takes a change only once.
CREATE OR REPLACE PIPE "LANDING"."SALES_LINES_PIPE"
AUTO_INGEST = TRUE
ERROR_INTEGRATION = "{{ error_integration }}"
COMMENT = 'Loads each exported file once; a file with a fault is skipped whole and reported.'
AS
COPY INTO "LANDING"."SALES_LINES" (
  "ID",
  "EVENT_ID",
  "LINE_SEQ",
  "OP",
  "CHANGE_VERSION",
  "BUSINESS_DATE",
  "OCCURRED_AT",
  "STORE_ID",
  "REGISTER_ID",
  "TRANSACTION_ID",
  "TRANSACTION_TYPE",
  "LINE_TYPE",
  "PRODUCT_ID",
  "CHANNEL",
  "CURRENCY",
  "QUANTITY",
  "UNIT_PRICE",
  "DISCOUNT",
  "TAX",
  "NET_AMOUNT",
  "IS_VOID",
  "PRODUCED_AT",
  "RECEIVED_AT",
  "BATCH_ID",
  "FILE_NAME",
  "FILE_ROW_NUMBER",
  "LOADED_AT"
)
FROM (
  SELECT
    $1:"id"::NUMBER(38, 0),
    $1:"event_id"::VARCHAR,
    $1:"line_seq"::NUMBER(10, 0),
    $1:"op"::VARCHAR,
    $1:"change_version"::NUMBER(19, 0),
    $1:"business_date"::DATE,
    $1:"occurred_at"::TIMESTAMP_NTZ(6),
    $1:"store_id"::VARCHAR,
    $1:"register_id"::VARCHAR,
    $1:"transaction_id"::VARCHAR,
    $1:"transaction_type"::VARCHAR,
    $1:"line_type"::VARCHAR,
    $1:"product_id"::VARCHAR,
    $1:"channel"::VARCHAR,
    $1:"currency"::VARCHAR,
    $1:"quantity"::NUMBER(12, 3),
    $1:"unit_price"::NUMBER(18, 4),
    $1:"discount"::NUMBER(18, 4),
    $1:"tax"::NUMBER(18, 4),
    $1:"net_amount"::NUMBER(18, 4),
    $1:"is_void"::BOOLEAN,
    $1:"produced_at"::TIMESTAMP_NTZ(6),
    $1:"received_at"::TIMESTAMP_NTZ(6),
    $1:"batch_id"::NUMBER(19, 0),
    METADATA$FILENAME AS "FILE_NAME",
    METADATA$FILE_ROW_NUMBER AS "FILE_ROW_NUMBER",
    CONVERT_TIMEZONE('UTC', METADATA$START_SCAN_TIME)::TIMESTAMP_NTZ(6) AS "LOADED_AT"
  FROM @"LANDING"."EXPORT_STAGE"/sales_lines/
)
FILE_FORMAT = (FORMAT_NAME = 'LANDING.PARQUET_LOGICAL')
ON_ERROR = SKIP_FILE;

-- Files that were released before the pipe stood.
ALTER PIPE "LANDING"."SALES_LINES_PIPE" REFRESH;
