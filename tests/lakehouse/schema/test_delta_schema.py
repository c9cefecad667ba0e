"""The schema of a table as its log holds it, from the columns of a contract."""

from __future__ import annotations

import pytest

from lakehouse.contracts import Column, ContractError
from lakehouse.schema.delta_schema import delta_schema

pytestmark = pytest.mark.check

QUANTITY = Column("quantity", "number", "DECIMAL(12,3)", "Units.", required=True)


def field_of(column: Column) -> dict[str, object]:
    (found,) = delta_schema([column])["fields"]
    return dict(found)


def test_a_column_has_type_need_and_comment() -> None:
    assert delta_schema([QUANTITY, Column("sold_at", "timestamp", "TIMESTAMP", "When.")]) == {
        "type": "struct",
        "fields": [
            {
                "name": "quantity",
                "type": "decimal(12,3)",
                "nullable": False,
                "metadata": {"comment": "Units."},
            },
            {"name": "sold_at", "type": "timestamp", "nullable": True, "metadata": {"comment": "When."}},
        ],
    }


def test_inside_arrays_and_objects_anything_may_be_null() -> None:
    inside = {
        "type": "struct",
        "fields": [{"name": "quantity", "type": "decimal(12,3)", "nullable": True, "metadata": {}}],
    }
    lines = Column("lines", "array", "ARRAY", "Lines.", fields=(QUANTITY,))
    assert field_of(lines)["type"] == {"type": "array", "elementType": inside, "containsNull": True}
    assert field_of(Column("totals", "object", "STRUCT", "Totals.", fields=(QUANTITY,)))["type"] == inside
    ids = Column("ids", "array", "ARRAY", "Ids.", element=Column("", "string", "STRING", ""))
    assert field_of(ids)["type"] == {"type": "array", "elementType": "string", "containsNull": True}


@pytest.mark.parametrize("physical_type", ["VARCHAR", "decimal(18,4)", "DECIMAL", "STRING; DROP TABLE x", ""])
def test_an_unknown_type_is_refused_with_those_that_are_known(physical_type: str) -> None:
    with pytest.raises(
        ContractError, match=r"column x: physicalType .* is not one of STRING, INT, .*DECIMAL\(p,s\)"
    ):
        delta_schema([Column("x", "string", physical_type, "")])
