"""Spark's types as text, from the columns of a contract."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lakehouse.contracts import Column, ContractError
from lakehouse.schema.spark_ddl import columns_ddl, raw, typed

pytestmark = pytest.mark.check

QUANTITY = Column("quantity", "number", "DECIMAL(12,3)", "Units.", required=True)
COLUMNS = (
    Column("event_id", "string", "STRING", "The till's own number.", required=True),
    Column("line_count", "integer", "INT", "Lines."),
    Column("sold_at", "timestamp", "TIMESTAMP", "When."),
    Column("is_void", "boolean", "BOOLEAN", "Voided."),
    Column(
        "totals", "object", "STRUCT", "Totals.", fields=(Column("net", "number", "DECIMAL(18,4)", "Net."),)
    ),
    Column("lines", "array", "ARRAY", "Lines.", fields=(QUANTITY,)),
    Column("warnings", "array", "ARRAY", "Ids.", element=Column("", "string", "STRING", "")),
)


def test_a_table_has_the_types_of_its_contract() -> None:
    assert columns_ddl(COLUMNS) == (
        "`event_id` STRING, `line_count` INT, `sold_at` TIMESTAMP, `is_void` BOOLEAN, "
        "`totals` STRUCT<`net`: DECIMAL(18,4)>, `lines` ARRAY<STRUCT<`quantity`: DECIMAL(12,3)>>, "
        "`warnings` ARRAY<STRING>"
    )


def test_json_is_read_as_text_and_wide_numbers_so_that_no_digit_is_lost() -> None:
    assert columns_ddl(COLUMNS, as_raw=True) == (
        "`event_id` STRING, `line_count` DECIMAL(38,18), `sold_at` STRING, `is_void` STRING, "
        "`totals` STRUCT<`net`: DECIMAL(38,23)>, `lines` ARRAY<STRUCT<`quantity`: DECIMAL(38,28)>>, "
        "`warnings` ARRAY<STRING>"
    )


def test_a_raw_number_has_one_digit_more_before_the_point_than_its_type() -> None:
    assert (typed(QUANTITY), raw(QUANTITY)) == ("DECIMAL(12,3)", "DECIMAL(38,28)")


@pytest.mark.parametrize("physical_type", ["VARCHAR", "decimal(18,4)", "DECIMAL", "STRING; DROP TABLE x", ""])
def test_an_unknown_type_is_refused_with_those_that_are_known(physical_type: str) -> None:
    with pytest.raises(
        ContractError, match=r"column event_id: physicalType .* is not one of STRING, INT, .*DECIMAL\(p,s\)"
    ):
        typed(replace(COLUMNS[0], physical_type=physical_type))


def test_an_array_of_nothing_is_refused() -> None:
    with pytest.raises(ContractError, match="array warnings needs items with a type"):
        typed(replace(COLUMNS[-1], element=None))
