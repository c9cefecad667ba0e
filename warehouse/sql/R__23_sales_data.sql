-- The plain table of the feed: five columns, each line once, widened so that no penny is lost.
USE ROLE "{{ prefix }}_ENGINEER";
USE DATABASE "{{ database }}";

CREATE OR REPLACE SECURE VIEW "SALES"."SALES_DATA" (
    "ID" COMMENT 'Line: the integer of a plain line, else made from event and line number.',
    "PRODUCT" COMMENT 'Product (GOLD.DIM_PRODUCT).',
    "QUANTITY" COMMENT 'Units or weight; negative when returned.',
    "PRICE" COMMENT 'Price charged per unit, ex tax, in the currency of the sale.',
    "SALES_TIME" COMMENT 'When it was sold (UTC).'
)
COPY GRANTS
COMMENT = 'Sale lines that stand: a voided receipt leaves it. Grain: one row per line.'
AS
SELECT
    "ID",
    "PRODUCT_ID" AS "PRODUCT",
    "QUANTITY",
    "UNIT_PRICE" AS "PRICE",
    "OCCURRED_AT" AS "SALES_TIME"
FROM "SALES"."SALES_LINES"
WHERE "OP" = 'U';
