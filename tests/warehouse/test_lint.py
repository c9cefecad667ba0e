"""Our own refusals: each wrong variant is refused by its name, and what is committed passes."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlfluff.core import FluffConfig, Linter

from lakehouse.settings import Settings
from warehouse.deployer.scripts import read_scripts, sql_folder
from warehouse.lint import lint, sources_of

pytestmark = pytest.mark.check

ROOT = Path(__file__).resolve().parents[2]

DELTA = """
CREATE EXTERNAL TABLE IF NOT EXISTS "LANDING"."TEAS" (
  "TEA" VARCHAR AS (VALUE:"tea"::VARCHAR),
  "SOLD_DATE" DATE AS (SPLIT_PART(SPLIT_PART(METADATA$FILENAME, 'sold_date=', 2), '/', 1)::DATE)
)
PARTITION BY ("SOLD_DATE")
LOCATION = @"LANDING"."LAKE"/teas/
REFRESH_ON_CREATE = FALSE
AUTO_REFRESH = FALSE
FILE_FORMAT = (FORMAT_NAME = 'LANDING.PARQUET_LOGICAL')
TABLE_FORMAT = DELTA
COMMENT = 'Teas; PATTERN = is only a word here, and so is SELECT * FROM.';
"""
PIPE = """
CREATE OR REPLACE PIPE "LANDING"."TEAS_PIPE"
AUTO_INGEST = TRUE
ERROR_INTEGRATION = "TOLD"
AS
COPY INTO "LANDING"."TEAS" ("TEA")
FROM (
  SELECT $1:"tea"::VARCHAR
  FROM @"LANDING"."EXPORT_STAGE"/teas/
)
FILE_FORMAT = (FORMAT_NAME = 'LANDING.PARQUET_LOGICAL')
ON_ERROR = SKIP_FILE;
"""
VIEW = 'CREATE OR REPLACE SECURE VIEW "GOLD"."TEAS" ("TEA" COMMENT \'Tea.\') AS SELECT "TEA" FROM "LANDING"."TEAS";'
TABLE = 'CREATE TABLE IF NOT EXISTS "SALES"."TEAS" ("TEA" VARCHAR, CONSTRAINT "K" PRIMARY KEY ("TEA"));'
DYNAMIC = """
CREATE OR REPLACE DYNAMIC TABLE "SALES"."BEST" TARGET_LAG = '5 minutes' WAREHOUSE = "W" AS
SELECT "TEA" FROM "SALES"."TEAS";
"""
FORMAT = 'CREATE FILE FORMAT IF NOT EXISTS "LANDING"."P" TYPE = PARQUET USE_LOGICAL_TYPE = TRUE;'
SOURCES = sources_of([DELTA])


def rules(sql: str, template: str = "") -> list[str]:
    return [fault.rule for fault in lint(sql, template, SOURCES)]


@pytest.mark.parametrize("sql", [DELTA, PIPE, VIEW, TABLE, DYNAMIC, FORMAT])
def test_what_snowflake_takes_passes(sql: str) -> None:
    assert rules(sql) == []


@pytest.mark.parametrize(
    ("sql", "seen", "instead", "rule"),
    [
        (DELTA, "AUTO_REFRESH = FALSE", "AUTO_REFRESH = TRUE", "auto_refresh_on_delta"),
        (DELTA, "AUTO_REFRESH = FALSE\n", "", "auto_refresh_on_delta"),
        (DELTA, "REFRESH_ON_CREATE = FALSE", "REFRESH_ON_CREATE = TRUE", "auto_refresh_on_delta"),
        (DELTA, "TABLE_FORMAT", "PATTERN = '.*'\nTABLE_FORMAT", "delta_table_option"),
        (DELTA, "TABLE_FORMAT", "AWS_SNS_TOPIC = 'arn'\nTABLE_FORMAT", "delta_table_option"),
        (DELTA, 'PARTITION BY ("SOLD_DATE")', 'PARTITION BY ("TEA")', "partition_not_from_filename"),
        (DELTA, "FORMAT_NAME = 'LANDING.PARQUET_LOGICAL'", "TYPE = PARQUET", "no_logical_types"),
        (DELTA, "CREATE EXTERNAL TABLE IF NOT EXISTS", "CREATE OR REPLACE EXTERNAL TABLE", "replaced_store"),
        (DELTA, '"LANDING"."TEAS"', "LANDING.TEAS", "unquoted_name"),
        (DELTA, '"TEA" VARCHAR', "ORDER VARCHAR", "reserved_name"),
        (PIPE, '@"LANDING"."EXPORT_STAGE"/teas/', '@"LANDING"."LAKE"/teas/', "pipe_over_delta"),
        (PIPE, '@"LANDING"."EXPORT_STAGE"/teas/', '@"LANDING"."LAKE"/', "pipe_over_delta"),
        (PIPE, "EXPORT_STAGE", "GOLD_STAGE", "pipe_over_delta"),
        (PIPE, "SKIP_FILE", "SKIP_FILE PURGE = TRUE", "pipe_option"),
        (PIPE, "SKIP_FILE", "SKIP_FILE FORCE = TRUE", "pipe_option"),
        (PIPE, "SKIP_FILE", "ABORT_STATEMENT", "pipe_option"),
        (PIPE, "ON_ERROR", "FILES = ('a.parquet') ON_ERROR", "pipe_option"),
        (PIPE, 'ERROR_INTEGRATION = "TOLD"\n', "", "silent_pipe"),
        (PIPE, 'SELECT $1:"tea"::VARCHAR', "SELECT *", "select_star"),
        (VIEW, 'SELECT "TEA"', "SELECT *", "select_star"),
        (VIEW, 'SELECT "TEA"', 'SELECT "TEA", "T".*', "select_star"),
        (VIEW, "SECURE ", "", "insecure_view"),
        (VIEW, '"TEA" COMMENT', "TEA COMMENT", "unquoted_name"),
        (TABLE, "IF NOT EXISTS ", "", "unrepeatable"),
        (TABLE, "CREATE TABLE IF NOT EXISTS", "CREATE OR REPLACE TABLE", "replaced_store"),
        (DYNAMIC, '"SALES"."TEAS"', '"LANDING"."TEAS"', "dynamic_over_external"),
        (DYNAMIC, '"SALES"."TEAS"', "teas", "dynamic_over_external"),
        (FORMAT, " USE_LOGICAL_TYPE = TRUE", "", "no_logical_types"),
    ],
)
def test_a_wrong_variant_is_refused_by_name(sql: str, seen: str, instead: str, rule: str) -> None:
    assert seen in sql
    wrong = sql.replace(seen, instead, 1)
    assert rule in rules(wrong)
    assert all(fault.remedy for fault in lint(wrong, sources=SOURCES))


@pytest.mark.parametrize("pasted", ["USE DATABASE {{ database }};", "USE ROLE {{ prefix }}_LOADER;"])
def test_a_pasted_identifier_is_refused(pasted: str) -> None:
    assert rules("", pasted) == ["pasted_identifier"]
    assert rules("", "USE ROLE \"{{ prefix }}_LOADER\"; COMMENT = '{{ x }}'; {% if y %}{% endif %}") == []


@pytest.mark.parametrize("tables", ["external", "iceberg"])
def test_all_committed_sql_passes_our_lint(home_settings: Settings, tables: str) -> None:
    scripts = read_scripts(home_settings.model_copy(update={"snowflake_lake_tables": tables}))
    sources = sources_of([script.text for script in scripts])
    assert len(scripts) > 20
    assert [f"{s.name}: {fault}" for s in scripts for fault in lint(s.text, sources=sources)] == []


def test_no_committed_template_pastes_a_name() -> None:
    templates = list(Path(str(sql_folder())).rglob("*.sql"))
    assert [
        f"{path.name}: {f}" for path in templates for f in lint("", path.read_text(encoding="utf-8"))
    ] == []


def test_sqlfluff_parses_and_likes_every_script_and_worksheet() -> None:
    linter = Linter(config=FluffConfig.from_root(overrides={"dialect": "snowflake"}))
    found = linter.lint_paths((str(ROOT / "warehouse/sql"), str(ROOT / "warehouse/worksheets")))
    assert len(found.as_records()) > 20
    assert [f"{fault['filepath']}: {v}" for fault in found.as_records() for v in fault["violations"]] == []
