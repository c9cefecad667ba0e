-- What a reader sees of people, by the classification in the contract.
USE ROLE "{{ prefix }}_ENGINEER";
USE DATABASE "{{ database }}";

CREATE MASKING POLICY IF NOT EXISTS "OPS"."MASK_PII" AS("VALUE" VARCHAR) RETURNS VARCHAR ->
CASE WHEN IS_ROLE_IN_SESSION('{{ prefix }}_ENGINEER') THEN "VALUE" END
COMMENT = 'Classification PII: shown to engineers only.';

-- Hashed once more a pseudonym still counts and joins, but meets no key that was seen elsewhere.
CREATE MASKING POLICY IF NOT EXISTS "OPS"."MASK_PSEUDONYM" AS("VALUE" VARCHAR) RETURNS VARCHAR ->
CASE WHEN IS_ROLE_IN_SESSION('{{ prefix }}_ANALYST') THEN "VALUE" ELSE SHA2("VALUE", 256) END
COMMENT = 'Classification pseudonym: as it is for analysts, hashed for reports.';
