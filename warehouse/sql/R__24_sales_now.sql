-- What live reports read: the native table of sale lines without those that are no more, and without pseudonyms.
USE ROLE "{{ prefix }}_ENGINEER";
USE DATABASE "{{ database }}";

CREATE OR REPLACE SECURE VIEW "SALES"."SALES_NOW" (
    "EVENT_ID" COMMENT 'Receipt event; v1:<id> for plain lines.',
    "LINE_SEQ" COMMENT 'Number of the line within the receipt.',
    "BUSINESS_DATE" COMMENT 'Business day of the store.',
    "OCCURRED_AT" COMMENT 'When it was sold (UTC instant).',
    "STORE_ID" COMMENT 'Store (GOLD.DIM_STORE); UNKNOWN for plain lines.',
    "REGISTER_ID" COMMENT 'Till within the store.',
    "TRANSACTION_ID" COMMENT 'Number of the transaction.',
    "TRANSACTION_TYPE" COMMENT 'SALE, RETURN, EXCHANGE or ADJUSTMENT.',
    "LINE_TYPE" COMMENT 'ITEM, RETURN, FEE, SHIPPING, DEPOSIT or GIFT_CARD.',
    "PRODUCT_ID" COMMENT 'Product (GOLD.DIM_PRODUCT).',
    "CHANNEL" COMMENT 'Where it was sold.',
    "CURRENCY" COMMENT 'ISO 4217 code of the amounts.',
    "QUANTITY" COMMENT 'Units or weight; negative when returned.',
    "UNIT_PRICE" COMMENT 'Price charged per unit, ex tax.',
    "DISCOUNT" COMMENT 'Discount on the line, ex tax.',
    "TAX" COMMENT 'Tax of the line.',
    "NET_AMOUNT" COMMENT 'What the till charged, ex tax.',
    "IS_VOID" COMMENT 'Voided; counts in no KPI.',
    "PRODUCED_AT" COMMENT 'When the producer sent it (UTC instant); null for plain lines.',
    "RECEIVED_AT" COMMENT 'When the broker appended it (UTC instant).',
    "BATCH_ID" COMMENT 'Micro-batch that wrote the row.'
)
COPY GRANTS
COMMENT = 'Sale lines that stand, seconds old. Grain: one row per line.'
AS
SELECT
    "EVENT_ID",
    "LINE_SEQ",
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
    "BATCH_ID"
FROM "SALES"."SALES_LINES"
WHERE "OP" = 'U';
