"""The committed SQL is what the contracts say; a change of either without the other fails here."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakehouse.contracts import Column, ContractError, all_contracts
from lakehouse.settings import Settings, SettingsError
from warehouse.deployer.scripts import read_scripts, sql_folder
from warehouse.errors import DeploymentError
from warehouse.render import rendered_files
from warehouse.render.expected_objects import expected_objects
from warehouse.render.lake_tables import external_column, lake_table
from warehouse.render.snowflake_names import identifier, snowflake_type, text_literal
from warehouse.render.variables import filled_in, template_variables

pytestmark = pytest.mark.check

RENDERED = rendered_files()
FOLDER = Path(str(sql_folder()))
BY_HAND = {
    "R__23_sales_data.sql",
    "R__24_sales_now.sql",
    "R__25_report_access.sql",
    "R__90_grants.sql",
}


@pytest.mark.parametrize("name", RENDERED)
def test_a_committed_file_is_what_its_contract_renders_to(name: str) -> None:
    committed = (FOLDER / name).read_text(encoding="utf-8")
    assert committed == RENDERED[name], f"`retail warehouse render` writes {name}; review and commit it"


def test_no_file_is_left_of_a_contract_that_is_gone() -> None:
    repeatable = {path.name for path in FOLDER.glob("R__*.sql")}
    assert repeatable == set(RENDERED) | BY_HAND


def test_every_gold_and_ops_table_has_its_view() -> None:
    views = {each.title for each in expected_objects() if each.is_view}
    tables = {(c.layer, c.name.upper()) for c in all_contracts() if c.layer in ("gold", "ops")}
    assert views == {f"{layer.upper()}.{name}" for layer, name in tables} | {"OPS.QUARANTINE"}


def test_the_bytes_and_words_of_people_do_not_leave_the_lake() -> None:
    names = {column.name for column in lake_table("silver", "quarantine").columns}
    assert "quarantine_id" in names
    assert not names & {"key", "value", "headers", "reasons"}


def test_a_pseudonym_is_masked_in_every_view_that_shows_it() -> None:
    for contract in all_contracts():
        if contract.layer == "gold":
            text = RENDERED[f"R__30_gold_{contract.name}.sql"]
            for column in contract.table.columns:
                line = f'{identifier(column.name)} WITH MASKING POLICY "OPS"."MASK_PSEUDONYM"'
                assert (line in text) == (column.classification == "pseudonym")
    assert "MASK_PSEUDONYM" in RENDERED["R__30_gold_fct_sales_lines.sql"]


def test_a_partition_column_is_read_from_the_path_and_any_other_from_the_row() -> None:
    columns = lake_table("gold", "fct_sales_lines").columns
    told = {column.name: external_column(column) for column in columns}
    assert told["business_date"] == (
        "\"BUSINESS_DATE\" DATE AS (SPLIT_PART(SPLIT_PART(METADATA$FILENAME, 'business_date=', 2), '/', 1)::DATE)"
    )
    assert told["net_amount"] == '"NET_AMOUNT" NUMBER(18, 4) AS (VALUE:"net_amount"::NUMBER(18, 4))'
    assert told["occurred_at"] == '"OCCURRED_AT" TIMESTAMP_NTZ(6) AS (VALUE:"occurred_at"::TIMESTAMP_NTZ(6))'


def test_names_and_texts_cannot_end_their_quotes() -> None:
    assert identifier('a"b') == '"A""B"'
    assert text_literal("it's a \\ sign") == "'it''s a \\\\ sign'"


def test_a_type_that_snowflake_has_not_is_named() -> None:
    with pytest.raises(ContractError, match="column price: no Snowflake type for physicalType 'MAP'"):
        snowflake_type(Column("price", "object", "MAP", "x"))


def test_the_switch_puts_iceberg_tables_behind_the_same_views(home_settings: Settings) -> None:
    external, iceberg = (
        {
            s.name: s.text
            for s in read_scripts(home_settings.model_copy(update={"snowflake_lake_tables": kind}))
        }
        for kind in ("external", "iceberg")
    )
    name = "R__30_gold_fct_sales_lines.sql"
    assert "CREATE EXTERNAL TABLE" in external[name]
    assert "ICEBERG" not in external[name]
    assert 'CREATE ICEBERG TABLE IF NOT EXISTS "LANDING"."GOLD_FCT_SALES_LINES_ICEBERG"' in iceberg[name]
    assert "EXTERNAL TABLE" not in iceberg[name]
    assert (
        external[name].split("\nAS\n")[0].split("SECURE VIEW")[1]
        == iceberg[name].split("\nAS\n")[0].split("SECURE VIEW")[1]
    )
    assert "R__05_delta_direct.sql" in iceberg.keys() - external.keys()


def test_scripts_of_the_account_are_left_to_terraform_where_the_settings_say_so(
    home_settings: Settings,
) -> None:
    names = {script.name for script in read_scripts(home_settings) if script.is_account}
    without = read_scripts(home_settings.model_copy(update={"snowflake_account_objects": False}))
    assert names == {"V1.0.0__roles_and_warehouses.sql", "V1.0.1__integrations.sql"}
    assert not names & {script.name for script in without}


def test_a_real_account_needs_its_addresses_at_aws(home_settings: Settings) -> None:
    account = home_settings.model_copy(
        update={"snowflake_account": "org-acc", "snowflake_aws_role_arn": "arn:aws:x"}
    )
    with pytest.raises(SettingsError, match="RETAIL_SNOWFLAKE_SNS_TOPIC_ARN, RETAIL_SNOWFLAKE_SNS_ROLE_ARN"):
        template_variables(account)
    assert template_variables(account.model_copy(update={"snowflake_account_objects": False}))


def test_an_unknown_variable_is_named() -> None:
    with pytest.raises(
        DeploymentError, match=r"R__x\.sql: 'databse' is undefined; known variables are database"
    ):
        filled_in("R__x.sql", 'USE DATABASE "{{ databse }}";', {"database": "X"})
