"""Who sees what: the rules of the roles, evaluated over the rows that Snowflake shows."""

from __future__ import annotations

from decimal import Decimal

import pytest

from lakehouse.contracts import ContractError
from tests.warehouse.powerbi.dax_values import Tables, same_number, values
from tests.warehouse.powerbi.tmdl_reader import Model
from tests.warehouse.served_lake import SHOP_LINES, standing
from warehouse.render.powerbi.model import layout, model_tables, role_filters, stars

ROLES = ("Store reader", "Region reader")
ACCESS = [
    ["ann@shop.example", "s1", None],
    ["bob@shop.example", "s2", None],
    ["zoe@shop.example", None, "North"],
    ["kim@shop.example", None, "North"],
    ["kim@shop.example", None, "South"],
]


@pytest.fixture(scope="module")
def tables(tables: Tables) -> Tables:
    """The model's rows, and who may see what. s1 lies in the North, s3 in the South, s2 in no region."""
    return tables | {"Report Access": tables["Report Access"] | {"rows": ACCESS}}


def rules(model: Model, role: str) -> dict[str, str]:
    """Rule by table."""
    (found,) = (each for each in model.roles if each.name == role)
    return {each.name: each.expression for each in found.of("tablePermission")}


@pytest.mark.parametrize(
    ("role", "reader", "stores"),
    [
        ("Store reader", "ann@shop.example", ["s1"]),
        ("Store reader", "zoe@shop.example", []),
        ("Store reader", "eve@shop.example", []),
        ("Region reader", "zoe@shop.example", ["s1"]),
        ("Region reader", "kim@shop.example", ["s1", "s3"]),
        ("Region reader", "bob@shop.example", []),  # his row names no region, and s2 lies in none
        ("Region reader", "eve@shop.example", []),
    ],
)
def test_a_reader_sees_the_stores_that_the_access_table_opens_and_no_other(
    model: Model, tables: Tables, role: str, reader: str, stores: list[str]
) -> None:
    rule = rules(model, role)["Store"].replace("USERPRINCIPALNAME ()", f'"{reader}"')
    told = f"CALCULATE ( [Units], FILTER ( 'Store', {rule} ) )"
    seen = values(model, tables, {}, ["Seen"], Seen=told)["Seen"]
    expected = sum(
        (line["quantity"] for line in standing(SHOP_LINES) if line["store_id"] in stores), Decimal(0)
    )
    assert same_number(seen or 0, expected)


@pytest.mark.check
def test_figures_of_all_stores_together_are_shown_to_no_reader_of_some(model: Model) -> None:
    names_a_store = {star.fact for star in stars() if star.dimension == "Store"}
    assert names_a_store >= {
        "Sales Lines",
        "Sales Hourly",
        "Sales Now",
        "Receipts",
        "Inventory Now",
        "Inventory Daily",
    }
    for role in ROLES:
        filters = rules(model, role)
        assert {name for name, rule in filters.items() if rule == "FALSE ()"} == {
            "Basket Pairs", "Customer Cohorts", "Customer RFM",
        }  # fmt: skip
        assert filters.keys() - {"Store", "Report Access"} == filters.keys() & {
            table.name for table in model_tables() if table.name not in names_a_store
        } - {"Store", "Report Access"}


@pytest.mark.check
def test_a_table_that_nobody_decided_on_is_refused_and_a_closed_dimension_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without = layout().document["without_store"]
    monkeypatch.setitem(without, "closed", [name for name in without["closed"] if name != "Basket Pairs"])
    with pytest.raises(ContractError, match="Basket Pairs names no store; write it under without_store"):
        role_filters(layout().roles[0])
    monkeypatch.setitem(without, "closed", ["Basket Pairs", "Customer", "Customer Cohorts", "Customer RFM"])
    with pytest.raises(ContractError, match="Customer is a dimension; closed, it closes every fact"):
        role_filters(layout().roles[0])
