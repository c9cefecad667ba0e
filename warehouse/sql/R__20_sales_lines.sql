-- Rendered from contract export.sales_lines 2.0.0; `retail warehouse render` writes it.
USE ROLE "{{ prefix }}_LOADER";
USE DATABASE "{{ database }}";

CREATE TABLE IF NOT EXISTS "LANDING"."SALES_LINES" (
  "ID" NUMBER(38, 0) NOT NULL COMMENT 'Line: the integer of a plain line, else the first 30 hex digits of sha2-256(event_id|line_seq) as an integer.',
  "EVENT_ID" VARCHAR NOT NULL COMMENT 'Receipt event; v1:<id> for plain lines.',
  "LINE_SEQ" NUMBER(10, 0) NOT NULL COMMENT 'Number of the line within the receipt.',
  "OP" VARCHAR NOT NULL COMMENT 'U: the line is as this row says. D: the line is no more (its receipt was voided).',
  "CHANGE_VERSION" NUMBER(19, 0) NOT NULL COMMENT 'Grows with each change of a line; the highest one counts.',
  "BUSINESS_DATE" DATE NOT NULL COMMENT 'Business day of the store.',
  "OCCURRED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'When it was sold (UTC instant).',
  "STORE_ID" VARCHAR NOT NULL COMMENT 'Store (dim_store); UNKNOWN for plain lines.',
  "REGISTER_ID" VARCHAR COMMENT 'Till within the store.',
  "TRANSACTION_ID" VARCHAR NOT NULL COMMENT 'Number of the transaction.',
  "TRANSACTION_TYPE" VARCHAR NOT NULL COMMENT 'SALE, RETURN, EXCHANGE or ADJUSTMENT.',
  "LINE_TYPE" VARCHAR NOT NULL COMMENT 'ITEM, RETURN, FEE, SHIPPING, DEPOSIT or GIFT_CARD.',
  "PRODUCT_ID" VARCHAR NOT NULL COMMENT 'Product (dim_product).',
  "CHANNEL" VARCHAR COMMENT 'Where it was sold.',
  "CURRENCY" VARCHAR NOT NULL COMMENT 'ISO 4217 code of the amounts.',
  "QUANTITY" NUMBER(12, 3) NOT NULL COMMENT 'Units or weight; negative when returned.',
  "UNIT_PRICE" NUMBER(18, 4) NOT NULL COMMENT 'Price charged per unit, ex tax.',
  "DISCOUNT" NUMBER(18, 4) NOT NULL COMMENT 'Discount on the line, ex tax.',
  "TAX" NUMBER(18, 4) NOT NULL COMMENT 'Tax of the line.',
  "NET_AMOUNT" NUMBER(18, 4) NOT NULL COMMENT 'What the till charged, ex tax.',
  "IS_VOID" BOOLEAN NOT NULL COMMENT 'Voided; counts in no KPI.',
  "PRODUCED_AT" TIMESTAMP_NTZ(6) COMMENT 'When the producer sent it (UTC instant); null for plain lines.',
  "RECEIVED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'When the broker appended it (UTC instant).',
  "BATCH_ID" NUMBER(19, 0) NOT NULL COMMENT 'Micro-batch that wrote the row.',
  "FILE_NAME" VARCHAR NOT NULL COMMENT 'File of the export that held the row.',
  "FILE_ROW_NUMBER" NUMBER(19, 0) NOT NULL COMMENT 'Row within that file.',
  "LOADED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'When the pipe read it (UTC instant).'
)
CHANGE_TRACKING = TRUE
COMMENT = 'Sale lines on their way to Snowpipe, without customers; parquet files that are never rewritten. The warehouse keeps the highest change_version of each id. Grain: one row per change of a line. Contract 2.0.0.';

USE ROLE "{{ prefix }}_ENGINEER";
USE DATABASE "{{ database }}";

-- A deleted line stays as a row with op D: Snowpipe knows no order between files, and a row that is gone
-- could not refuse an older change that arrives after it. SALES.SALES_DATA leaves such rows out.
CREATE TABLE IF NOT EXISTS "SALES"."SALES_LINES" (
  "ID" NUMBER(38, 0) NOT NULL COMMENT 'Line: the integer of a plain line, else the first 30 hex digits of sha2-256(event_id|line_seq) as an integer.',
  "EVENT_ID" VARCHAR NOT NULL COMMENT 'Receipt event; v1:<id> for plain lines.',
  "LINE_SEQ" NUMBER(10, 0) NOT NULL COMMENT 'Number of the line within the receipt.',
  "OP" VARCHAR NOT NULL COMMENT 'U: the line is as this row says. D: the line is no more (its receipt was voided).',
  "CHANGE_VERSION" NUMBER(19, 0) NOT NULL COMMENT 'Grows with each change of a line; the highest one counts.',
  "BUSINESS_DATE" DATE NOT NULL COMMENT 'Business day of the store.',
  "OCCURRED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'When it was sold (UTC instant).',
  "STORE_ID" VARCHAR NOT NULL COMMENT 'Store (dim_store); UNKNOWN for plain lines.',
  "REGISTER_ID" VARCHAR COMMENT 'Till within the store.',
  "TRANSACTION_ID" VARCHAR NOT NULL COMMENT 'Number of the transaction.',
  "TRANSACTION_TYPE" VARCHAR NOT NULL COMMENT 'SALE, RETURN, EXCHANGE or ADJUSTMENT.',
  "LINE_TYPE" VARCHAR NOT NULL COMMENT 'ITEM, RETURN, FEE, SHIPPING, DEPOSIT or GIFT_CARD.',
  "PRODUCT_ID" VARCHAR NOT NULL COMMENT 'Product (dim_product).',
  "CHANNEL" VARCHAR COMMENT 'Where it was sold.',
  "CURRENCY" VARCHAR NOT NULL COMMENT 'ISO 4217 code of the amounts.',
  "QUANTITY" NUMBER(12, 3) NOT NULL COMMENT 'Units or weight; negative when returned.',
  "UNIT_PRICE" NUMBER(18, 4) NOT NULL COMMENT 'Price charged per unit, ex tax.',
  "DISCOUNT" NUMBER(18, 4) NOT NULL COMMENT 'Discount on the line, ex tax.',
  "TAX" NUMBER(18, 4) NOT NULL COMMENT 'Tax of the line.',
  "NET_AMOUNT" NUMBER(18, 4) NOT NULL COMMENT 'What the till charged, ex tax.',
  "IS_VOID" BOOLEAN NOT NULL COMMENT 'Voided; counts in no KPI.',
  "PRODUCED_AT" TIMESTAMP_NTZ(6) COMMENT 'When the producer sent it (UTC instant); null for plain lines.',
  "RECEIVED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'When the broker appended it (UTC instant).',
  "BATCH_ID" NUMBER(19, 0) NOT NULL COMMENT 'Micro-batch that wrote the row.',
  CONSTRAINT "SALES_LINES_KEY" PRIMARY KEY ("ID")
)
COMMENT = 'Newest change of each sale line. Grain: one row per line; op D marks a line that is no more.';

GRANT SELECT, INSERT, UPDATE ON TABLE "SALES"."SALES_LINES" TO ROLE "{{ prefix }}_LOADER";
