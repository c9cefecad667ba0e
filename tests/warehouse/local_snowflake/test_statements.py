"""A statement is known by its head, however it is written."""

from __future__ import annotations

import pytest

from warehouse.local_snowflake.row_paths import column_expression
from warehouse.local_snowflake.statements import group, listed, name_parts, options, read_statement

pytestmark = pytest.mark.check


@pytest.mark.parametrize(
    ("sql", "verb", "kind", "name"),
    [
        ('-- why\nCREATE OR REPLACE PIPE "L"."My pipe" AS COPY', "CREATE", "PIPE", '"L"."My pipe"'),
        ("create /* x */ secure view a.b as select 1", "CREATE", "VIEW", "a.b"),
        ("DROP TABLE IF EXISTS t;", "DROP", "TABLE", "t"),
        ("DESCRIBE EXTERNAL TABLE t", "DESC", "EXTERNAL TABLE", "t"),
        ("SHOW EXTERNAL TABLES LIKE 'x'", "SHOW", "EXTERNAL TABLE", ""),
        ("SHOW MASKING POLICIES", "SHOW", "MASKING POLICY", ""),
        ("execute task l.merge_lines", "EXECUTE", "TASK", "l.merge_lines"),
        ("WITH a AS (SELECT 1) SELECT * FROM a", "WITH", "", ""),
        ("GRANT USAGE ON DATABASE d TO ROLE r", "GRANT", "", ""),
    ],
)
def test_verb_kind_and_name_are_read(sql: str, verb: str, kind: str, name: str) -> None:
    seen = read_statement(sql)
    assert (seen.verb, seen.kind, seen.name) == (verb, kind, name)


def test_options_keep_what_stands_in_quotes_and_parentheses() -> None:
    text = "URL = 's3://lake/gold/' LOCATION = @\"L\".S/a/ FILE_FORMAT = (TYPE = PARQUET) COMMENT = 'it''s = (x)'"
    assert options(text) == {
        "URL": "s3://lake/gold/",
        "LOCATION": '@"L".S/a/',
        "FILE_FORMAT": "TYPE = PARQUET",
        "COMMENT": "it's = (x)",
    }


def test_groups_and_lists_are_split_outside_quotes_and_parentheses() -> None:
    inside, rest = group("(a NUMBER(38, 0), 'x, y)') PARTITION BY (a)")
    assert listed(inside) == ["a NUMBER(38, 0)", "'x, y)'"]
    assert rest == "PARTITION BY (a)"


def test_names_are_upper_case_unless_quoted() -> None:
    assert name_parts('sales."My ""own"" table"') == ("SALES", 'My "own" table')


def test_a_path_that_is_not_in_the_file_is_null() -> None:
    own = {"price": '"price"'}
    assert column_expression('VALUE:"price"::NUMBER(18,4)', own, {}) == 'CAST("price" AS DECIMAL(18, 4))'
    assert column_expression("$1:nope::VARCHAR", own, {}) == "CAST(NULL AS TEXT)"
