"""A contract that is wrong, or is not there, says so in words that help."""

from __future__ import annotations

import textwrap

import pytest

from lakehouse.contracts import ContractError, load_contract, parse_contract

pytestmark = pytest.mark.check

GOOD = textwrap.dedent("""
    apiVersion: v3.1.0
    kind: DataContract
    id: urn:retail:gold:fct_teas
    name: fct_teas
    version: 1.2.0
    status: active
    description: {purpose: Teas sold.}
    schema:
      - name: fct_teas
        description: Teas.
        dataGranularityDescription: one row per tea
        properties:
          - {name: tea_id, logicalType: string, physicalType: STRING, required: true, primaryKey: true, primaryKeyPosition: 1, description: Tea.}
          - name: lines
            logicalType: array
            physicalType: ARRAY
            description: Lines.
            items:
              logicalType: object
              properties:
                - {name: quantity, logicalType: number, physicalType: 'DECIMAL(12,3)', description: Units.}
        quality:
          - {id: tea_hot, type: custom, engine: rowPredicate, severity: error, description: hot, implementation: is_hot}
    slaProperties:
      - {property: retention, value: 7, unit: y}
    customProperties:
      - {property: reads, value: [silver.receipts]}
""")


def test_a_contract_tells_its_table() -> None:
    contract = parse_contract("gold", GOOD)
    assert (contract.layer, contract.name, contract.version) == ("gold", "fct_teas", "1.2.0")
    assert (contract.retention, contract.reads) == ((7, "y"), ("silver.receipts",))
    assert contract.table.primary_key == ("tea_id",)
    assert [field.name for field in contract.table.column("lines").fields] == ["quantity"]
    assert [(rule.id, rule.kind, rule.sql) for rule in contract.table.rules] == [
        ("tea_hot", "rowPredicate", "is_hot")
    ]


@pytest.mark.parametrize(
    ("layer", "name", "message"),
    [
        ("gold", "fct_sale_lines", r"no contract gold.fct_sale_lines; did you mean 'fct_sales_lines'\?"),
        ("silver", "recipts", "did you mean 'receipts'"),
        ("ops", "weather", "no contract ops.weather; there are erasures, freshness, gates, ledger"),
        ("platinum", "x", "no layer 'platinum'; layers are topics, bronze, silver, gold, ops, export"),
    ],
)
def test_a_name_that_is_wrong_is_answered_with_the_nearest(layer: str, name: str, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        load_contract(layer, name)


def test_a_column_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(ContractError, match="fct_teas has no column 'tee'; it has tea_id, lines"):
        parse_contract("gold", GOOD).table.column("tee")


@pytest.mark.parametrize(
    ("seen", "instead", "message"),
    [
        ("schema:", "schema: [", "not an Open Data Contract Standard document.*line "),
        ("{purpose: Teas sold.}", "17", "not an Open Data Contract Standard document.*description"),
        ("name: fct_teas\nversion", "version", r"gold.\? needs a name and an SLA retention"),
        (
            "property: retention",
            "property: latency",
            "gold.fct_teas needs a name and an SLA retention in d or y",
        ),
        ("unit: y", "unit: parsec", "gold.fct_teas needs a name and an SLA retention in d or y"),
        ("severity: error", "severity: bad", "rule tea_hot needs an id and a severity error or warning"),
        ("id: tea_hot, ", "", r"rule \? needs an id and a severity"),
        ("engine: rowPredicate", "engine: gx", "rule tea_hot: expected metric invalidValues, .* engine 'gx'"),
    ],
)
def test_a_broken_contract_names_its_fault(seen: str, instead: str, message: str) -> None:
    assert seen in GOOD
    with pytest.raises(ContractError, match=f"(?s){message}"):
        parse_contract("gold", GOOD.replace(seen, instead, 1))


@pytest.mark.parametrize("text", ["", "just words", "[1, 2]", "\ttab: 1"])
def test_a_file_that_is_no_contract_is_refused(text: str) -> None:
    with pytest.raises(ContractError, match="not an Open Data Contract Standard document"):
        parse_contract("gold", text)


def test_a_topic_of_two_shapes_is_not_one_table() -> None:
    with pytest.raises(ContractError, match=r"topics.sales_data has 2 shapes, not one table"):
        _ = load_contract("topics", "sales_data").table
